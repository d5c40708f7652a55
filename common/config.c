/* config.c - the command line is read first and wins; then the environment fills what is
 * still unset, then the fallbacks do.
 *
 * So a value is written once, by whoever wins, and --help works whatever the environment
 * and the file hold. */
#include "common/config.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_help.h"
#include "common/config_name.h"
#include "common/config_private.h"
#include "common/config_secret.h"
#include "common/config_value.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/slice.h"

/* One argument, cut at its = sign. */
struct argument {
	struct slice name;  /* without dashes */
	struct slice shown; /* with dashes */
	const char *value;  /* NULL: there is no = sign */
};

void config_complain(const struct config_program *program,
		     const struct config_source *source, const char *format, ...)
{
	char text[CONFIG_COMPLAINT_CAP];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, sizeof text, format, args) < 0)
		text[0] = '\0';
	va_end(args);
	fprintf(source->err, "%s: ", program->name);
	config_value_print_text(text, source->err);
	fputc('\n', source->err);
}

/* What somebody typed as an option: escaped as in the log, but without the quotes. */
static const char *escape(char *buf, size_t cap, struct slice s)
{
	size_t len = strlen(log_quote(buf, cap, s));

	memmove(buf, buf + 1, len - 2);
	buf[len - 2] = '\0';
	return buf;
}

void config_complain_of_value(const struct config_loading *l,
			      const struct config_option *o, const char *where,
			      const char *value)
{
	char shown[CONFIG_SHOWN_CAP];
	FILE *err = l->source->err;

	fprintf(err, "%s: ", l->program->name);
	config_value_print_text(where, err);
	fprintf(err, ": %s is not ", log_quote(shown, sizeof shown, slice_of(value)));
	config_value_print_allowed(o, err);
	fputc('\n', err);
}

enum config_origin *config_origin_of(const struct config_loading *l,
				     const struct config_option *o)
{
	return &l->origins[o - l->program->options];
}

enum config_outcome config_load_secret(struct config_loading *l,
				       const struct config_option *o, const char *where,
				       const char *path)
{
	char shown[CONFIG_SHOWN_CAP];
	const char *secret;
	const char *why;

	if (config_secret_read(path, &secret, &why) != ST_OK) {
		CONFIG_COMPLAIN(l, "%s: %s: %s", where,
				log_quote(shown, sizeof shown, slice_of(path)), why);
		return CONFIG_BAD;
	}
	return config_value_set(o, l->target, secret) == ST_OK ? CONFIG_RUN : CONFIG_BAD;
}

/* ---- the command line */

static struct argument argument_of(const char *text)
{
	struct argument a = {{NULL, 0}, {NULL, 0}, NULL};
	struct slice value;

	if (slice_cut(slice_of(text), '=', &a.shown, &value))
		a.value = value.ptr; /* the rest of text, with its NUL */
	a.name = a.shown;
	while (a.name.len > 0 && a.name.ptr[0] == '-') {
		a.name.ptr++;
		a.name.len--;
	}
	return a;
}

static enum config_outcome complain_of_unknown(const struct config_loading *l,
					       struct argument a)
{
	char shown[CONFIG_SHOWN_CAP];
	char nearest[CONFIG_NAME_CAP];
	char secret[CONFIG_NAME_CAP];

	escape(shown, sizeof shown, a.shown);
	for (size_t i = 0; i < l->program->n_options; i++) {
		const struct config_option *o = &l->program->options[i];

		if (o->kind == CONFIG_SECRET && slice_equal(a.name, slice_of(o->name))) {
			config_name_environment(o, "", secret);
			CONFIG_COMPLAIN(
				l,
				"%s: a secret is not taken from the command line; use "
				"--%s-file or %s",
				shown, o->name, secret);
			return CONFIG_BAD;
		}
	}
	if (config_name_nearest(l->program, a.name, nearest))
		CONFIG_COMPLAIN(l, "unknown option %s; did you mean --%s?", shown,
				nearest);
	else
		CONFIG_COMPLAIN(l, "unknown option %s; see --help", shown);
	return CONFIG_BAD;
}

static enum config_outcome complain_of_extra_value(const struct config_loading *l,
						   struct argument a)
{
	CONFIG_COMPLAIN(l, "%.*s takes no value", SLICE_ARGS(a.shown));
	return CONFIG_BAD;
}

static enum config_outcome do_builtin(struct config_loading *l, enum config_builtin id)
{
	switch (id) {
	case CONFIG_HELP:
		config_help_print(l->program, l->source->out);
		return CONFIG_DONE;
	case CONFIG_VERSION:
		config_help_print_version(l->program, l->source->out);
		return CONFIG_DONE;
	case CONFIG_HELP_MDOC:
		config_help_print_mdoc(l->program, l->source->out);
		return CONFIG_DONE;
	case CONFIG_CHECK_CONFIG:
	case CONFIG_FILE: /* load_file_name() */
	case CONFIG_NBUILTINS:
		break;
	}
	l->check = true;
	return CONFIG_RUN;
}

static enum config_outcome load_file_name(struct config_loading *l, struct argument a)
{
	if (a.value == NULL && l->next == l->source->argc) {
		CONFIG_COMPLAIN(l, "%.*s needs a value", SLICE_ARGS(a.shown));
		return CONFIG_BAD;
	}
	l->file_path = a.value != NULL ? a.value : l->source->argv[l->next++];
	return CONFIG_RUN;
}

