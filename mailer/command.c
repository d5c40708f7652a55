/* A table of words. */
#include "mailer/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "common/log.h"
#include "common/secret.h"

static const struct command {
	const char *first, *second; /* second NULL: there is none */
	int (*run)(int argc, char **argv);
	const char *operand, *help;
} commands[] = {
	{"audit", "list", command_audit_list, "", "rows of the record"},
	{"audit", "show", command_audit_show, " REFERENCE", "the story of one login"},
	{"audit", "verify", command_audit_verify, "", "is the record what was written?"},
	{"audit", "erase", command_audit_erase, " --address ADDRESS",
	 "take an address out of the record"},
	{"audit", "export", command_audit_export, "", "rows as CSV or JSON lines"},
	{"test", NULL, command_test, " ADDRESS", "send a test letter and tell each step"},
};

static void list_commands(FILE *out)
{
	fputs("commands are (each has --help):\n", out);
	for (size_t i = 0; i < NELEMS(commands); i++)
		fprintf(out, "  plume-mailer %s%s%s%s\n        %s\n", commands[i].first,
			commands[i].second != NULL ? " " : "",
			commands[i].second != NULL ? commands[i].second : "",
			commands[i].operand, commands[i].help);
}

/* Of "audit" alone, too. */
static int find_none(const char *first, const char *second)
{
	const char *last = second != NULL ? second : first;
	char shown[48], more[48];

	if (strcmp(last, "help") == 0 || strcmp(last, "--help") == 0) {
		list_commands(stdout);
		return EXIT_SUCCESS;
	}
	log_quote(shown, sizeof shown, slice_of(first));
	log_quote(more, sizeof more, slice_of(second));
	fprintf(stderr, "plume-mailer: no such command: %s%s%s\n", shown,
		second != NULL ? " " : "", second != NULL ? more : "");
	list_commands(stderr);
	return COMMAND_USAGE;
}

int command_main(int argc, char **argv)
{
	const char *second = argc > 2 ? argv[2] : NULL;

	log_init("plume-mailer", LOG_WARN);
	if (secret_init() != ST_OK)
		return EXIT_FAILURE;
	for (size_t i = 0; i < NELEMS(commands); i++) {
		const struct command *c = &commands[i];

		if (strcmp(argv[1], c->first) != 0)
			continue;
		if (c->second == NULL)
			return c->run(argc - 1, argv + 1);
		if (second != NULL && strcmp(second, c->second) == 0)
			return c->run(argc - 2, argv + 2);
	}
	return find_none(argv[1], strcmp(argv[1], "audit") == 0 ? second : NULL);
}

int command_failed(const char *file, const char *why)
{
	char shown[256];

	fprintf(stderr, "plume-mailer: %s: %s\n",
		log_quote(shown, sizeof shown, slice_of(file)),
		why != NULL ? why : "see the line above");
	return EXIT_FAILURE;
}

const char *command_env(const char *name)
{
	return strcmp(name, "PLUME_CONFIG") == 0 ? NULL : config_env(name);
}

enum config_outcome command_load(const struct config_program *program,
				 const struct config_source *source, void *target,
				 const char **operand, int *exit_code)
{
	int at;
	enum config_outcome outcome = config_load(program, source, target, &at);
	int left = source->argc - at;

	*operand = left > 0 ? source->argv[at] : NULL;
	*exit_code = outcome == CONFIG_BAD ? COMMAND_USAGE : EXIT_SUCCESS;
	if ((outcome == CONFIG_RUN || outcome == CONFIG_CHECK) &&
	    program->operands != NULL && left != 1) {
		config_complain(program, source, "needs one %s, after the options",
				program->operands);
		*exit_code = COMMAND_USAGE;
		return CONFIG_BAD;
	}
	return outcome;
}
