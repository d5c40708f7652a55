/* A walk over all connections, and the kernel's word on what it could not deliver yet. */
#include "gateway/census.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include "common/memory.h"
#include "common/version.h"
#include "gateway/gateway.h"
#include "gateway/slowest.h"

void census_about(void *ctx, struct bus_about *out)
{
	struct gateway *g = ctx;

	gateway_metrics_look(g);
	*out = (struct bus_about){.version = S(PLUME_VERSION),
				  .uptime_ms = gateway_now(g) - g->started_ms,
				  .connections = g->metrics.connections,
				  .inside = g->metrics.inside,
				  .behind = g->metrics.behind,
				  .slowest = g->metrics.cursor_lag,
				  .draining = g->is_draining};
}

/* Written to the socket, and not acknowledged by the other machine. */
static uint64_t kernel_unsent(int fd)
{
	int bytes = 0;

	return ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? (uint64_t)bytes : 0;
}

static void look_at(struct gateway *g, struct connection *c)
{
	uint64_t next = frame_log_newest(fanout_log(g->fanout)) + 1;
	uint32_t now_s = (uint32_t)(gateway_now(g) / 1000);
	struct bus_client_state state = {
		.client = c->id,
		.open_ms = (now_s - c->opened_s) * UINT64_C(1000),
		.silent_ms = (now_s - c->heard_s) * UINT64_C(1000),
		.lag = next > c->next_seq ? next - c->next_seq : 0,
		.unsent = c->private_len + kernel_unsent(c->fd)};

	if (c->state == INSIDE)
		slowest_add(g->slowest, &state);
}

static void tell_clients(struct gateway *g, const struct bus_ask_clients *ask)
{
	struct bus_msg m = {.kind = BUS_CLIENT_STATE};

	g->slowest = xcalloc(1, sizeof *g->slowest);
	slowest_begin(g->slowest, (size_t)ask->most);
	connections_each(g->connections, look_at, g);
	for (size_t i = 0; i < g->slowest->n; i++) {
		m.u.client_state = g->slowest->clients[i];
		uplink_send(g->uplink, &m);
	}
	free(g->slowest);
	g->slowest = NULL;
	m = (struct bus_msg){.kind = BUS_CLIENTS_TOLD,
			     .u.clients_told = {.question = ask->question}};
	uplink_send(g->uplink, &m);
}

bool census_message(struct gateway *g, const struct bus_msg *m)
{
	if (m->kind == BUS_ASK_CLIENTS)
		tell_clients(g, &m->u.ask_clients);
	else if (m->kind == BUS_DRAIN && m->u.drain.gateway == uplink_id(g->uplink))
		g->on_asked_to_drain(g->asked_ctx);
	return m->kind == BUS_ASK_CLIENTS || m->kind == BUS_DRAIN;
}
