/* The commands endpoint: a batch is new, answered already, late, or nobody's. */
#include <inttypes.h>

#include "broker/broker_private.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/secret.h"

enum {
	/* Batches by which a copy may be late: while a broker is stopped, the bus sends one
	 * again and again, over more than one connection. */
	LATE_MAX = 1000,
	/* For which a gateway's word that its readers are behind counts: it gives it again ten times a second. */
	BUSY_MS = 500,
};

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
		entrance_used(b->entrance, g, m->u.say.client, t);
		room_say(b->room, g, &m->u.say, t);
		break;
	case BUS_TYPES:
		entrance_used(b->entrance, g, m->u.types.client, t);
		room_types(b->room, g, &m->u.types, t);
		break;
	case BUS_WHO:
		room_who(b->room, g, &m->u.who);
		break;
	case BUS_SIGN_OUT:
		entrance_sign_out(b->entrance, g, &m->u.sign_out, t);
		break;
	case BUS_GONE:
		entrance_gone(b->entrance, g, m->u.gone.client, t);
		break;
	case BUS_SYNC:
		room_sync(b->room, g, &m->u.sync);
		break;
	case BUS_ABOUT:
		broker_hear_about(g, &m->u.about);
		break;
	case BUS_CLIENT_STATE:
		broker_hear_client(b, g, &m->u.client_state);
		break;
	case BUS_CLIENTS_TOLD:
		broker_hear_clients_told(b, g, &m->u.clients_told);
		break;
	default: /* heads, and what is not for the broker, which the reader refused */
		break;
	}
}

/* Reads the whole frame before anything of it is applied. */
static enum status read_batch(struct broker *b, struct bus_reader *r, size_t *n_out)
{
	struct bus_msg m;
	enum status st;

	*n_out = 0;
	while ((st = bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &m)) == ST_OK) {
		if (*n_out == BUS_FRAME_MESSAGES_MAX)
			return ST_FULL;
		b->batch[(*n_out)++] = m;
	}
	if (st != ST_END)
		return st;
	return *n_out > 0 && b->batch[0].kind == BUS_BATCH ? ST_OK : ST_PROTOCOL;
}

static void answer_start_over(struct broker *b, struct bus_call *call,
			      const struct bus_batch *m)
{
	struct bus_msg no = {.kind = BUS_START_OVER,
			     .u.start_over = {.number = m->number}};

	b->metrics.odd_batches[BATCH_START_OVER]++;
	if (broker_complain(&b->start_overs, call).times > 0)
		log_info("start_over", "gateway=%016" PRIx64 " batch=%" PRIu64,
			 m->gateway, m->number);
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
					     .first = history_first(b->room->history),
					     .busy = daemon_now_ms() < b->busy_until_ms}};

	bus_writer_clear(b->writer);
	bus_writer_add(b->writer, &head);
	bus_queue_take(g->out, b->writer);
	gateway_keep_reply(g, bus_writer_frame(b->writer));
	g->has_more = bus_queue_count(g->out) > 0;
	g->is_poked = false;
}

/* What a gateway tells of itself is no command of anybody. */
static bool is_for_operator(const struct bus_msg *m)
{
	return m->kind == BUS_ABOUT || m->kind == BUS_CLIENT_STATE ||
	       m->kind == BUS_CLIENTS_TOLD;
}

/* What asks only: should the broker forget that it was answered, it may be answered again. */
static bool changes_something(const struct bus_msg *m)
{
	return m->kind != BUS_WHO && m->kind != BUS_TYPES && !is_for_operator(m);
}

/* A batch that is new: every command of it, then one commit, then all are told.
 * False: it was not kept; the room is what it was before. */
static bool apply_batch(struct broker *b, struct gateway *g, struct bus_call *call,
			size_t n)
{
	struct room_time t = broker_time();
	bool is_first = g->number == 0, had_more = g->has_more;
	bool goodbye = false, changes = false;
	size_t commands = 0;

	store_begin(b->store);
	room_gateway_heard(b->room, g, t);
	g->number = b->batch[0].u.batch.number;
	g->newest = b->batch[0].u.batch.newest;
	if (b->batch[0].u.batch.behind != 0)
		b->busy_until_ms = t.now_ms + BUSY_MS;
	g->minor = b->batch_minor;
	for (size_t i = 1; i < n; i++) {
		goodbye = goodbye || b->batch[i].kind == BUS_GOODBYE;
		changes = changes || changes_something(&b->batch[i]);
		log_debug("command", "gateway=%016" PRIx64 " kind=%s", g->id,
			  bus_kind_name(b->batch[i].kind));
		b->metrics.commands[b->batch[i].kind]++;
		commands += is_for_operator(&b->batch[i]) ? 0 : 1;
		apply(b, g, &b->batch[i], t);
	}
	b->metrics.batches++;
	histogram_add(&b->metrics.batch_size, &metric_count, commands);
	write_reply(b, g);
	/* A heartbeat changes nothing worth a write, nor does who is writing. */
	if (changes || is_first || had_more || g->has_more)
		store_put_gateway(b->store, g);
	if (!broker_commit(b))
		return false;
	broker_publish(
		b, b->room->events); /* before the answer, which may name their numbers */
	bus_answer(call, (struct slice){g->reply, g->reply_len});
	if (goodbye || gateways_overfull(b->room->gateways) != NULL) {
		store_begin(b->store);
		if (goodbye)
			room_gateway_gone(b->room, g, t);
		room_bound_queues(b->room, t);
		if (!broker_commit(b))
			return true;
	}
	broker_flush(b);
	return true;
}

