/* What an operator sees of the room and its peers, and sends a gateway away by. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "broker/broker_private.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/version.h"

void broker_add_told(struct bus_writer *w, bool done, struct slice text)
{
	struct bus_msg m = {.kind = BUS_TOLD, .u.told = {.done = done, .text = text}};

	bus_writer_add(w, &m);
}

bool broker_is_answer_full(const struct bus_writer *w)
{
	return bus_writer_count(w) >= BUS_QUEUE_FRAME_MESSAGES ||
	       bus_writer_size(w) >= BUS_QUEUE_ANSWER_BYTES;
}

/* -- gateways -- */

void broker_hear_about(struct gateway *g, const struct bus_about *m)
{
	struct gateway_about *a = &g->about;

	if (!fmt(a->version, sizeof a->version, "%.*s", SLICE_ARGS(m->version)))
		a->version[0] = '\0'; /* cannot be: the bus takes no longer one */
	a->uptime_ms = m->uptime_ms;
	a->connections = m->connections;
	a->behind = m->behind;
	a->slowest = m->slowest;
	a->is_draining = m->draining;
}

static enum gateway_state state_of(const struct gateway *g, uint64_t now_ms)
{
	if (g->is_silent || now_ms - g->heard_ms >= GATEWAY_MISSED_MS)
		return GATEWAY_SILENT;
	return g->about.is_draining ? GATEWAY_DRAINING : GATEWAY_WELL;
}

void broker_add_gateway(struct broker *b, struct bus_writer *w, const struct gateway *g,
			bool told)
{
	uint64_t now_ms = broker_time().now_ms;
	uint64_t newest = history_newest(b->room->history);
	struct bus_msg m = {
		.kind = BUS_GATEWAY_STATUS,
		.u.gateway_status = {.gateway = g->id,
				     .clients = gateway_clients(g),
				     .lag = newest > g->newest ? newest - g->newest : 0,
				     .heard_ms = now_ms - g->heard_ms,
				     .version = slice_of(g->about.version),
				     .minor = g->minor,
				     .uptime_ms = g->about.uptime_ms,
				     .connections = g->about.connections,
				     .behind = g->about.behind,
				     .slowest = g->about.slowest,
				     .results = bus_queue_count(g->out),
				     .state = state_of(g, now_ms),
				     .told = told}};

	if (!broker_is_answer_full(w))
		bus_writer_add(w, &m);
}

/* -- status -- */

struct view {
	struct broker *b;
	struct bus_writer *w;
	uint64_t now_ms, results;
};

static void add_gateway(void *ctx, struct gateway *g)
{
	struct view *v = ctx;

	broker_add_gateway(v->b, v->w, g, false);
}

static void count_results(void *ctx, struct gateway *g)
{
	struct view *v = ctx;

	v->results += bus_queue_count(g->out);
}

static void add_mailer(void *ctx, const struct mailer_heard *mailer, size_t leased)
{
	struct view *v = ctx;
	struct bus_msg m = {.kind = BUS_MAILER_STATUS,
			    .u.mailer_status = {.mailer = mailer->id,
						.version = slice_of(mailer->version),
						.heard_ms = v->now_ms - mailer->heard_ms,
						.leased = leased,
						.in_hand = mailer->in_hand,
						.degraded = mailer->is_degraded}};

	if (!broker_is_answer_full(v->w))
		bus_writer_add(v->w, &m);
}

static uint64_t file_bytes(const char *path, const char *suffix)
{
	char *name = xasprintf("%s%s", path, suffix);
	struct stat about;
	uint64_t bytes = stat(name, &about) == 0 ? (uint64_t)about.st_size : 0;

	free(name);
	return bytes;
}

