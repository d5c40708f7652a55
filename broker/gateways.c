/* Gateways by id, of which there are few; and each one's clients by number, of which there are many. */
#include "broker/gateways.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/memory.h"
#include "common/pool.h"
#include "common/table.h"

struct record {
	struct gateway gateway; /* first, so that the two convert */
	struct gateways *all;
	struct pool *clients; /* struct client */
	struct table *by_number;
	UT_hash_handle hh;
};

struct gateways {
	struct record *records;
	size_t clients;
};

static struct record *record_of(const struct gateway *gateway)
{
	return (struct record *)gateway;
}

static uint64_t hash_of(const void *clients, uint32_t place)
{
	const struct client *c = pool_at(clients, place);

	return secret_scatter(&c->number, sizeof c->number);
}

static bool is_number(const void *clients, uint32_t place, void *number)
{
	const struct client *c = pool_at(clients, place);

	return c->number == *(uint64_t *)number;
}

/* The client's place in the pool; 0: there is none. */
static uint32_t place_of(const struct record *r, uint64_t number)
{
	return table_find(r->by_number, secret_scatter(&number, sizeof number), is_number,
			  &number);
}

struct gateways *gateways_new(void)
{
	return xcalloc(1, sizeof(struct gateways));
}

struct gateway *gateways_find(const struct gateways *g, uint64_t id)
{
	struct record *r;

	HASH_FIND(hh, g->records, &id, sizeof id, r);
	return r != NULL ? &r->gateway : NULL;
}

struct gateway *gateways_add(struct gateways *g, uint64_t id, uint64_t now_ms)
{
	struct record *r;

	if (HASH_COUNT(g->records) >= GATEWAYS_MAX)
		return NULL;
	r = xcalloc(1, sizeof *r);
	r->all = g;
	r->gateway.id = id;
	r->gateway.heard_ms = now_ms;
	r->gateway.out = bus_queue_new();
	r->clients = pool_new(sizeof(struct client));
	r->by_number = table_new(r->clients, hash_of);
	HASH_ADD(hh, g->records, gateway.id, sizeof r->gateway.id, r);
	return &r->gateway;
}

static void forget(struct gateways *g, struct record *r)
{
	HASH_DEL(g->records, r);
	bus_queue_free(&r->gateway.out);
	table_free(&r->by_number);
	pool_free(&r->clients);
	free(r->gateway.reply);
	free(r);
}

void gateways_remove(struct gateways *g, struct gateway *gateway)
{
	assert(gateway_clients(gateway) == 0);
	forget(g, record_of(gateway));
}

size_t gateways_count(const struct gateways *g)
{
	return HASH_COUNT(g->records);
}

size_t gateways_clients(const struct gateways *g)
{
	return g->clients;
}

struct gateway *gateways_overfull(const struct gateways *g)
{
	struct gateway *longest = NULL;
	size_t bytes = 0, most = 0;

	for (struct record *r = g->records; r != NULL; r = r->hh.next) {
		size_t own = bus_queue_bytes(r->gateway.out);

		bytes += own;
		if (own <= most)
			continue;
		most = own;
		longest = &r->gateway;
	}
	return bytes > GATEWAYS_OUT_MAX || most > GATEWAY_OUT_MAX ? longest : NULL;
}

void gateways_each(struct gateways *g, gateway_fn *each, void *ctx)
{
	struct record *r, *next;

	HASH_ITER (hh, g->records, r, next)
		each(ctx, &r->gateway);
}

void gateway_tell(struct gateway *gateway, const struct bus_msg *m)
{
	bus_queue_add(gateway->out, m);
}

void gateway_keep_reply(struct gateway *gateway, struct slice reply)
{
	gateway->reply = xrealloc(gateway->reply, reply.len);
	memcpy(gateway->reply, reply.ptr, reply.len);
	gateway->reply_len = reply.len;
}

struct client *gateway_client(const struct gateway *gateway, uint64_t number)
{
	const struct record *r = record_of(gateway);
	uint32_t place = place_of(r, number);

	return place != TABLE_NONE ? pool_at(r->clients, place) : NULL;
}

struct client *gateway_add_client(struct gateway *gateway, const struct client *client)
{
	struct record *r = record_of(gateway);
	uint32_t place = pool_add(r->clients);
	struct client *c = pool_at(r->clients, place);

	*c = *client;
	table_add(r->by_number, place);
	r->all->clients++;
	return c;
}

void gateway_remove_client(struct gateway *gateway, struct client *client)
{
	struct record *r = record_of(gateway);
	uint32_t place = place_of(r, client->number);

	table_remove(r->by_number, place);
	pool_remove(r->clients, place);
	r->all->clients--;
}

size_t gateway_clients(const struct gateway *gateway)
{
	return pool_count(record_of(gateway)->clients);
}

void gateway_each_client(struct gateway *gateway, client_fn *each, void *ctx)
{
	struct pool *clients = record_of(gateway)->clients;
	uint32_t next;

	for (uint32_t i = pool_first(clients); i != POOL_NONE; i = next) {
		next = pool_next(clients, i);
		each(ctx, gateway, pool_at(clients, i));
	}
}

void gateways_free(struct gateways **g)
{
	struct record *r, *next;

	if (g == NULL || *g == NULL)
		return;
	HASH_ITER (hh, (*g)->records, r, next)
		forget(*g, r);
	free(*g);
	*g = NULL;
}
