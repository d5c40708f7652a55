/* trail.h - the record of logins: a row for each thing that happened, for `plumectl why` and for the
 * mailers' audit logs.  Never a code, a token or a text.
 *
 * Rows are numbered 1, 2, 3 ... in this room.  What strangers can do in floods is counted: the first few of
 * its kind within a minute are rows, the others are counted in one more, which gets its number when the
 * minute is over.
 *
 * A mailer that asks is given the rows that no mailer has kept yet; nobody else is given them until it
 * says, by asking again, that it kept them, or some seconds have passed.
 *
 *   added --> waiting --given to a mailer--> leased --kept--> stays for `plumectl why`
 *                ^                              |
 *                +------- not kept in time -----+
 *
 * Bounds: rows and age of the options; the oldest rows go first.  How many went before any mailer had
 * kept them is a row of its own (TRAIL_ROWS_LOST). */
#ifndef BROKER_TRAIL_H
#define BROKER_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/address.h"
#include "common/bus_msg.h"

struct store;

enum {
	TRAIL_KINDS = 32, /* numbers of trail_kinds.def are below */
	TRAIL_REFERENCE_SIZE = 8,
	TRAIL_DETAIL_SIZE = 256,
	TRAIL_BATCH = 50,       /* rows that one mailer is given at a time */
	TRAIL_GATHER_MS = 1000, /* rows wait so long for others, to go together */
	TRAIL_LEASE_MS = 10000,
	TRAIL_MINUTE_MS = 60000,
	TRAIL_FLOOD_ROWS =
		10, /* of one kind of flood in a minute, before it is counted */
	TRAIL_FLOODS_MAX =
		5000, /* kinds of flood counted at a time; over it the oldest ends */
};

struct trail_row {
	uint64_t id;      /* of the row in the store */
	uint64_t number;  /* 0: it is still counting */
	uint64_t time_ms; /* wall clock */
	uint64_t kind;    /* enum trail_kind */
	uint64_t times;
	uint64_t login; /* what happened to one login has the same number; 0: to none */
	uint64_t gateway;
	uint64_t state, attempt, code; /* of a letter that a mailer reported of */
	char reference[TRAIL_REFERENCE_SIZE];
	/* Borrowed; NULL is as good as empty in what is given to the trail, which copies.  Below ADDRESS_SIZE,
	 * NETWORK_SIZE and TRAIL_DETAIL_SIZE. */
	const char *email, *network, *detail;
};

struct trail;

struct trail_options {
	uint64_t rows;   /* kept at most, at least 1 */
	uint64_t age_ms; /* how long; 0: without limit */
};

/* store is borrowed; NULL forgets. */
struct trail *trail_new(const struct trail_options *options, struct store *store);
/* Other bounds: what is beyond them goes with the next row or tick. */
void trail_set_options(struct trail *t, const struct trail_options *options);
void trail_free(struct trail **t);

/* It happened.  Of event, id, number, time and times are filled in here.  flood: who does it, as far as
 * that is one and the same, so that much of it within a minute is counted; NULL: each is a row. */
void trail_add(struct trail *t, const struct trail_row *event, const char *flood,
	       uint64_t wall_ms);
/* Ends what was counted for a minute, and what is too old. */
void trail_tick(struct trail *t, uint64_t wall_ms);

/* -- for mailers -- */

/* This mailer has kept all rows below `next` that it was given (0: it wants none). */
void trail_kept(struct trail *t, uint64_t mailer, uint64_t next);
typedef void trail_fn(void *ctx, const struct trail_row *row);
/* Gives a mailer that has kept all below `next` what waits, to each(); how many rows. */
size_t trail_give(struct trail *t, uint64_t mailer, uint64_t next, uint64_t now_ms,
		  uint64_t wall_ms, trail_fn *each, void *ctx);

/* -- for operators -- */

/* The story of the login that has this reference, however it is written: case, dashes and letters that
 * look alike do not count.  Oldest row first; how many rows. */
size_t trail_story(const struct trail *t, struct slice reference, trail_fn *each,
		   void *ctx);

/* -- from the store -- */

/* By id.  One that was counting gets its number with the next tick. */
void trail_restore(struct trail *t, const struct trail_row *row);
void trail_restore_kept(struct trail *t, uint64_t number);

size_t trail_count(const struct trail *t);
/* How often something of this kind was added since the start. */
uint64_t trail_happened(const struct trail *t, enum trail_kind kind);

#endif
