/* config_reload.h - options loaded anew while the program runs. */
#ifndef COMMON_CONFIG_RELOAD_H
#define COMMON_CONFIG_RELOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/config.h"
#include "common/status.h"

/* What a start checks beside the table.  Complains to source and returns false when a program with
 * these options would not start. */
typedef bool config_check_fn(const void *options, const struct config_source *source);

struct config_reloading {
	const struct config_program *program;
	const struct config_source *source;
	const char *const *live; /* the options that can change at once */
	size_t n_live;
	config_check_fn *check;
};

/* Loads all options into *fresh (the program's own struct) and checks them as the next start would.
 * Of those that are live the new values are there then; the others keep the values of *old, and who
 * changed them is told in the log that they take a restart.  What is wrong is refused as a whole: a
 * log line, ST_DENIED, and fresh is not to be used. */
enum status config_reload(const struct config_reloading *r, const void *old,
			  void *fresh) ATTR_USE_RESULT;

#endif
