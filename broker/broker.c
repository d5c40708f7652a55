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
	TICKS_PER_SECOND = 1000 / TICK_MS,
	TICKS_PER_BEAT = 3, /* of the events endpoint */
	CALLS_COMMANDS =
		64, /* more gateways than this wait their turn in their sockets */
	CALLS_MAIL = MAILERS_MAX,
	CALLS_CONTROL = 4,
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

static void publish(struct broker *b, struct bus_queue *queue)
{
	struct bus_msg head = events_head(b);

	while (bus_queue_count(queue) > 0) {
		bus_writer_clear(b->writer);
		bus_writer_add(b->writer, &head);
		bus_queue_take(queue, b->writer);
		bus_publish(b->publisher, bus_writer_frame(b->writer));
	}
}

/* An empty frame of events: who hears none for long knows that its link is dead. */
static void beat(struct broker *b)
{
	struct bus_msg head = events_head(b);

	bus_writer_clear(b->writer);
	bus_writer_add(b->writer, &head);
	bus_publish(b->publisher, bus_writer_frame(b->writer));
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
	enum status st = store_commit(b->store);

	if (st == ST_OK)
		return true;
	/* What is in memory was not kept, so nothing of it may be said.  A full disk is waited
	 * for; after anything else the next start goes on from what was kept. */
	if (st != ST_FULL || broker_begin_full(b) != ST_OK)
		b->on_failure(b->ctx);
	return false;
}

void broker_flush(struct broker *b)
{
	publish(b, b->room->events);
	gateways_each(b->room->gateways, poke, b);
	publish(b, b->pokes);
	broker_serve_mailers(b);
}

/* -- commands -- */

static void apply(struct broker *b, struct gateway *g, const struct bus_msg *m,
		  struct room_time t)
{
	switch (m->kind) {
	case BUS_HELLO:
		entrance_hello(b->entrance, g, &m->u.hello, t);
		break;
	case BUS_AUTH:
		entrance_auth(b->entrance, g, &m->u.auth, t);
		break;
	case BUS_RESUME:
		entrance_resume(b->entrance, g, &m->u.resume, t);
		break;
	case BUS_REJOIN:
		entrance_rejoin(b->entrance, g, &m->u.rejoin, t);
		break;
	case BUS_SAY:
		room_say(b->room, g, &m->u.say, t);
		break;
	case BUS_GONE:
		entrance_gone(b->entrance, g, m->u.gone.client, t);
		break;
	case BUS_SYNC:
		room_sync(b->room, g, &m->u.sync);
		break;
	default: /* heads, and what is not for the broker, which the reader refused */
		break;
	}
}

/* Reads the whole frame before anything of it is applied.  Returns how many messages. */
static enum status read_batch(struct broker *b, struct bus_reader *r, size_t *n_out)
{
	enum status st = ST_OK;

	for (*n_out = 0; st == ST_OK && *n_out < BUS_FRAME_MESSAGES_MAX; ++*n_out) {
		st = bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &b->batch[*n_out]);
		if (st == ST_END)
			return *n_out > 0 && b->batch[0].kind == BUS_BATCH ? ST_OK
									   : ST_PROTOCOL;
	}
	return st == ST_OK ? ST_FULL : st;
}

static void answer_start_over(struct broker *b, struct bus_call *call,
			      const struct bus_batch *m)
{
	struct bus_msg no = {.kind = BUS_START_OVER,
			     .u.start_over = {.number = m->number}};

	log_info("start_over", "gateway=%016" PRIx64 " batch=%" PRIu64, m->gateway,
		 m->number);
	bus_writer_clear(b->writer);
	bus_writer_add(b->writer, &no);
	bus_answer(call, bus_writer_frame(b->writer));
}

/* The frame that answers g's batch: its head, and what waits for g. */
static void write_reply(struct broker *b, struct gateway *g)
{
	struct bus_msg head = {.kind = BUS_RESULTS,
			       .u.results = {.number = g->number,
					     .epoch = b->room->epoch,
					     .newest = history_newest(b->room->history),
					     .first = history_first(b->room->history)}};

	bus_writer_clear(b->writer);
	bus_writer_add(b->writer, &head);
	bus_queue_take(g->out, b->writer);
	gateway_keep_reply(g, bus_writer_frame(b->writer));
	g->is_poked = false;
}

/* A batch that is new: every command of it, then one commit, then all are told.
 * False: it was not kept; the room is what it was before. */
