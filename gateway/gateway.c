/* Wires the parts: what the broker answers goes to the fan-out or to a connection, and each
 * loop turn ends with at most one batch to the broker and one flush to the browsers. */
#include "gateway/gateway.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/memory.h"
#include "gateway/census.h"
#include "gateway/conversation.h"
#include "gateway/door.h"
#include "gateway/listener.h"

enum {
	TICK_MS = 1000,
	BUSY_MS = 1000, /* for which the broker's word that the room is busy counts */
};

uint64_t gateway_now(const struct gateway *g)
{
	return uv_now(g->loop);
}

void gateway_ask(struct gateway *g, struct connection *c, const struct bus_msg *m)
{
	c->is_known = true;
	uplink_send(g->uplink, m);
}

bool gateway_is_busy(const struct gateway *g)
{
	return uplink_is_full(g->uplink) || fanout_is_behind(g->fanout) ||
	       gateway_now(g) < g->busy_until_ms;
}

/* -- answers of the broker -- */

static bool on_behind(void *ctx)
{
	struct gateway *g = ctx;

	return fanout_is_behind(g->fanout);
}

static uint64_t on_newest(void *ctx)
{
	struct gateway *g = ctx;

	return frame_log_newest(fanout_log(g->fanout));
}

/* Whom the broker knew: it does not any more. */
static void restart_known(struct gateway *g, struct connection *c)
{
	if (!c->is_known)
		return;
	c->is_known = false;
	connection_close(g, c, CLOSE_RESTARTED);
}

/* Whose position is a number of the old epoch. */
static void restart_inside(struct gateway *g, struct connection *c)
{
	if (c->state == INSIDE)
		connection_close(g, c, CLOSE_RESTARTED);
}

static void on_results(void *ctx, const struct bus_results *m)
{
	struct gateway *g = ctx;
	bool is_new = m->epoch != g->epoch;

	if (is_new && g->epoch != 0) {
		log_warn("new_epoch", "epoch=%016" PRIx64, m->epoch);
		connections_each(g->connections, restart_inside, g);
	}
	g->epoch = m->epoch;
	g->catching_up = NULL;
	g->busy_until_ms = m->busy != 0 ? gateway_now(g) + BUSY_MS : 0;
	fanout_on_results(g->fanout, m, is_new);
}

static void on_synced(struct gateway *g, const struct bus_synced *m)
{
	g->catching_up = NULL;
	if (m->client == 0) {
		fanout_on_synced(g->fanout, m);
		return;
	}
	g->catching_up = connections_find(g->connections, m->client);
	if (g->catching_up == NULL)
		return;
	g->catching_up->is_catching_up = false;
	if (g->catching_up->next_seq <= m->after) /* history no longer has them */
		g->catching_up->next_seq = m->after + 1;
	if (g->catching_up->state == INSIDE)
		server_want_write(
			g->catching_up->wsi); /* for these posts, or to ask again */
}

/* A post of an answer: for one connection that returns, or for the log. */
static void on_post(struct gateway *g, const struct bus_post *m, bool for_one)
{
	struct connection *c = g->catching_up;

	if (!for_one) {
		fanout_on_post(g->fanout, m);
	} else if (c != NULL && c->state == INSIDE && m->seq == c->next_seq) {
		browser_out_clear(&g->out);
		browser_write_post(&g->out, m);
		connection_tell(g, c, browser_out_slice(&g->out));
		c->next_seq++;
	}
}

static void on_message(void *ctx, const struct bus_msg *m)
{
	struct gateway *g = ctx;

	if (m->kind == BUS_SYNCED) {
		g->is_sync_for_one = m->u.synced.client != 0;
		on_synced(g, &m->u.synced);
		return;
	}
	if (m->kind == BUS_POST) {
		on_post(g, &m->u.post, g->is_sync_for_one);
		return;
	}
	if (!census_message(g, m))
		conversation_result(g, m);
}

static void on_done(void *ctx)
{
	struct gateway *g = ctx;

	g->catching_up = NULL;
	fanout_on_done(g->fanout);
}

/* Browsers are served once the gateway hears and has what the broker has. */
static void watch_ready(struct gateway *g)
{
	if (g->is_ready || g->is_draining || g->epoch == 0 || !fanout_hears(g->fanout) ||
	    !fanout_is_whole(g->fanout))
		return;
	g->is_ready = true;
	listener_start(g->listener);
	log_info("ready", "listen=%s gateway=%016" PRIx64 " epoch=%016" PRIx64,
		 listener_address(g->listener), uplink_id(g->uplink), g->epoch);
}

