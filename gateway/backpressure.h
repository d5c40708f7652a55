/* backpressure.h - are too many readers too far behind for the room to take in more?
 *
 * A decider, looked at twenty times a second while posts flow.  A reader who is behind counts unless that
 * is its own doing: its socket takes what it is given, or took something worth it in one of the last
 * looks.  Who stopped, or reads in drops, is let go in the end (connection.h) and stops nobody.
 * A backlog begins when in BACKPRESSURE_LOOKS looks in a row more than a quarter of those who count were
 * far behind - more looks than it takes to know who stopped -, and ends when no more than a quarter are
 * late.  So the room is slowed to the pace of most, but never below BACKPRESSURE_MOVING in each look. */
#ifndef GATEWAY_BACKPRESSURE_H
#define GATEWAY_BACKPRESSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BACKPRESSURE_LOOK_MS = 50,
	BACKPRESSURE_LOOKS = 4,
	BACKPRESSURE_STILL =
		3, /* looks without moving, after which a reader has stopped */
	BACKPRESSURE_MOVING = 12 << 10, /* bytes in a look */
	BACKPRESSURE_FAR_PART = 8, /* of the frame log, which who is far behind lacks */
	BACKPRESSURE_LATE_PART = 16,
};

/* Of one reader: bytes its socket took since the last look, and looks since it moved. */
struct backpressure_reader {
	uint32_t took;
	uint8_t still;
};

enum backpressure_place {
	BACKPRESSURE_NEAR,
	BACKPRESSURE_LATE,
	BACKPRESSURE_FAR,
	BACKPRESSURE_PLACES
};

struct backpressure {
	size_t at[BACKPRESSURE_PLACES]; /* readers, in this look */
	unsigned looks;                 /* in a row with too many far behind */
	bool is_over;
};

void backpressure_took(struct backpressure_reader *r, size_t bytes);

/* A look: begin, each reader, the end, which tells whether there is a backlog. */
void backpressure_begin(struct backpressure *b);
void backpressure_see(struct backpressure *b, struct backpressure_reader *r,
		      enum backpressure_place place, bool is_choked);
bool backpressure_end(struct backpressure *b);

#endif
