/* backlog.h - are too many readers too far behind for the room to take in more?
 *
 * A decider, looked at twenty times a second while posts flow.  A reader who is behind counts unless that
 * is its own doing: its socket takes what it is given, or took something worth it in one of the last
 * looks.  Who stopped, or reads in drops, is let go in the end (connection.h) and stops nobody.
 * A backlog begins when in BACKLOG_LOOKS looks in a row more than a quarter of those who count were
 * far behind - more looks than it takes to know who stopped -, and ends when no more than a quarter are
 * late.  So the room is slowed to the pace of most, but never below BACKLOG_MOVING in each look. */
#ifndef GATEWAY_BACKLOG_H
#define GATEWAY_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BACKLOG_LOOK_MS = 50,
	BACKLOG_LOOKS = 4,
	BACKLOG_STILL = 3, /* looks without moving, after which a reader has stopped */
	BACKLOG_MOVING = 12 << 10, /* bytes in a look */
	BACKLOG_FAR_PART = 8,      /* of the frame log, which who is far behind lacks */
	BACKLOG_LATE_PART = 16,
};

/* Of one reader: bytes its socket took since the last look, and looks since it moved. */
struct backlog_reader {
	uint32_t took;
	uint8_t still;
};

enum backlog_place { BACKLOG_NEAR, BACKLOG_LATE, BACKLOG_FAR, BACKLOG_PLACES };

struct backlog {
	size_t at[BACKLOG_PLACES]; /* readers, in this look */
	unsigned looks;            /* in a row with too many far behind */
	bool is_over;
};

void backlog_took(struct backlog_reader *r, size_t bytes);

/* A look: begin, each reader, the end, which tells whether there is a backlog. */
void backlog_begin(struct backlog *b);
void backlog_see(struct backlog *b, struct backlog_reader *r, enum backlog_place place,
		 bool is_choked);
bool backlog_end(struct backlog *b);

#endif
