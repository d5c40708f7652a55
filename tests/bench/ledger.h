/* ledger.h - which post reached how many readers, and when; what was lost, doubled or out of order.
 *
 * A decider.  Every reader is a cursor: posts come in seq order, each once, so a frame's number is known
 * without reading it.  Whether that is so is checked on the sampled readers, which read
 * every seq, and at the end by the number each reader stands at.  A post of ours tells in its text when
 * it was sent: "b" and 16 hexadecimal digits, nanoseconds of the monotonic clock. */
#ifndef TESTS_BENCH_LEDGER_H
#define TESTS_BENCH_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/slice.h"
#include "tests/bench/histogram.h"

enum {
	LEDGER_POSTS = 1 << 16, /* that may be on their way at once */
	LEDGER_STAMP = 17,      /* characters of a stamp */
};

struct ledger_cursor {
	uint64_t next; /* seq expected; 0: whatever comes first */
	bool is_sampled;
};

struct ledger_post {
	uint64_t seq, sent_ns; /* sent_ns 0: not a post of ours */
	uint32_t readers;      /* that have it */
};

struct ledger {
	struct ledger_post *posts; /* by seq modulo LEDGER_POSTS */
	uint32_t readers;          /* that every post should reach */
	uint64_t newest;
	/* Since ledger_begin(): frames; posts of ours that anybody, and that everybody has. */
	uint64_t deliveries, seen, complete;
	uint64_t lost, doubled;      /* as the sampled readers saw it */
	struct histogram each, last; /* ns from sending to a delivery, to the last one */
};

struct ledger *ledger_new(void);
void ledger_free(struct ledger **l);
/* Starts counting anew for so many readers; what is under way is not lost sight of. */
void ledger_begin(struct ledger *l, size_t readers);
/* A post arrived.  payload: its JSON. */
void ledger_take(struct ledger *l, struct ledger_cursor *c, struct slice payload,
		 uint64_t now_ns);

/* Writes LEDGER_STAMP characters. */
void ledger_stamp(char *out, uint64_t now_ns);
/* The value of "key": in one of our flat messages: a number, or the string between its quotes, which has no
 * escapes where it matters here.  Empty: absent. */
struct slice ledger_field(struct slice json, const char *key);
/* As a number; 0 when it is none. */
uint64_t ledger_number(struct slice json, const char *key);

#endif