/* Stores the value of an option that was found on the command line. */
static enum config_outcome load_value(struct config_loading *l,
				      const struct config_option *o, struct argument a)
{
	enum config_origin *origin = config_origin_of(l, o);
	char where[CONFIG_NAME_CAP + 2];
	enum status st;

	if (a.value == NULL && l->next == l->source->argc) {
		CONFIG_COMPLAIN(l, "%.*s needs a value", SLICE_ARGS(a.shown));
		return CONFIG_BAD;
	}
	if (a.value == NULL)
		a.value = l->source->argv[l->next++];
	if (!fmt(where, sizeof where, "%.*s", SLICE_ARGS(a.shown)))
		return CONFIG_BAD; /* cannot be: it equals a name that fits */

	*origin = CONFIG_FROM_COMMAND_LINE;
	if (o->kind == CONFIG_SECRET)
		return config_load_secret(l, o, where, a.value);
	if (o->kind == CONFIG_LIST)
		st = config_value_append(o, l->target, a.value);
	else
		st = config_value_set(o, l->target, a.value);
	if (st == ST_OK)
		return CONFIG_RUN;
	config_complain_of_value(l, o, where, a.value);
	return CONFIG_BAD;
}

static enum config_outcome load_flag(struct config_loading *l,
				     const struct config_option *o, enum config_form form,
				     struct argument a)
{
	const char *text = form == CONFIG_FORM_NO ? "no" : "yes";

	if (a.value != NULL)
		return complain_of_extra_value(l, a);
	*config_origin_of(l, o) = CONFIG_FROM_COMMAND_LINE;
	return config_value_set(o, l->target, text) == ST_OK ? CONFIG_RUN : CONFIG_BAD;
}

static enum config_outcome load_argument(struct config_loading *l, const char *text)
{
	struct argument a = argument_of(text);
	const struct config_option *o;
	enum config_form form;

	if (a.shown.len != a.name.len + 2) /* -x or ---x */
		return complain_of_unknown(l, a);

	if (slice_equal(a.name, slice_of(config_builtin_names[CONFIG_FILE])))
		return load_file_name(l, a);
	for (unsigned id = 0; id < CONFIG_NBUILTINS; id++) {
		if (!slice_equal(a.name, slice_of(config_builtin_names[id])))
			continue;
		return a.value == NULL ? do_builtin(l, id)
				       : complain_of_extra_value(l, a);
	}

	o = config_name_find(l->program, a.name, &form);
	if (o == NULL)
		return complain_of_unknown(l, a);
	if (o->kind == CONFIG_FLAG)
		return load_flag(l, o, form, a);
	return load_value(l, o, a);
}

/* n operands stand in front of the arguments from `at` to l->next, which were an option: they change places. */
static void move_operands(struct config_loading *l, int at, int n)
{
	char **argv = l->source->argv;

	for (int i = at; n > 0 && i < l->next; i++) {
		char *word = argv[i];

		memmove(&argv[i - n + 1], &argv[i - n], (size_t)n * sizeof *argv);
		argv[i - n] = word;
	}
}

/* Do options end at this operand, before which there are n?  It is argv[at]. */
static bool ends_options(const struct config_loading *l, int at, int n)
{
	const char *verbatim = l->program->verbatim;

	return verbatim == NULL ||
	       (n == 1 && strcmp(l->source->argv[at - 1], verbatim) == 0);
}

static enum config_outcome load_command_line(struct config_loading *l)
{
	enum config_outcome outcome = CONFIG_RUN;
	char shown[CONFIG_SHOWN_CAP];
	int operands = 0; /* that stand before argv[l->next] */

	while (outcome == CONFIG_RUN && l->next < l->source->argc) {
		int at = l->next++;
		const char *text = l->source->argv[at];
		bool is_end = strcmp(text, "--") == 0;

		if (text[0] == '-' && text[1] != '\0') { /* "-" alone is an operand */
			if (!is_end)
				outcome = load_argument(l, text);
			move_operands(l, at, operands);
		} else if (ends_options(l, at, operands)) {
			l->next--;
			is_end = true;
		} else {
			operands++;
		}
		if (is_end)
			break;
	}
	l->next -= operands;
	if (outcome != CONFIG_RUN)
		return outcome;

	if (l->program->operands == NULL && l->next < l->source->argc) {
		escape(shown, sizeof shown, slice_of(l->source->argv[l->next]));
		CONFIG_COMPLAIN(l, "unexpected operand %s; see --help", shown);
		return CONFIG_BAD;
	}
	return CONFIG_RUN;
}

enum config_outcome config_load(const struct config_program *program,
				const struct config_source *source, void *target,
				int *operands_out)
{
	enum config_outcome outcome;
	struct config_loading *l = xcalloc(1, sizeof *l);

	l->program = program;
	l->source = source;
	l->target = target;
	l->origins = xcalloc(program->n_options, sizeof *l->origins);
	l->next = 1;
	*operands_out = source->argc;
	for (size_t i = 0; i < program->n_options; i++)
		config_value_clear(&program->options[i], target);

	outcome = load_command_line(l);
	if (outcome == CONFIG_RUN)
		outcome = config_load_rest(l);
	if (outcome == CONFIG_RUN) {
		*operands_out = l->next;
		if (l->check) {
			config_help_print_values(program, target, l->origins,
						 source->out);
			outcome = CONFIG_CHECK;
		}
	}
	free(l->origins);
	free(l);
	return outcome;
}

const char *config_env(const char *name)
{
	return getenv(name);
}