static void find_silent(void *ctx, struct gateway *g)
{
	struct gateway **silent = ctx;

	if (*silent == NULL || g->heard_ms < (*silent)->heard_ms)
		*silent = g;
}

/* Gateways that crashed again and again leave their numbers: the longest silent one goes.  Any
 * that lives beats twice a second; it would start over. */
static void make_room(struct broker *b)
{
	struct gateway *silent = NULL;

	if (gateways_count(b->room->gateways) < GATEWAYS_MAX)
		return;
	gateways_each(b->room->gateways, find_silent, &silent);
	if (daemon_now_ms() - silent->heard_ms < GATEWAY_MISSED_MS)
		return;
	store_begin(b->store);
	room_gateway_gone(b->room, silent, broker_time());
	(void)broker_commit(b); /* a full disk brings it back; then there is no room */
}

/* Numbers are no secret: logs, mailers and pokes tell them.  So a gateway's is a hash of its key, which
 * nobody but the broker is shown (SECURITY B6).  Those older than minor 2 have none. */
static bool has_key(const struct gateway *g, const struct bus_batch *head)
{
	if (head->key.len == 0)
		return g == NULL || !g->is_keyed;
	return secret_number(head->key) == head->gateway;
}

/* The gateway that sends this batch; NULL: it is not known, and cannot begin with this number. */
static struct gateway *gateway_for(struct broker *b, const struct bus_call *call,
				   const struct bus_batch *head)
{
	struct gateway *g = gateways_find(b->room->gateways, head->gateway);
	struct broker_complaint x;

	if (!has_key(g, head)) {
		x = broker_complain(&b->refused_batches, call);
		if (x.times > 0)
			log_warn("gateway_forged",
				 "gateway=%016" PRIx64 " peer=%s times=%" PRIu64,
				 head->gateway, x.peer, x.times);
		return NULL;
	}
	if (g == NULL && head->number == 1) {
		make_room(b);
		g = gateways_add(b->room->gateways, head->gateway, daemon_now_ms());
		if (g == NULL) {
			x = broker_complain(&b->refused_batches, call);
			if (x.times > 0)
				log_error("gateways_full",
					  "most=%d peer=%s times=%" PRIu64, GATEWAYS_MAX,
					  x.peer, x.times);
			return NULL;
		}
		g->is_keyed = head->key.len > 0;
		log_info("gateway_new", "gateway=%016" PRIx64, head->gateway);
		broker_beat(b); /* it waits for one */
	}
	return g;
}

/* False: it has to be tried again, because nothing of it was kept. */
static bool answer_batch(struct broker *b, struct bus_call *call, size_t n)
{
	const struct bus_batch *head = &b->batch[0].u.batch;
	struct gateway *g = gateway_for(b, call, head);

	if (g == NULL) {
		answer_start_over(b, call, head);
	} else if (head->number > g->number) {
		return apply_batch(b, g, call, n);
	} else if (head->number == g->number) {
		b->metrics.odd_batches[BATCH_AGAIN]++;
		log_info("batch_again", "gateway=%016" PRIx64 " batch=%" PRIu64, g->id,
			 g->number);
		bus_answer(call, (struct slice){g->reply, g->reply_len});
	} else if (g->number - head->number <= LATE_MAX) {
		b->metrics.odd_batches[BATCH_LATE]++;
		bus_answer(call, S("")); /* late: the gateway has its answer since */
	} else {
		answer_start_over(b, call, head); /* somebody else has used its id */
	}
	return true;
}

void broker_on_batch(void *ctx, struct bus_call *call, struct slice frame)
{
	struct broker *b = ctx;
	struct broker_complaint x;
	struct bus_reader *r;
	size_t n = 0;
	enum status st = bus_reader_new(frame, &r);

	if (st == ST_OK)
		st = read_batch(b, r, &n);
	if (st == ST_OK)
		b->batch_minor = bus_reader_minor(r);
	if (st != ST_OK) {
		b->metrics.odd_batches[BATCH_REFUSED]++;
		b->metrics.refused[ENDPOINT_COMMANDS]++;
		x = broker_complain(&b->refused_batches, call);
		if (x.times > 0)
			log_warn("batch_refused", "peer=%s times=%" PRIu64 " why=\"%s\"",
				 x.peer, x.times, status_text(st));
		bus_answer(call, S(""));
	} else if (!answer_batch(b, call, n) && !answer_batch(b, call, n)) {
		/* The disk is full since, and even a room that knows it could not take the batch. */
		bus_answer(call, S(""));
	}
	b->metrics.skipped += bus_reader_skipped(r);
	bus_reader_free(&r);
}