static bool apply_batch(struct broker *b, struct gateway *g, struct bus_call *call,
			size_t n)
{
	struct room_time t = broker_time();
	bool is_first = g->number == 0;
	bool goodbye = false;

	store_begin(b->store);
	room_gateway_heard(b->room, g, t);
	g->number = b->batch[0].u.batch.number;
	g->newest = b->batch[0].u.batch.newest;
	for (size_t i = 1; i < n; i++) {
		goodbye = goodbye || b->batch[i].kind == BUS_GOODBYE;
		log_debug("command", "gateway=%016" PRIx64 " kind=%s", g->id,
			  bus_kind_name(b->batch[i].kind));
		apply(b, g, &b->batch[i], t);
	}
	write_reply(b, g);
	if (n > 1 || is_first) /* a heartbeat changes nothing worth a write */
		store_put_gateway(b->store, g);
	if (!broker_commit(b))
		return false;
	publish(b, b->room->events); /* before the answer, which may name their numbers */
	bus_answer(call, (struct slice){g->reply, g->reply_len});
	if (goodbye) {
		store_begin(b->store);
		room_gateway_gone(b->room, g, t);
		if (!broker_commit(b))
			return true;
	}
	broker_flush(b);
	return true;
}

/* The gateway that sends this batch; NULL: it is not known, and cannot begin with this number. */
static struct gateway *gateway_for(struct broker *b, const struct bus_batch *head)
{
	struct gateway *g = gateways_find(b->room->gateways, head->gateway);

	if (g == NULL && head->number == 1) {
		g = gateways_add(b->room->gateways, head->gateway, daemon_now_ms());
		log_info("gateway_new", "gateway=%016" PRIx64, head->gateway);
		beat(b); /* it waits for one */
	}
	return g;
}

/* False: it has to be tried again, because nothing of it was kept. */
static bool answer_batch(struct broker *b, struct bus_call *call, size_t n)
{
	const struct bus_batch *head = &b->batch[0].u.batch;
	struct gateway *g = gateway_for(b, head);

	if (g == NULL) {
		answer_start_over(b, call, head);
	} else if (head->number > g->number) {
		return apply_batch(b, g, call, n);
	} else if (head->number == g->number) {
		log_info("batch_again", "gateway=%016" PRIx64 " batch=%" PRIu64, g->id,
			 g->number);
		bus_answer(call, (struct slice){g->reply, g->reply_len});
	} else {
		bus_answer(call, S("")); /* late: the gateway has its answer since */
	}
	return true;
}

static void on_batch(void *ctx, struct bus_call *call, struct slice frame)
{
	struct broker *b = ctx;
	struct bus_reader *r;
	size_t n = 0;
	enum status st = bus_reader_new(frame, &r);

	if (st == ST_OK)
		st = read_batch(b, r, &n);
	if (st != ST_OK) {
		log_warn("batch_refused", "why=\"%s\" bytes=%zu", status_text(st),
			 frame.len);
		bus_answer(call, S(""));
	} else if (!answer_batch(b, call, n)) {
		/* The disk is full since: the same batch once more, by a room that knows it. */
		answer_batch(b, call, n);
	}
	bus_reader_free(&r);
}

/* -- time goes by -- */

static void on_tick(uv_timer_t *timer)
{
	struct broker *b = timer->data;
	struct room_time t = broker_time();

	if (b->room->is_full && b->ticks % TICKS_PER_SECOND == 0)
		broker_end_full(b);
	store_begin(b->store);
	room_tick(b->room, t);
	if (++b->ticks % TICKS_PER_SECOND == 0)
		entrance_tick(b->entrance, t);
	if (!broker_commit(b))
		return;
	broker_flush(b);
	if (b->ticks % TICKS_PER_BEAT == 0)
		beat(b);
}

/* -- start and end -- */

static enum status open_endpoints(struct broker *b, uv_loop_t *loop)
{
	const struct broker_options *o = b->options;
	enum status st = bus_publisher_new(o->urls[ENDPOINT_EVENTS], &b->publisher);

	if (st == ST_OK)
		st = bus_replier_new(loop, o->urls[ENDPOINT_COMMANDS], CALLS_COMMANDS,
				     on_batch, b, &b->commands);
	if (st == ST_OK)
		st = bus_replier_new(loop, o->urls[ENDPOINT_MAIL], CALLS_MAIL,
				     broker_on_mail, b, &b->mail);
	if (st == ST_OK)
		st = bus_replier_new(loop, o->urls[ENDPOINT_CONTROL], CALLS_CONTROL,
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
	st = broker_load(b);
	if (st == ST_OK)
		st = open_endpoints(b, loop);
	if (st != ST_OK)
		goto fail;
	uv_timer_init(loop, &b->tick);
	b->tick.data = b;
	uv_timer_start(&b->tick, on_tick, TICK_MS, TICK_MS);
	log_info("ready", "events=%s epoch=%016" PRIx64 " newest=%" PRIu64 " state=%s",
		 options->urls[ENDPOINT_EVENTS], b->room->epoch,
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
	store_close(&b->store);
}
