/* A name nobody can take, and what is said under it. */
#include "broker/bot.h"

#include <stdlib.h>

#include "broker/text.h"
#include "common/memory.h"

void bot_welcome(struct gateway *g, uint64_t client, const char *name)
{
	char *hello = xasprintf(
		"Welcome, %s! This is Plume, a small chat room: what you write is "
		"read by everybody who is here.",
		name);
	const char *lines[] = {
		hello,
		"Your mail address is tied to your name and to what you say here; it "
		"is never shown to anybody else."};

	for (size_t i = 0; i < NELEMS(lines); i++) {
		struct bus_msg m = {.kind = BUS_WHISPER,
				    .u.whisper = {.client = client,
						  .name = S(NAMES_BOT),
						  .text = slice_of(lines[i])}};

		gateway_tell(g, &m);
	}
	free(hello);
}

enum status bot_say(struct room *r, struct slice text, struct slice id,
		    struct room_time t)
{
	if (!text_is_good(text))
		return ST_RANGE;
	if (id.len > 0 && history_find(r->history, NAMES_BOT_ID, id) != 0)
		return ST_EXISTS;
	if (r->is_full)
		return ST_FULL;
	room_post(r, names_by_id(r->names, NAMES_BOT_ID), POST_TEXT, text, id, t);
	return ST_OK;
}
