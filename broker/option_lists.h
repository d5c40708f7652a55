/* option_lists.h - the lists among the broker's options: could each of their items be meant? */
#ifndef BROKER_OPTION_LISTS_H
#define BROKER_OPTION_LISTS_H

#include <stdbool.h>

#include "common/attr.h"
#include "common/config.h"

struct option_lists {
	const struct config_list *reserved, *bans, *deny, *allow;
};

/* False: a complaint was written, with the first item that is not good. */
bool option_lists_are_good(const struct option_lists *l,
			   const struct config_program *program,
			   const struct config_source *source) ATTR_USE_RESULT;

#endif
