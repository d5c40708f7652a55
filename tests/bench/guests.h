/* guests.h - people in a room without browsers: logged in and talking through seats (seat.h).
 *
 * Guest i sits at seat i modulo the number of seats.  Each seat has one batch in flight for as long as
 * guests_enter() or guests_talk() wants something of it. */
#ifndef TESTS_BENCH_GUESTS_H
#define TESTS_BENCH_GUESTS_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/status.h"
#include "tests/bench/histogram.h"

struct bus_address;
enum { GUESTS_SEATS = 64 };

struct guests_options {
	const struct bus_address *commands, *mail;
	size_t guests, seats;
	size_t batch; /* texts in a batch */
	size_t bytes; /* of a text */
};

struct guests;

enum status guests_new(uv_loop_t *loop, const struct guests_options *options,
		       struct guests **out) ATTR_USE_RESULT;
/* Logs all of them in; ST_IO: not all within a minute. */
enum status guests_enter(struct guests *g) ATTR_USE_RESULT;
/* Texts until so many were accepted, or for so long; 0: no such bound. */
void guests_talk(struct guests *g, uint64_t posts, uint64_t ms);
/* One heartbeat of the first seat; how many ns it took to be answered. */
uint64_t guests_beat(struct guests *g);

uint64_t guests_accepted(const struct guests *g); /* ever */
uint64_t guests_refused(const struct guests *g);
uint64_t guests_newest(const struct guests *g); /* seq, as last told */
/* ns from a batch to its answer. */
const struct histogram *guests_batches(const struct guests *g);

#endif
