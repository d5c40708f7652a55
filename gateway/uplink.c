/* Everything here follows from one rule: at most one batch is in flight. */
#include "gateway/uplink.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/bus.h"
#include "common/bus_queue.h"
#include "common/complaints.h"
#include "common/daemon.h"
#include "common/entropy.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"

enum {
	WATCH_MS = 100,
	REDIAL_MS = 3000, /* silence after which the link is not trusted any more */
};

struct uplink {
	struct uplink_events events;
	struct bus_requester *requester;
	struct bus_queue *queue;
	struct bus_writer *writer;
	uv_timer_t watch, pace;
	uv_idle_t gather;   /* while it is active the loop does not wait */
	size_t gathered;    /* commands at the turn before; 0: not gathering */
	uint64_t gather_ms; /* when it began */
	uint64_t pace_ms;
	struct complaints refused, start_overs;
	uint64_t refusals;              /* answers that were refused */
	char key[SECRET_TOKEN_LEN + 1]; /* that id is the hash of */
	uint64_t id, number;
	uint64_t sent_ms, answered_ms, redialled_ms;
	uint64_t carried_ms; /* when a batch last carried something */
	uint64_t about_ms;   /* when the gateway last told of itself */
	uint64_t sent_ns;
	size_t commands; /* in flight */
	bool is_poked;
	bool is_deaf;
};

/* A number that nobody else can use: only the broker is shown the key. */
static void take_number(struct uplink *u)
{
	secret_token(&entropy_system, u->key);
	u->id = secret_number(slice_of(u->key));
	u->number = 0;
}

/* Seldom, because it looks at every connection; and soon to a broker that has not heard it yet. */
static void add_about(struct uplink *u)
{
	struct bus_msg m = {.kind = BUS_ABOUT};

	if (u->number > 1 && u->sent_ms - u->about_ms < UPLINK_ABOUT_MS)
		return;
	u->about_ms = u->sent_ms;
	u->events.about(u->events.ctx, &m.u.about);
	bus_writer_add(u->writer, &m);
}

static void send_batch(struct uplink *u)
{
	struct bus_msg head = {.kind = BUS_BATCH,
			       .u.batch = {.gateway = u->id,
					   .number = ++u->number,
					   .newest = u->events.newest(u->events.ctx),
					   .key = slice_of(u->key),
					   .behind = u->events.is_behind(u->events.ctx)}};

	bus_writer_clear(u->writer);
	bus_writer_add(u->writer, &head);
	if (bus_queue_count(u->queue) > 0)
		u->carried_ms = daemon_now_ms();
	bus_queue_take(u->queue, u->writer);
	u->is_poked = false;
	u->commands = bus_writer_count(u->writer) - 1;
	u->sent_ms = daemon_now_ms();
	add_about(u);
	u->sent_ns = uv_hrtime();
	bus_request(u->requester, bus_writer_frame(u->writer));
	bus_writer_wipe(u->writer); /* it may hold codes and tokens */
}

static void set_deaf(struct uplink *u, bool is_deaf)
{
	if (u->is_deaf == is_deaf)
		return;
	u->is_deaf = is_deaf;
	if (is_deaf)
		log_warn("bus_lost", "silent_ms=%" PRIu64, daemon_now_ms() - u->sent_ms);
	else
		log_info("bus_back", "%s", "");
	u->events.on_deaf(u->events.ctx, is_deaf);
}

static void start_over(struct uplink *u)
{
	uint64_t times = complaints_add(&u->start_overs, S("broker"), u->answered_ms);
	uint64_t was = u->id;

	if (times > 0)
		log_warn("start_over", "gateway=%016" PRIx64 " times=%" PRIu64, was,
			 times);
	take_number(u);
	/* Each time: it is the name by which operators know this process. */
	log_info("gateway_number", "gateway=%016" PRIx64 " was=%016" PRIx64, u->id, was);
	bus_queue_free(&u->queue);
	u->queue = bus_queue_new();
	u->events.on_start_over(u->events.ctx);
}

/* The answer was checked by nobody yet: a broker is a peer, not a friend. */
static enum status read_answer(struct uplink *u, struct bus_reader *r)
{
	struct bus_msg m;
	enum status st = bus_reader_next(r, BUS_BROKER, BUS_GATEWAY, &m);

	if (st != ST_OK)
		return st;
	if (m.kind == BUS_START_OVER) {
		start_over(u);
		return ST_OK;
	}
	if (m.kind != BUS_RESULTS || m.u.results.number != u->number)
		return ST_PROTOCOL;
	u->events.on_results(u->events.ctx, &m.u.results);
	while ((st = bus_reader_next(r, BUS_BROKER, BUS_GATEWAY, &m)) == ST_OK)
		u->events.on_message(u->events.ctx, &m);
	u->events.on_done(u->events.ctx);
	return st == ST_END ? ST_OK : st;
}

