/* bot.h - @plumebot: welcomes newcomers, and speaks for the operator. */
#ifndef BROKER_BOT_H
#define BROKER_BOT_H

#include <stdint.h>

#include "broker/room.h"
#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

/* The two private lines that every newcomer hears. */
void bot_welcome(struct gateway *g, uint64_t client, const char *name);
/* What the operator says to the whole room.  ST_RANGE: nothing to show, or control characters;
 * ST_FULL: it could not be stored; ST_EXISTS: it was said already, under this id, as far back as history goes. */
enum status bot_say(struct room *r, struct slice text, struct slice id,
		    struct room_time t) ATTR_USE_RESULT;

#endif
