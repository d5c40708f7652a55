/* Numbers that the room has anyway are looked up when they are asked for. */
#include "broker/broker_metrics.h"

#include <stddef.h>

#include "broker/broker_private.h"
#include "common/attr.h"

static const char *const command_names[BROKER_COMMANDS] = {
	[BUS_HELLO] = "hello",   [BUS_AUTH] = "auth",         [BUS_RESUME] = "resume",
	[BUS_REJOIN] = "rejoin", [BUS_SAY] = "say",           [BUS_GONE] = "gone",
	[BUS_SYNC] = "sync",     [BUS_GOODBYE] = "goodbye",   [BUS_WHO] = "who",
	[BUS_TYPES] = "types",   [BUS_SIGN_OUT] = "sign_out",
};
static const char *const oddity_names[BATCH_ODDITIES] = {
	[BATCH_AGAIN] = "again",
	[BATCH_LATE] = "late",
	[BATCH_REFUSED] = "refused",
	[BATCH_START_OVER] = "start-over",
};
static const char *const report_names[MAIL_REPORT_STATES] = {
#define X(symbol, name) [MAIL_##symbol] = name,
	MAIL_STATES(X)
#undef X
};
static const char *const trail_names[TRAIL_KINDS] = {
#define TRAIL_KIND(symbol, number, name, text) [number] = name,
#include "common/trail_kinds.def"
#undef TRAIL_KIND
};
static const char *const refused_endpoints[ENDPOINT_COUNT] = {
	[ENDPOINT_COMMANDS] = "commands",
	[ENDPOINT_MAIL] = "mail",
	[ENDPOINT_CONTROL] = "control",
};
static const char *const endpoints[ENDPOINT_COUNT] = {
	[ENDPOINT_EVENTS] = "events",
	[ENDPOINT_COMMANDS] = "commands",
	[ENDPOINT_MAIL] = "mail",
	[ENDPOINT_CONTROL] = "control",
};
static const char *const ban_hit_names[BAN_KINDS] = {
#define X(symbol, number, name) [BAN_##symbol] = name,
	BAN_KINDS_LIST(X)
#undef X
};
static const char *const control_results[] = {"answered", "refused"};

#define METRIC_STRUCT struct broker_metrics
static const struct metric table[] = {
#define METRICS "broker/broker_metrics.def"
#include "common/metric_rows.inc"
};

struct gateways_seen {
	uint64_t newest, lag;
	size_t heard, silent;
};

static void look_at_gateway(void *ctx, struct gateway *g)
{
	struct gateways_seen *s = ctx;

	if (g->is_silent) {
		s->silent++; /* how far it was says nothing any more */
		return;
	}
	s->heard++;
	if (s->newest > g->newest && s->newest - g->newest > s->lag)
		s->lag = s->newest - g->newest;
}

void broker_metrics_write(struct broker *b, FILE *out)
{
	struct broker_metrics *m = &b->metrics;
	struct gateways_seen seen = {.newest = history_newest(b->room->history)};
	uint64_t wall = broker_time().wall_ms, oldest;

	gateways_each(b->room->gateways, look_at_gateway, &seen);
	m->writable = !b->room->is_full;
	m->posts = seen.newest;
	m->history = history_count(b->room->history);
	m->people = presence_count(b->room->presence);
	m->clients = presence_clients(b->room->presence);
	m->names = names_count(b->room->names);
	m->sessions = entrance_sessions(b->entrance);
	m->logins = entrance_logins(b->entrance);
	m->letters = entrance_letters(b->entrance);
	for (unsigned i = 0; i < TRAIL_KINDS; i++)
		m->trail[i] = entrance_happened(b->entrance, (enum trail_kind)i);
	oldest = entrance_oldest_letter_ms(b->entrance);
	m->oldest_letter_s = oldest != 0 && wall > oldest ? (wall - oldest) / 1000 : 0;
	m->bans = bans_count(b->room->bans);
	for (unsigned i = 0; i < BAN_KINDS; i++)
		m->ban_hits[i] = bans_hits(b->room->bans, (enum ban_kind)i);
	m->gateways = seen.heard;
	m->gateways_silent = seen.silent;
	m->overfull = b->room->overfull;
	m->gateway_lag = seen.lag;
	m->strangers[ENDPOINT_EVENTS] = bus_publisher_strangers(b->publisher);
	m->strangers[ENDPOINT_COMMANDS] = bus_replier_strangers(b->commands);
	m->strangers[ENDPOINT_MAIL] = bus_replier_strangers(b->mail);
	m->strangers[ENDPOINT_CONTROL] = bus_replier_strangers(b->control);
	metrics_write(table, NELEMS(table), m, out);
}
