/* Gateways come, fall silent, are heard again and go, and their clients with them. */
#include <inttypes.h>

#include "broker/room_private.h"
#include "common/log.h"

struct leaving {
	struct room *r;
	struct room_time t;
};

static void client_back(void *ctx, struct gateway *g, struct client *client)
{
	struct leaving *l = ctx;

	if (names_by_id(l->r->names, client->person) == NULL) {
		/* The name was released while the gateway was silent. */
		store_drop_client(l->r->store, g->id, client->number);
		gateway_remove_client(g, client);
		return;
	}
	room_enter(l->r, client->person, l->t);
}

static void client_away(void *ctx, struct gateway *g, struct client *client)
{
	struct leaving *l = ctx;

	(void)g;
	presence_detach(l->r->presence, client->person, l->t.now_ms);
}

static void client_dropped(void *ctx, struct gateway *g, struct client *client)
{
	struct leaving *l = ctx;

	room_detach(l->r, g, client, l->t);
}

void room_gateway_heard(struct room *r, struct gateway *g, struct room_time t)
{
	struct leaving l = {r, t};

	g->heard_ms = t.now_ms;
	if (!g->is_silent)
		return;
	g->is_silent = false;
	store_put_silence(r->store, g->id, 0);
	log_info("gateway_back", "gateway=%016" PRIx64 " clients=%zu", g->id,
		 gateway_clients(g));
	gateway_each_client(g, client_back, &l);
}

void room_gateway_gone(struct room *r, struct gateway *g, struct room_time t)
{
	struct leaving l = {r, t};

	log_info("gateway_gone", "gateway=%016" PRIx64 " clients=%zu", g->id,
		 gateway_clients(g));
	gateway_each_client(g, client_dropped, &l);
	store_drop_gateway(r->store, g->id);
	gateways_remove(r->gateways, g);
}

static void watch_gateway(void *ctx, struct gateway *g)
{
	struct leaving *l = ctx;
	uint64_t silence = l->t.now_ms - g->heard_ms;

	if (!g->is_silent && silence >= l->r->options.gateway_timeout_ms) {
		log_warn("gateway_silent", "gateway=%016" PRIx64 " clients=%zu", g->id,
			 gateway_clients(g));
		gateway_each_client(g, client_away, l);
		g->is_silent = true;
		g->silent_ms = l->t.wall_ms;
		store_put_silence(l->r->store, g->id, g->silent_ms);
	}
	if (g->is_silent && l->t.wall_ms >= g->silent_ms + GATEWAY_FORGET_MS)
		room_gateway_gone(l->r, g, l->t);
}

void room_watch_gateways(struct room *r, struct room_time t)
{
	struct leaving l = {r, t};

	gateways_each(r->gateways, watch_gateway, &l);
}

void room_bound_queues(struct room *r, struct room_time t)
{
	struct gateway *g;

	while ((g = gateways_overfull(r->gateways)) != NULL) {
		log_warn("gateway_dropped",
			 "gateway=%016" PRIx64 " bytes=%zu why=\"it takes no answers\"",
			 g->id, bus_queue_bytes(g->out));
		r->overfull++;
		room_gateway_gone(r, g, t);
	}
}

struct pause {
	uint64_t ms, now_ms;
};

static void forgive(void *ctx, struct gateway *g)
{
	const struct pause *pause = ctx;
	uint64_t heard = g->heard_ms + pause->ms;

	g->heard_ms = heard < pause->now_ms ? heard : pause->now_ms;
}

void room_paused(struct room *r, uint64_t ms, struct room_time t)
{
	struct pause pause = {ms, t.now_ms};

	gateways_each(r->gateways, forgive, &pause);
	presence_paused(r->presence, ms, t.now_ms);
}
