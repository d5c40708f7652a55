/* report_tail.h - answers to a tail as lines of JSON.
 *
 * A post is {"seq", "time_ms", "event", "name", "text", "mark"}; posts that are gone from the history are
 * {"hole": {"first", "last"}}; a room that was numbered anew is {"room": EPOCH}, and goes on with what it
 * has.  What a terminal should not be given is escaped. */
#ifndef CTL_REPORT_TAIL_H
#define CTL_REPORT_TAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

struct tail_place {
	uint64_t epoch, after; /* epoch 0: not known yet */
	bool has_after;        /* after was given; else the next post is the first */
};

/* Writes what an answer brings, and moves the place on.  ST_DENIED: the broker said no, its words are written
 * to err; another status: this is no answer to a tail. */
enum status report_tail(struct tail_place *p, struct slice frame, FILE *out,
			FILE *err) ATTR_USE_RESULT;

#endif
