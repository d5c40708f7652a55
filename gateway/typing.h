/* typing.h - who is writing, on its way to the browsers: off the record, and never in its way.
 *
 * Notices are no posts: they have no number, no place in the frame log and no cursor waits for them.
 * Those that came since the last round are gathered - each person once, TYPING_MOST people, the
 * surplus is dropped - framed once, and in the next round given to every connection that has nothing
 * else to be told (connection_mention()); the others miss them.  So a connection keeps nothing, a
 * slow one is not made slower, and the order and the flow of posts are what they were.
 * The first notice after a quiet moment leaves at once; then there is at most one round in
 * TYPING_ROUND_MS, and so few that rounds take at most one part in TYPING_SHARE of the time.
 *
 * typing.c decides, given the time; gateway.c calls. */
#ifndef GATEWAY_TYPING_H
#define GATEWAY_TYPING_H

#include <stdint.h>

#include "common/bus_msg.h"
#include "common/slice.h"

enum {
	TYPING_MOST = 8, /* people of one round: a page says "several" long before */
	TYPING_ROUND_MS = 500,
	TYPING_SHARE = 20,
};

struct typing;

struct typing *typing_new(void);
void typing_free(struct typing **t);
/* Somebody is writing.  Copies. */
void typing_hear(struct typing *t, const struct bus_typing *m);
/* The frames of a round, if there is something to tell and it is time; else empty.  Borrowed until the
 * next call of typing_hear(), with FRAME_LOG_HEADROOM bytes in front. */
struct slice typing_round(struct typing *t, uint64_t now_ms);
/* How long giving them to everybody took. */
void typing_took(struct typing *t, uint64_t ms);

#endif
