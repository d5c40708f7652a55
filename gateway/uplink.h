/* uplink.h - the gateway's requests to the broker: one batch in flight, carrying all that waits.
 *
 *   idle --something waits, or it is time for a heartbeat--> in flight --answer--> idle
 *
 * The bus sends a batch again until it is answered; its number makes that harmless.
 * Bounds: over UPLINK_FULL_BYTES or UPLINK_FULL_COUNT what browsers ask is refused (busy).  What the gateway
 * itself has to say of each of its connections - that it is gone, that it misses posts - still waits: twice as
 * many commands as it has connections, at most. */
#ifndef GATEWAY_UPLINK_H
#define GATEWAY_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/slice.h"
#include "common/status.h"

enum {
	UPLINK_HEARTBEAT_MS = 500,
	UPLINK_ABOUT_MS = 1000,
	/* Without an answer for this long the broker counts as out of reach. */
	UPLINK_DEAF_MS = 1500,
	/* For how long a batch waits while each loop turn brings more: what arrived together leaves together,
	 * though a connection is read in pieces. */
	UPLINK_GATHER_MS = 2,
	/* From here on a batch is worth a round trip of its own, whatever the pace. */
	UPLINK_BATCH_BYTES = 24 << 10,
	UPLINK_BATCH_COUNT = 200,
	/* Over this, strangers' commands are refused. */
	UPLINK_FULL_BYTES = 2 << 20,
	UPLINK_FULL_COUNT = 1800,
};

struct bus_address;
struct uplink;

struct uplink_events {
	void *ctx;
	/* The head of an answer, then each of its messages, then the end. */
	void (*on_results)(void *ctx, const struct bus_results *m);
	void (*on_message)(void *ctx, const struct bus_msg *m);
	void (*on_done)(void *ctx);
	/* The broker does not know this gateway: all its clients must resume.  Called after the
	 * uplink took a new id and dropped what waited. */
	void (*on_start_over)(void *ctx);
	/* The broker went out of reach, or came back. */
	void (*on_deaf)(void *ctx, bool is_deaf);
	/* A batch of so many commands was answered after us microseconds; the answer had messages of
	 * unknown kinds. */
	void (*on_round_trip)(void *ctx, uint64_t us, size_t commands, size_t skipped);
	/* Newest seq the gateway has, for the batch's head. */
	uint64_t (*newest)(void *ctx);
	/* Are its readers too far behind? */
	bool (*is_behind)(void *ctx);
	/* What it says of itself, which leaves with a batch every UPLINK_ABOUT_MS. */
	void (*about)(void *ctx, struct bus_about *out);
};

/* pace_ms: least time between two batches that carry something, unless much waits; the first after a
 * quiet moment leaves at once.  Lives as long as the process. */
enum status uplink_new(uv_loop_t *loop, const struct bus_address *at, uint64_t pace_ms,
		       const struct uplink_events *events,
		       struct uplink **out) ATTR_USE_RESULT;
uint64_t uplink_id(const struct uplink *u);
/* Copies m; it leaves with the next batch. */
void uplink_send(struct uplink *u, const struct bus_msg *m);
/* Answers that were refused. */
uint64_t uplink_refusals(const struct uplink *u);
/* Is the bound for strangers' commands reached? */
bool uplink_is_full(const struct uplink *u);
bool uplink_is_deaf(const struct uplink *u);
/* May what was not answered be asked again?  A broker that is away has the question still. */
bool uplink_may_repeat(const struct uplink *u);
/* How many commands wait for the next batch. */
size_t uplink_waiting(const struct uplink *u);
/* Nothing waits and nothing is in flight. */
bool uplink_is_idle(const struct uplink *u);
/* To be called once in each loop turn: sends what gathered, if it is time. */
void uplink_turn(struct uplink *u);
/* The broker has something for us: the next batch leaves even if it is empty. */
void uplink_poke(struct uplink *u);

#endif
