/* Numbers that the gateway has anyway are looked up when they are asked for; so is its health. */
#include "gateway/gateway_metrics.h"

#include <stddef.h>

#include "common/attr.h"
#include "gateway/door.h"
#include "gateway/gateway.h"

static const char *const close_reason_names[CLOSE_REASONS] = {
#define CLOSE(symbol, code, name, text) [CLOSE_##symbol] = name,
#include "gateway/close_reasons.def"
#undef CLOSE
};
static const char *const refusal_names[GATEWAY_REASONS] = {
#define REASON(symbol, number, name, text) [number] = name,
#include "common/reasons.def"
#undef REASON
};
static const char *const login_outcomes[GATEWAY_REASONS] = {
#define REASON(symbol, number, name, text) [number] = number == 0 ? "admitted" : name,
#include "common/reasons.def"
#undef REASON
};
static const char *const refused_endpoints[GATEWAY_ENDPOINTS] = {
	[ENDPOINT_EVENTS] = "events",
	[ENDPOINT_COMMANDS] = "commands",
};
static const char *const turned_away_names[TURNED_REASONS] = {
	"network", "unauthenticated", "slow", "bad-request", "origin"};
static const char *const resume_results[] = {"taken", "over"};

#define METRIC_STRUCT struct gateway_metrics
static const struct metric table[] = {
#define METRICS "gateway/gateway_metrics.def"
#include "common/metric_rows.inc"
};

const char *turned_away_name(enum turned_away why)
{
	return turned_away_names[why];
}

static void count(uint64_t counters[GATEWAY_REASONS], uint64_t reason)
{
	if (reason < GATEWAY_REASONS)
		counters[reason]++;
}

void gateway_metrics_refusal(struct gateway_metrics *m, uint64_t reason)
{
	count(m->refusals, reason);
}

void gateway_metrics_result(struct gateway_metrics *m, const struct bus_msg *result)
{
	switch (result->kind) {
	case BUS_ADMITTED:
		if (result->u.admitted.resumed)
			m->resumes[RESUME_TAKEN]++;
		else
			count(m->logins, REASON_NONE);
		break;
	case BUS_AUTH_RESET:
		if (result->u.auth_reset.reason == REASON_SESSION_OVER)
			m->resumes[RESUME_OVER]++;
		else
			count(m->logins, result->u.auth_reset.reason);
		break;
	case BUS_MAY_NOT_ENTER:
		count(m->logins, result->u.may_not_enter.reason);
		break;
	default: /* refusals are counted where they are told, ours among them */
		break;
	}
}

static void look_at(struct gateway *g, struct connection *c)
{
	struct gateway_metrics *m = &g->metrics;
	uint64_t newest = frame_log_newest(fanout_log(g->fanout));

	if (c->state != INSIDE)
		return;
	m->inside++;
	if (c->next_seq > newest)
		return;
	m->behind++;
	if (newest + 1 - c->next_seq > m->cursor_lag)
		m->cursor_lag = newest + 1 - c->next_seq;
}

void gateway_metrics_look(struct gateway *g)
{
	struct gateway_metrics *m = &g->metrics;

	m->connections = connections_count(g->connections);
	m->inside = m->behind = m->cursor_lag = 0;
	connections_each(g->connections, look_at, g);
	m->callers = door_count(g->door);
	m->unauthenticated = admission_unknown(g->admission);
	m->networks = admission_networks(g->admission);
}

void gateway_metrics_write(struct gateway *g, FILE *out)
{
	struct gateway_metrics *m = &g->metrics;

	gateway_metrics_look(g);
	m->dropped = fanout_dropped(g->fanout);
	m->backlog = g->backlog.bytes;
	m->waiting = uplink_waiting(g->uplink);
	m->refused[ENDPOINT_EVENTS] = fanout_refusals(g->fanout);
	m->refused[ENDPOINT_COMMANDS] = uplink_refusals(g->uplink);
	m->is_behind = fanout_is_behind(g->fanout);
	m->bus_deaf = uplink_is_deaf(g->uplink);
	metrics_write(table, NELEMS(table), m, out);
}

bool gateway_is_ready(const struct gateway *g, const char **why)
{
	*why = g->is_draining              ? "draining"
	       : !g->is_ready              ? "waits for the broker"
	       : uplink_is_deaf(g->uplink) ? "the broker does not answer"
					   : "no events are heard";
	return g->is_ready && !g->is_draining && !uplink_is_deaf(g->uplink) &&
	       fanout_silence_ms(g->fanout) < UPLINK_DEAF_MS;
}
