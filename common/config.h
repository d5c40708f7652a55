/* config.h - options as a table.
 *
 * From one table per program come parsing, --help, --check-config, the environment names
 * and the option list of the manual page (--help-mdoc).  Precedence: fallback < file <
 * environment < command line; the values that lose are not even looked at.  An empty variable
 * counts as not set.  The file is what --config or PLUME_CONFIG names (config_file.h).
 *
 * The option "code-ttl" is --code-ttl VALUE (or --code-ttl=VALUE) on the command line and
 * PLUME_CODE_TTL in the environment.  A secret is never taken from the command line: it
 * is PLUME_NAME, or the first line of the file that PLUME_NAME_FILE or --name-file names.
 * Such a file must be regular, of 1 to 4096 bytes, and readable by its owner only.
 *
 * Options end at the first operand (unless verbatim says otherwise) or at "--".  Given twice, the later one counts; a list
 * on the command line gathers its items and replaces that of the environment.  Unknown
 * options are refused, unknown PLUME_ variables are not: several programs share an
 * environment. */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/attr.h"

enum config_kind {
	CONFIG_STRING,   /* const char *; NULL when there is neither value nor fallback */
	CONFIG_NUMBER,   /* uint64_t */
	CONFIG_DURATION, /* uint64_t, milliseconds; min and max are in milliseconds too */
	CONFIG_CHOICE,   /* uint64_t, index into choices */
	CONFIG_FLAG,     /* bool; --name or --no-name, in the environment yes or no */
	CONFIG_LIST,     /* struct config_list; repeatable; PLUME_NAME: a,b,c */
	CONFIG_SECRET,   /* const char *; NULL when absent */
};

enum { CONFIG_LIST_MAX = 64 };

struct config_list {
	size_t n;
	const char *items[CONFIG_LIST_MAX];
};

struct config_option {
	const char *name; /* "code-ttl" */
	enum config_kind kind;
	size_t offset;        /* of the field in the program's own struct */
	const char *fallback; /* as a person would write it; NULL: none */
	uint64_t min, max;    /* inclusive, for numbers and durations */
	const char *choices;  /* "normal|full", for CONFIG_CHOICE */
	const char *value;    /* what --help calls the value: "FILE" */
	const char *help;     /* one sentence without a full stop */
};

struct config_program {
	const char *name;     /* "plume-broker" */
	const char *summary;  /* one line for --help */
	const char *operands; /* what follows the options; NULL: operands are refused */
	const struct config_option *options;
	size_t n_options;
	const char *config_variable; /* that names the file; NULL: PLUME_CONFIG */
	/* NULL: options end at the first operand.  Else they may stand behind operands too, until "--", or, where
	 * the first operand is this one, until the second: what follows it is a text. */
	const char *verbatim;
};

#define CONFIG_VARIABLE "PLUME_CONFIG"

/* The process's own environment, for a config_source. */
const char *config_env(const char *name);

/* Where values come from; tests give their own. */
struct config_source {
	int argc;
	char **argv;
	const char *(*env)(const char *name); /* NULL: the variable is not set */
	FILE *out;                            /* --help, --version, --check-config */
	FILE *err;                            /* complaints */
};

enum config_outcome {
	CONFIG_RUN,   /* go on */
	CONFIG_CHECK, /* values are good and printed; the caller checks more and exits 0 */
	CONFIG_DONE,  /* --help, --version or --help-mdoc was printed: exit 0 */
	CONFIG_BAD,   /* a complaint was printed: exit 2 */
};

/* Fills *target (the program's own struct).  *operands_out is the index in argv of the
 * first operand (argc when there is none); operands that options stood behind are moved to
 * the end of argv.  Strings live as long as argv, the environment
 * and the process: what had to be copied is never freed. */
enum config_outcome config_load(const struct config_program *program,
				const struct config_source *source, void *target,
				int *operands_out) ATTR_USE_RESULT;

/* One complaint in the form all programs use: "plume-broker: WHAT".  For checks that a
 * table cannot express; the caller then exits 2. */
void config_complain(const struct config_program *program,
		     const struct config_source *source, const char *format, ...)
	ATTR_PRINTF(3, 4);

#endif
