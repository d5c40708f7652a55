/* seat.h - plays a gateway on the bus: one batch in flight, as many commands in it as its owner wants.
 *
 * For what needs no browsers: the broker's own speed, and filling a room with people and posts. */
#ifndef TESTS_BENCH_SEAT_H
#define TESTS_BENCH_SEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/slice.h"
#include "common/status.h"

struct bus_address;
struct seat;

struct seat_events {
	void *ctx;
	/* Each message of an answer, its head first. */
	void (*on_message)(void *ctx, struct seat *s, const struct bus_msg *m);
	/* The answer is complete: the next batch may be sent. */
	void (*on_answered)(void *ctx, struct seat *s);
};

/* Lives as long as the process. */
enum status seat_new(uv_loop_t *loop, const struct bus_address *at,
		     const struct seat_events *events, struct seat **out) ATTR_USE_RESULT;
/* Adds a command to the next batch.  Copies. */
void seat_add(struct seat *s, const struct bus_msg *m);
size_t seat_added(const struct seat *s);
/* Sends what was added, or a heartbeat.  Nothing may be in flight. */
void seat_send(struct seat *s);

#endif