static void fill_state(const struct broker *b, struct bus_status *out)
{
	const struct histogram *h = &b->metrics.commit;

	for (size_t i = 0; i <= METRIC_BUCKETS_MAX; i++)
		out->commits += h->counts[i];
	out->commit_us = out->commits > 0 ? h->sum / out->commits : 0;
	out->failures = b->metrics.commit_failures;
	out->kept = b->room->is_full   ? STATE_FULL
		    : b->store == NULL ? STATE_FORGETS
				       : STATE_KEPT;
	if (b->store != NULL)
		out->state_bytes = file_bytes(b->options->state, "") +
				   file_bytes(b->options->state, "-wal");
}

void broker_add_status(struct broker *b, struct bus_writer *w)
{
	struct room_time t = broker_time();
	struct view v = {b, w, t.now_ms, 0};
	uint64_t oldest = entrance_oldest_letter_ms(b->entrance);
	struct bus_msg m = {.kind = BUS_STATUS,
			    .u.status = {.version = S(PLUME_VERSION),
					 .uptime_ms = t.now_ms - b->started_ms,
					 .epoch = b->room->epoch,
					 .newest = history_newest(b->room->history),
					 .posts = history_count(b->room->history),
					 .people = presence_count(b->room->presence),
					 .clients = presence_clients(b->room->presence),
					 .names = names_count(b->room->names),
					 .sessions = entrance_sessions(b->entrance),
					 .logins = entrance_logins(b->entrance),
					 .letters = entrance_letters(b->entrance),
					 .minor = BUS_MINOR}};

	gateways_each(b->room->gateways, count_results, &v);
	m.u.status.results = v.results;
	m.u.status.held = broker_held(b);
	if (oldest != 0)
		m.u.status.oldest_letter_ms = t.wall_ms > oldest ? t.wall_ms - oldest : 1;
	fill_state(b, &m.u.status);
	bus_writer_add(w, &m);
	gateways_each(b->room->gateways, add_gateway, &v);
	entrance_each_mailer(b->entrance, t, add_mailer, &v);
}

/* -- drain -- */

struct search {
	struct slice digits;
	struct gateway *found;
	size_t n;
};

static void match(void *ctx, struct gateway *g)
{
	struct search *s = ctx;
	char id[17];

	if (!fmt(id, sizeof id, "%016" PRIx64, g->id) || s->digits.len > strlen(id) ||
	    strncasecmp(id, s->digits.ptr, s->digits.len) != 0)
		return;
	s->found = g;
	s->n++;
}

/* NULL: it can be told. */
static const char *why_not(const struct search *s)
{
	const struct gateway *g = s->found;

	if (s->digits.len == 0 || s->n == 0)
		return "no gateway has a number that begins so; see plumectl status";
	if (s->n > 1)
		return "more than one gateway's number begins so: give more digits";
	if (state_of(g, broker_time().now_ms) == GATEWAY_SILENT)
		return "this gateway is not heard at the moment";
	if (g->about.version[0] == '\0')
		return "this gateway is of an older version and cannot be told: stop it where it runs";
	return g->about.is_draining ? "this gateway drains already" : NULL;
}

bool broker_drain(struct broker *b, struct bus_writer *w, struct slice digits)
{
	struct search s = {.digits = digits};
	struct bus_msg m = {.kind = BUS_DRAIN};
	char what[64];
	const char *why;

	gateways_each(b->room->gateways, match, &s);
	why = why_not(&s);
	if (why != NULL) {
		broker_add_told(w, false, slice_of(why));
		return true;
	}
	if (!fmt(what, sizeof what, "told gateway %016" PRIx64 " to drain", s.found->id))
		what[0] = '\0';
	m.u.drain.gateway = s.found->id;
	store_begin(b->store);
	gateway_tell(s.found, &m);
	entrance_operator_acted(b->entrance, slice_of(what), broker_time());
	if (!broker_commit(b))
		return false;
	log_info("operator", "act=drain gateway=%016" PRIx64, s.found->id);
	broker_add_told(w, true,
			S("told to drain: its browsers are moved, and then it ends"));
	return true;
}
