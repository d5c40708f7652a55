/* config_name.h - the ways an option's name is written: on the command line and in the
 * environment. */
#ifndef COMMON_CONFIG_NAME_H
#define COMMON_CONFIG_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config.h"
#include "common/slice.h"

enum {
	CONFIG_NAME_CAP = 64, /* bytes of any written form with its NUL; tables obey it */
};

enum config_form {
	CONFIG_FORM_PLAIN, /* --name, of all but secrets */
	CONFIG_FORM_NO,    /* --no-name, of flags */
	CONFIG_FORM_FILE,  /* --name-file, of secrets */
	CONFIG_NFORMS,
};

/* Options that every program has, beside its table. */
enum config_builtin {
	CONFIG_HELP,
	CONFIG_VERSION,
	CONFIG_CHECK_CONFIG,
	CONFIG_FILE,      /* --config FILE: the only one with a value */
	CONFIG_HELP_MDOC, /* for the build of manual pages; not shown */
	CONFIG_NBUILTINS,
};

extern const char *const config_builtin_names[CONFIG_NBUILTINS];

/* Writes the form without its dashes; false when the option does not have it. */
bool config_name_write(const struct config_option *o, enum config_form form,
		       char buf[CONFIG_NAME_CAP]);
/* Writes PLUME_NAME plus suffix: "" or "_FILE". */
void config_name_environment(const struct config_option *o, const char *suffix,
			     char buf[CONFIG_NAME_CAP]);
/* The option that is written so, without dashes, or NULL. */
const struct config_option *config_name_find(const struct config_program *program,
					     struct slice written,
					     enum config_form *form_out);
/* Writes the valid option nearest to a mistyped one; false when none is near. */
bool config_name_nearest(const struct config_program *program, struct slice written,
			 char buf[CONFIG_NAME_CAP]);

#endif
