/* A gateway's drain: nobody new, everybody moved, the broker told, the end. */
#include "gateway/conversation.h"
#include "gateway/gateway.h"
#include "gateway/listener.h"

enum {
	WATCH_MS = 20,
	MS_EACH = 10,    /* at least a hundred browsers a second are moved */
	CLOSE_MS = 4000, /* for the last close frames; then the rest is left to TCP */
	RETRY_MS = 200,  /* a browser that is moved waits up to this long */
};

static void move_connection(struct gateway *g, struct connection *c)
{
	if (g->drain_due == 0 || c->state == CLOSING)
		return;
	g->drain_due--;
	conversation_notice(g, c, "moving", "This server restarts; you are being moved.",
			    RETRY_MS);
	connection_close(g, c, CLOSE_DRAINING);
}

/* Who was told already, and has not answered yet, is nobody who is left. */
static void count_open(struct gateway *g, struct connection *c)
{
	g->drain_due += c->state != CLOSING;
}

/* As many of all as of the window has gone by; few are not kept waiting for the sake of a
 * window that was made for many. */
static void move_some(struct gateway *g, uint64_t elapsed_ms)
{
	uint64_t window = MS_EACH * g->drain_total;
	size_t keep = 0;

	if (window > g->options->drain_ms)
		window = g->options->drain_ms;
	if (elapsed_ms < window)
		keep = (size_t)(g->drain_total * (window - elapsed_ms) / window);
	g->drain_due = 0;
	connections_each(g->connections, count_open, g);
	g->drain_due -= g->drain_due < keep ? g->drain_due : keep;
	connections_each(g->connections, move_connection, g);
}

static void on_drain_watch(uv_timer_t *timer)
{
	struct gateway *g = timer->data;
	uint64_t elapsed = gateway_now(g) - g->drain_began_ms;
	bool is_late = elapsed >= g->options->drain_ms + CLOSE_MS;
	struct bus_msg goodbye = {
		.kind = BUS_GOODBYE,
		.u.goodbye = {.clients = connections_count(g->connections)}};

	move_some(g, elapsed);
	if (connections_count(g->connections) > 0 && !is_late)
		return;
	if (!g->said_goodbye && !uplink_is_deaf(g->uplink) && g->epoch != 0) {
		g->said_goodbye = true;
		uplink_send(g->uplink, &goodbye);
		return;
	}
	if (uplink_is_idle(g->uplink) || uplink_is_deaf(g->uplink) || g->epoch == 0 ||
	    is_late) {
		uv_timer_stop(timer);
		g->on_drained(g->ctx);
	}
}

void gateway_drain(struct gateway *g, void (*on_drained)(void *ctx), void *ctx)
{
	g->is_draining = true;
	g->on_drained = on_drained;
	g->ctx = ctx;
	g->drain_began_ms = gateway_now(g);
	g->drain_total = connections_count(g->connections);
	listener_stop(g->listener);
	uv_timer_init(g->loop, &g->drain_watch);
	g->drain_watch.data = g;
	uv_timer_start(&g->drain_watch, on_drain_watch, 0, WATCH_MS);
}
