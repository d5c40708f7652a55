/* The one place where a batch meets the clock, the journal and the sockets. */
#include "broker/broker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker_private.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/memory.h"

enum {
	TICK_MS = 100,
	PAUSE_MS = 500, /* a tick later than this: the process did not run */
	TICKS_PER_SECOND = 1000 / TICK_MS,
	TICKS_PER_BEAT = 3, /* of the events endpoint */
	CALLS_COMMANDS =
		64, /* more gateways than this wait their turn in their sockets */
	CALLS_MAIL = MAILERS_MAX + 16, /* held takes leave some for reports */
	CALLS_CONTROL = TAILS_MAX + 8, /* held ones leave some for the others */
};

struct room_time broker_time(void)
{
	return (struct room_time){daemon_now_ms(), daemon_wall_ms()};
}

/* -- out -- */

static struct bus_msg events_head(const struct broker *b)
{
	return (struct bus_msg){.kind = BUS_EVENTS,
				.u.events = {.epoch = b->room->epoch,
					     .newest = history_newest(b->room->history)}};
}

void broker_publish(struct broker *b, struct bus_queue *queue)
{
	struct bus_msg head = events_head(b);

	while (bus_queue_count(queue) > 0) {
		bus_writer_clear(b->writer);
		bus_writer_add(b->writer, &head);
		bus_queue_take(queue, b->writer);
		b->metrics.events++;
		bus_publish(b->publisher, bus_writer_frame(b->writer));
	}
}

/* An empty frame of events: who hears none for long knows that its link is dead. */
void broker_beat(struct broker *b)
{
	struct bus_msg head = events_head(b);

	bus_writer_clear(b->writer);
	bus_writer_add(b->writer, &head);
	bus_publish(b->publisher, bus_writer_frame(b->writer));
}

struct broker_complaint broker_complain(struct complaints *c, const struct bus_call *call)
{
	struct broker_complaint x;

	bus_call_peer(call, x.peer);
	x.times = complaints_add(c, slice_of(x.peer), daemon_now_ms());
	return x;
}

static void poke(void *ctx, struct gateway *g)
{
	struct broker *b = ctx;
	struct bus_msg m = {.kind = BUS_POKE, .u.poke = {.gateway = g->id}};

	if (g->is_poked || bus_queue_count(g->out) == 0)
		return;
	g->is_poked = true;
	bus_queue_add(b->pokes, &m);
}

bool broker_commit(struct broker *b)
{
	uint64_t began = uv_hrtime();
	enum status st = store_commit(b->store);

	histogram_add(&b->metrics.commit, &metric_us, (uv_hrtime() - began) / 1000);
	if (st == ST_OK)
		return true;
	b->metrics.commit_failures++;
	/* What is in memory was not kept, so nothing of it may be said.  A full disk is waited
	 * for; after anything else the next start goes on from what was kept. */
	if (st != ST_FULL || broker_begin_full(b) != ST_OK)
		b->on_failure(b->ctx);
	return false;
}

void broker_flush(struct broker *b)
{
	broker_publish(b, b->room->events);
	gateways_each(b->room->gateways, poke, b);
	broker_publish(b, b->pokes);
	broker_serve_mailers(b);
}

/* -- time goes by -- */

static void mind_state(struct broker *b)
{
	if (b->room->is_full)
		broker_end_full(b);
	if (b->is_gone || !store_is_gone(b->store))
		return;
	b->is_gone = true;
	log_error(
		"state_gone",
		"state=%s why=\"it was removed or replaced: plumectl backup can save it\"",
		b->options->state);
}

