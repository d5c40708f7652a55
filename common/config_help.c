/* config_help.c - --help, --version, --check-config and the manual's option list, all
 * from the table. */
#include "common/config_help.h"

#include <stdbool.h>
#include <string.h>

#include "common/config_name.h"
#include "common/config_value.h"
#include "common/version.h"

/* The options of every program, as they are shown. */
static const struct {
	enum config_builtin id;
	const char *value, *help;
} builtins[] = {
	{CONFIG_FILE, "FILE",
	 "read options from lines NAME = VALUE of a file; the environment and the command "
	 "line come before it"},
	{CONFIG_HELP, NULL, "print this help and exit"},
	{CONFIG_VERSION, NULL, "print the version and exit"},
	{CONFIG_CHECK_CONFIG, NULL,
	 "print every option's effective value and where it is from, check them and exit"},
};

static const char *value_name(const struct config_option *o)
{
	if (o->value != NULL)
		return o->value;

	switch (o->kind) {
	case CONFIG_NUMBER:
		return "NUMBER";
	case CONFIG_DURATION:
		return "TIME";
	case CONFIG_CHOICE:
		return o->choices;
	case CONFIG_STRING:
	case CONFIG_FLAG:
	case CONFIG_LIST:
	case CONFIG_SECRET:
		break;
	}
	return "TEXT";
}

static bool has_range(const struct config_option *o)
{
	return o->kind == CONFIG_NUMBER || o->kind == CONFIG_DURATION ||
	       o->kind == CONFIG_CHOICE;
}

/* NULL: there is none worth showing. */
static const char *shown_default(const struct config_option *o)
{
	if (o->kind == CONFIG_FLAG && o->fallback == NULL)
		return "no";
	return o->fallback != NULL && o->fallback[0] != '\0' ? o->fallback : NULL;
}

static void print_option(const struct config_option *o, FILE *out)
{
	const char *fallback = shown_default(o);
	char name[CONFIG_NAME_CAP];

	if (o->kind == CONFIG_FLAG)
		fprintf(out, "  --%s, --no-%s\n", o->name, o->name);
	else if (o->kind == CONFIG_SECRET)
		fprintf(out, "  --%s-file FILE\n", o->name);
	else
		fprintf(out, "  --%s %s%s\n", o->name, value_name(o),
			o->kind == CONFIG_LIST ? " (repeatable)" : "");

	fprintf(out, "        %s\n        [", o->help);
	if (has_range(o)) {
		config_value_print_allowed(o, out);
		fputs("; ", out);
	}
	if (fallback != NULL)
		fprintf(out, "default %s; ", fallback);
	config_name_environment(o, "", name);
	fputs(name, out);
	if (o->kind == CONFIG_SECRET)
		fprintf(out, " or %s_FILE", name);
	fputs("]\n", out);
}

static const char *variable_of(const struct config_program *program)
{
	return program->config_variable != NULL ? program->config_variable
						: CONFIG_VARIABLE;
}

void config_help_print(const struct config_program *program, FILE *out)
{
	fprintf(out, "Usage: %s [OPTION]...%s%s\n%s\n\nOptions:\n", program->name,
		program->operands == NULL ? "" : " ",
		program->operands == NULL ? "" : program->operands, program->summary);
	for (size_t i = 0; i < program->n_options; i++)
		print_option(&program->options[i], out);
	for (size_t i = 0; i < NELEMS(builtins); i++) {
		fprintf(out, "  --%s%s%s\n        %s\n",
			config_builtin_names[builtins[i].id],
			builtins[i].value == NULL ? "" : " ",
			builtins[i].value == NULL ? "" : builtins[i].value,
			builtins[i].help);
		if (builtins[i].id == CONFIG_FILE)
			fprintf(out, "        [%s]\n", variable_of(program));
	}
}

void config_help_print_version(const struct config_program *program, FILE *out)
{
	fprintf(out, "%s %s (bus %d.%d)\n", program->name, PLUME_VERSION, BUS_MAJOR,
		BUS_MINOR);
}

