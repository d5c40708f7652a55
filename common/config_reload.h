/* config_reload.h - options loaded anew while the program runs. */
#ifndef COMMON_CONFIG_RELOAD_H
#define COMMON_CONFIG_RELOAD_H

#include <stddef.h>

#include "common/attr.h"
#include "common/config.h"
#include "common/status.h"

/* Loads all options into *fresh (the program's own struct).  Of those named in live the new values
 * are there; the others keep the values of *old, and who changed them is told in the log that they
 * take a restart.  What is wrong is refused as a whole: a log line, ST_DENIED, and fresh is not to
 * be used. */
enum status config_reload(const struct config_program *program,
			  const struct config_source *source, const char *const *live,
			  size_t n_live, const void *old, void *fresh) ATTR_USE_RESULT;

#endif