static void on_tick(uv_timer_t *timer)
{
	struct broker *b = timer->data;
	struct room_time t = broker_time();

	if (b->ticks % TICKS_PER_SECOND == 0)
		mind_state(b);
	if (b->ticked_ms != 0 && t.now_ms - b->ticked_ms >= PAUSE_MS) {
		b->metrics.pauses++;
		log_warn("paused", "ms=%" PRIu64, t.now_ms - b->ticked_ms);
		room_paused(b->room, t.now_ms - b->ticked_ms, t);
	}
	b->ticked_ms = t.now_ms;
	store_begin(b->store);
	room_tick(b->room, t);
	if (++b->ticks % TICKS_PER_SECOND == 0)
		entrance_tick(b->entrance, t);
	if (!broker_commit(b))
		return;
	broker_flush(b);
	broker_serve_clients(b);
	broker_serve_tails(b);
	if (b->ticks % TICKS_PER_BEAT == 0)
		broker_beat(b);
}

/* -- start and end -- */

static enum status open_endpoints(struct broker *b, uv_loop_t *loop)
{
	const struct broker_options *o = b->options;
	enum status st = bus_publisher_new(loop, &o->bus[ENDPOINT_EVENTS], &b->publisher);

	if (st == ST_OK)
		st = bus_replier_new(loop, &o->bus[ENDPOINT_COMMANDS], CALLS_COMMANDS,
				     broker_on_batch, b, &b->commands);
	if (st == ST_OK)
		st = bus_replier_new(loop, &o->bus[ENDPOINT_MAIL], CALLS_MAIL,
				     broker_on_mail, b, &b->mail);
	if (st == ST_OK)
		st = bus_replier_new(loop, &o->bus[ENDPOINT_CONTROL], CALLS_CONTROL,
				     broker_on_control, b, &b->control);
	return st;
}

enum status broker_new(uv_loop_t *loop, const struct broker_options *options,
		       struct broker **out)
{
	struct broker *b = xcalloc(1, sizeof *b);
	enum status st;

	*out = NULL;
	b->options = options;
	b->started_ms = daemon_now_ms();
	b->writer = bus_writer_new();
	b->pokes = bus_queue_new();
	b->batch = xcalloc(BUS_FRAME_MESSAGES_MAX, sizeof *b->batch);
	st = name_keyer_new(&b->keyer);
	if (st == ST_OK && strcmp(options->state, ":memory:") != 0)
		st = store_open(options->state, options->sync, &options->secret,
				&b->store);
	if (st != ST_OK)
		goto fail;
	st = broker_load(b, false);
	if (st == ST_FULL)
		st = broker_begin_full(b);
	store_settle(b->store);
	if (st == ST_OK)
		st = open_endpoints(b, loop);
	if (st != ST_OK)
		goto fail;
	uv_timer_init(loop, &b->tick);
	b->tick.data = b;
	uv_timer_start(&b->tick, on_tick, TICK_MS, TICK_MS);
	log_info("ready", "events=%s epoch=%016" PRIx64 " newest=%" PRIu64 " state=%s",
		 options->bus[ENDPOINT_EVENTS].url, b->room->epoch,
		 history_newest(b->room->history), options->state);
	*out = b;
	return ST_OK;

fail:
	broker_close(b); /* the process ends: its sockets and memory go with it */
	return st;
}

void broker_on_failure(struct broker *b, broker_failed_fn *on_failure, void *ctx)
{
	b->on_failure = on_failure;
	b->ctx = ctx;
}

void broker_close(struct broker *b)
{
	broker_end_backup(b);
	store_close(&b->store);
}

bool broker_is_ready(const struct broker *b, const char **why)
{
	*why = "the disk is full: nothing new can be stored";
	return !b->room->is_full;
}

void broker_write_metrics(struct broker *b, FILE *out)
{
	broker_metrics_write(b, out);
}

void broker_options_changed(struct broker *b)
{
	store_begin(b->store);
	room_set_options(b->room, &b->options->room);
	entrance_set_options(b->entrance, &b->options->entrance);
	entrance_enforce_options(b->entrance, broker_time());
	if (broker_commit(b)) {
		broker_flush(b);
		store_settle(b->store); /* what was forgotten is nowhere any more */
	}
}
