/* config_help.h - what the table of options says of itself. */
#ifndef COMMON_CONFIG_HELP_H
#define COMMON_CONFIG_HELP_H

#include <stdio.h>

#include "common/config.h"

enum config_origin {
	CONFIG_FROM_DEFAULT,
	CONFIG_FROM_FILE,
	CONFIG_FROM_ENVIRONMENT,
	CONFIG_FROM_COMMAND_LINE,
};

void config_help_print(const struct config_program *program, FILE *out);
void config_help_print_version(const struct config_program *program, FILE *out);
/* The option list of the manual page, in mdoc(7). */
void config_help_print_mdoc(const struct config_program *program, FILE *out);
/* Every option's effective value; origins has one entry per option. */
void config_help_print_values(const struct config_program *program, const void *target,
			      const enum config_origin *origins, FILE *out);

#endif