static void on_answer(void *ctx, struct slice frame)
{
	struct uplink *u = ctx;
	struct bus_reader *r;
	uint64_t us = (uv_hrtime() - u->sent_ns) / 1000;
	size_t commands = u->commands; /* of the batch answered */
	enum status st = bus_reader_new(frame, &r);
	uint64_t times = 0;

	u->answered_ms = daemon_now_ms();
	set_deaf(u, false);
	if (st == ST_OK)
		st = read_answer(u, r);
	if (st != ST_OK) {
		u->refusals++;
		times = complaints_add(&u->refused, S("broker"), u->answered_ms);
	}
	if (times > 0)
		log_error("answer_refused", "times=%" PRIu64 " why=\"%s\"", times,
			  status_text(st));
	u->events.on_round_trip(u->events.ctx, us, commands, bus_reader_skipped(r));
	bus_reader_free(&r);
}

static void on_watch(uv_timer_t *timer)
{
	struct uplink *u = timer->data;
	uint64_t now = daemon_now_ms();

	if (bus_requester_is_waiting(u->requester)) {
		if (now - u->sent_ms >= UPLINK_DEAF_MS)
			set_deaf(u, true);
		if (now - u->sent_ms >= REDIAL_MS && now - u->redialled_ms >= REDIAL_MS) {
			u->redialled_ms = now;
			bus_requester_redial(u->requester);
		}
	} else if (now - u->answered_ms >= UPLINK_HEARTBEAT_MS) {
		send_batch(u);
	}
}

static void on_pace(uv_timer_t *timer)
{
	(void)timer; /* it only wakes the loop: uplink_turn() does the rest */
}

static void on_gather(uv_idle_t *idle)
{
	(void)idle; /* as above */
}

enum status uplink_new(uv_loop_t *loop, const struct bus_address *at, uint64_t pace_ms,
		       const struct uplink_events *events, struct uplink **out)
{
	struct uplink *u = xcalloc(1, sizeof *u);
	enum status st = bus_requester_new(loop, at, on_answer, u, &u->requester);

	*out = NULL;
	if (st != ST_OK) {
		free(u);
		return st;
	}
	u->events = *events;
	u->pace_ms = pace_ms;
	u->queue = bus_queue_new();
	u->writer = bus_writer_new();
	take_number(u);
	uv_timer_init(loop, &u->watch);
	u->watch.data = u;
	uv_timer_start(&u->watch, on_watch, 0, WATCH_MS);
	uv_timer_init(loop, &u->pace);
	uv_idle_init(loop, &u->gather);
	*out = u;
	return ST_OK;
}

uint64_t uplink_id(const struct uplink *u)
{
	return u->id;
}

/* May a batch leave now, as far as the pace is concerned? */
static bool is_time(const struct uplink *u)
{
	return u->is_poked || daemon_now_ms() - u->carried_ms >= u->pace_ms ||
	       bus_queue_count(u->queue) >= UPLINK_BATCH_COUNT ||
	       bus_queue_bytes(u->queue) >= UPLINK_BATCH_BYTES;
}

void uplink_send(struct uplink *u, const struct bus_msg *m)
{
	bus_queue_add(u->queue, m);
	/* Before its time a batch needs no turns of its own: the timer of the first command brings one. */
	if (!bus_requester_is_waiting(u->requester) && is_time(u))
		uv_idle_start(&u->gather, on_gather);
}

static void stop_gathering(struct uplink *u)
{
	u->gathered = 0;
	uv_idle_stop(&u->gather);
}

/* Did this turn bring more, so that the next may too? */
static bool is_gathering(struct uplink *u)
{
	size_t count = bus_queue_count(u->queue);
	uint64_t now = daemon_now_ms();

	if (u->gathered == 0)
		u->gather_ms = now;
	if (count <= u->gathered || count >= UPLINK_BATCH_COUNT ||
	    now - u->gather_ms >= UPLINK_GATHER_MS) {
		stop_gathering(u);
		return false;
	}
	u->gathered = count;
	uv_idle_start(&u->gather, on_gather);
	return true;
}

uint64_t uplink_refusals(const struct uplink *u)
{
	return u->refusals;
}

bool uplink_is_full(const struct uplink *u)
{
	return bus_queue_bytes(u->queue) >= UPLINK_FULL_BYTES ||
	       bus_queue_count(u->queue) >= UPLINK_FULL_COUNT;
}

bool uplink_is_deaf(const struct uplink *u)
{
	return u->is_deaf;
}

bool uplink_may_repeat(const struct uplink *u)
{
	return !u->is_deaf && !uplink_is_full(u);
}

size_t uplink_waiting(const struct uplink *u)
{
	return bus_queue_count(u->queue);
}

bool uplink_is_idle(const struct uplink *u)
{
	return bus_queue_count(u->queue) == 0 && !bus_requester_is_waiting(u->requester);
}

void uplink_turn(struct uplink *u)
{
	uint64_t rested = daemon_now_ms() - u->carried_ms;

	if (bus_requester_is_waiting(u->requester) ||
	    (bus_queue_count(u->queue) == 0 && !u->is_poked)) {
		stop_gathering(u);
	} else if (!is_time(u)) {
		stop_gathering(u);
		if (!uv_is_active((uv_handle_t *)&u->pace) && rested < u->pace_ms)
			uv_timer_start(&u->pace, on_pace, u->pace_ms - rested, 0);
	} else if (!is_gathering(u)) {
		send_batch(u);
	}
}

void uplink_poke(struct uplink *u)
{
	u->is_poked = true;
}
