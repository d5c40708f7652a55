/* config_private.h - one loading of options, for config.c (the command line) and config_rest.c (the
 * environment, the file and the fallbacks). */
#ifndef COMMON_CONFIG_PRIVATE_H
#define COMMON_CONFIG_PRIVATE_H

#include <stdbool.h>

#include "common/attr.h"
#include "common/config.h"
#include "common/config_file.h"
#include "common/config_help.h"
#include "common/slice.h"

enum {
	CONFIG_SHOWN_CAP = 128,      /* of a stranger's value in a complaint */
	CONFIG_COMPLAINT_CAP = 2048, /* of all of it; what is longer is cut */
};

struct config_loading {
	const struct config_program *program;
	const struct config_source *source;
	void *target;
	enum config_origin *origins; /* one per option; FROM_DEFAULT: not set yet */
	const char *file_path;       /* --config; NULL: not given */
	struct config_file file;
	int next;   /* index in argv of what is read next */
	bool check; /* --check-config was there */
};

#define CONFIG_COMPLAIN(l, ...) config_complain((l)->program, (l)->source, __VA_ARGS__)

enum config_origin *config_origin_of(const struct config_loading *l,
				     const struct config_option *o);
/* where: "--history", "PLUME_HISTORY" or "FILE:7: history". */
void config_complain_of_value(const struct config_loading *l,
			      const struct config_option *o, const char *where,
			      const char *value);
enum config_outcome config_load_secret(struct config_loading *l,
				       const struct config_option *o, const char *where,
				       const char *path) ATTR_USE_RESULT;
/* What the command line left unset, from the environment, else the file, else the fallbacks. */
enum config_outcome config_load_rest(struct config_loading *l) ATTR_USE_RESULT;

#endif