/* mdoc(7): a backslash begins an escape. */
static void print_escaped(const char *text, FILE *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else
			fputc(*text, out);
	}
}

/* A help text as a sentence; a text line must not begin like a macro line. */
static void print_mdoc_text(const char *text, FILE *out)
{
	if (text[0] == '.' || text[0] == '\'')
		fputs("\\&", out);
	if (text[0] >= 'a' && text[0] <= 'z')
		fputc(*text++ - 'a' + 'A', out);
	print_escaped(text, out);
	fputs(".\n", out);
}

/* One argument of a macro: quoted, and with \& around it, so that neither a space, nor a
 * word like "Ar", nor punctuation at its end is taken for something else. */
static void print_mdoc_argument(const char *text, FILE *out)
{
	size_t len = strlen(text);

	fputs(" \"\\&", out);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			fputs("\\(dq", out);
		else
			print_escaped((const char[]){text[i], '\0'}, out);
	}
	if (len > 0 && strchr(".,:;!?)]", text[len - 1]) != NULL)
		fputs("\\&", out);
	fputc('"', out);
}

static void print_mdoc_term(const struct config_option *o, FILE *out)
{
	if (o->kind == CONFIG_FLAG) {
		fprintf(out, ".It Fl Fl %s , Fl Fl no-%s\n", o->name, o->name);
		return;
	}
	if (o->kind == CONFIG_SECRET) {
		fprintf(out, ".It Fl Fl %s-file Ar FILE\n", o->name);
		return;
	}
	fprintf(out, ".It Fl Fl %s Ar", o->name);
	print_mdoc_argument(value_name(o), out);
	fputc('\n', out);
}

static void print_mdoc_option(const struct config_option *o, FILE *out)
{
	const char *fallback = shown_default(o);
	char name[CONFIG_NAME_CAP];

	print_mdoc_term(o, out);
	print_mdoc_text(o->help, out);
	if (o->kind == CONFIG_LIST)
		fputs("May be repeated; in the environment, items are separated by "
		      "commas.\n",
		      out);
	if (has_range(o)) {
		fputs("It is ", out);
		config_value_print_allowed(o, out);
		fputs(".\n", out);
	}
	if (fallback != NULL) {
		fputs("The default is\n.Ql", out);
		print_mdoc_argument(fallback, out);
		fputs(" .\n", out);
	}
	config_name_environment(o, "", name);
	fprintf(out, "Environment:\n.Ev %s", name);
	if (o->kind == CONFIG_SECRET)
		fprintf(out, "\nor\n.Ev %s_FILE", name);
	fputs(" .\n", out);
}

void config_help_print_mdoc(const struct config_program *program, FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < program->n_options; i++)
		print_mdoc_option(&program->options[i], out);
	for (size_t i = 0; i < NELEMS(builtins); i++) {
		fprintf(out, ".It Fl Fl %s%s%s\n", config_builtin_names[builtins[i].id],
			builtins[i].value == NULL ? "" : " Ar ",
			builtins[i].value == NULL ? "" : builtins[i].value);
		print_mdoc_text(builtins[i].help, out);
		if (builtins[i].id == CONFIG_FILE)
			fprintf(out, "Environment:\n.Ev %s .\n", variable_of(program));
	}
	fputs(".El\n", out);
}

void config_help_print_values(const struct config_program *program, const void *target,
			      const enum config_origin *origins, FILE *out)
{
	static const char *const names[] = {
		[CONFIG_FROM_DEFAULT] = "default",
		[CONFIG_FROM_FILE] = "file",
		[CONFIG_FROM_ENVIRONMENT] = "environment",
		[CONFIG_FROM_COMMAND_LINE] = "command line",
	};

	for (size_t i = 0; i < program->n_options; i++) {
		fprintf(out, "%s = ", program->options[i].name);
		config_value_print(&program->options[i], target, out);
		fprintf(out, "    # %s\n", names[origins[i]]);
	}
}
