/* broker.h - the room on the bus: batches in, results and events out, the journal between.
 *
 * For each batch: apply its commands -> commit the store -> publish the events -> answer.  A
 * batch that was answered before gets the same answer again. */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <stdbool.h>
#include <stdio.h>

#include <uv.h>

#include "broker/entrance.h"
#include "broker/room.h"
#include "broker/store.h"
#include "common/bus.h"

struct broker_options {
	struct bus_address bus[ENDPOINT_COUNT];
	struct room_options room;
	struct entrance_options entrance;
	const char *state; /* file, or ":memory:" */
	enum store_sync sync;
	struct secret secret;      /* keys hashes and seals what is secret in the state */
	struct secret control_key; /* what plumectl must know */
};

struct broker;

/* Opens the state and the endpoints; logs what is wrong.  options are borrowed. */
enum status broker_new(uv_loop_t *loop, const struct broker_options *options,
		       struct broker **out) ATTR_USE_RESULT;
/* Called when the state cannot be written: the process must end at once, before it says anything that was not
 * kept. */
typedef void broker_failed_fn(void *ctx);
void broker_on_failure(struct broker *b, broker_failed_fn *on_failure, void *ctx);
/* The options that were given to broker_new() have changed; those that can are in force from now on. */
void broker_options_changed(struct broker *b);
/* Can it keep what is new?  *why is a constant text when not. */
bool broker_is_ready(const struct broker *b, const char **why);
/* For /metrics. */
void broker_write_metrics(struct broker *b, FILE *out);
/* Closes the state.  The bus is left to the end of the process. */
void broker_close(struct broker *b);

#endif