static void on_start_over(void *ctx)
{
	struct gateway *g = ctx;

	g->metrics.start_overs++;
	fanout_forget_sync(g->fanout);
	g->here.left = 0;
	connections_each(g->connections, restart_known, g);
}

static void tell_back(struct gateway *g, struct connection *c)
{
	conversation_notice(g, c, "bus-back", "The room is back.", 0);
}

static void on_round_trip(void *ctx, uint64_t us, size_t commands, size_t skipped)
{
	struct gateway *g = ctx;

	histogram_add(&g->metrics.round_trip, &metric_us, us);
	histogram_add(&g->metrics.batch_size, &metric_count, commands);
	g->metrics.skipped += skipped;
}

static void on_deaf(void *ctx, bool is_deaf)
{
	struct gateway *g = ctx;

	connections_each(g->connections, is_deaf ? conversation_notice_lost : tell_back,
			 g);
}

/* -- time goes by -- */

static void tick_connection(struct gateway *g, struct connection *c)
{
	connection_tick(g, c, (uint32_t)(gateway_now(g) / 1000));
}

static void on_tick(uv_timer_t *timer)
{
	struct gateway *g = timer->data;

	connections_each(g->connections, tick_connection, g);
	door_tick(g->door);
}

static void mention_typing(struct gateway *g, struct connection *c)
{
	connection_mention(g, c, g->typing_frames);
}

/* Looked at in each turn, of which the uplink's watch makes ten a second at least.  Not while posts
 * wait for their flush: nobody has them all then. */
static void tell_typing(struct gateway *g)
{
	uint64_t before = uv_hrtime();

	if (!fanout_is_flushed(g->fanout))
		return;
	g->typing_frames = typing_round(g->typing, gateway_now(g));
	if (g->typing_frames.len == 0)
		return;
	connections_each(g->connections, mention_typing, g);
	typing_took(g->typing, (uv_hrtime() - before) / 1000000);
}

static void on_turn(uv_check_t *check)
{
	struct gateway *g = check->data;

	watch_ready(g);
	uplink_turn(g->uplink); /* the broker works while the browsers are written to */
	fanout_turn(g->fanout);
	tell_typing(g);
}

/* -- start and end -- */

static void on_accept(void *ctx, int fd)
{
	struct gateway *g = ctx;

	door_take(g->door, fd);
}

enum status gateway_new(uv_loop_t *loop, const struct gateway_options *options,
			struct gateway **out)
{
	struct gateway *g = xcalloc(1, sizeof *g);
	struct uplink_events events = {.ctx = g,
				       .on_results = on_results,
				       .on_message = on_message,
				       .on_done = on_done,
				       .on_start_over = on_start_over,
				       .on_deaf = on_deaf,
				       .on_round_trip = on_round_trip,
				       .newest = on_newest,
				       .is_behind = on_behind,
				       .about = census_about};
	enum status st;

	*out = NULL;
	g->loop = loop;
	g->options = options;
	g->started_ms = uv_now(loop);
	g->connections = connections_new();
	g->admission = admission_new();
	g->door = door_new(g);
	g->typing = typing_new();
	st = listener_new(loop, options, on_accept, g, &g->listener);
	if (st == ST_OK)
		st = assets_load(options->static_dir, &g->assets);
	if (st == ST_OK)
		st = server_new(loop, g, &g->server);
	if (st == ST_OK)
		st = fanout_new(loop, g, &options->events, options->flush_interval_ms,
				&g->fanout);
	if (st == ST_OK)
		st = uplink_new(loop, &options->commands, options->flush_interval_ms,
				&events, &g->uplink);
	if (st != ST_OK)
		return st; /* the process ends, and all of it with the process */
	uv_timer_init(loop, &g->tick);
	g->tick.data = g;
	uv_timer_start(&g->tick, on_tick, TICK_MS, TICK_MS);
	uv_check_init(loop, &g->turn);
	g->turn.data = g;
	uv_check_start(&g->turn, on_turn);
	*out = g;
	return ST_OK;
}

void gateway_on_asked_to_drain(struct gateway *g, void (*on_asked)(void *ctx), void *ctx)
{
	g->on_asked_to_drain = on_asked;
	g->asked_ctx = ctx;
}
