/* Two levels of tables: gateways by id, and each one's clients by number. */
#include "broker/gateways.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/memory.h"

struct client_record {
	struct client client; /* first, so that the two convert */
	UT_hash_handle hh;
};

struct record {
	struct gateway gateway; /* first, so that the two convert */
	struct gateways *all;
	struct client_record *clients;
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
	HASH_ADD(hh, g->records, gateway.id, sizeof r->gateway.id, r);
	return &r->gateway;
}

static void forget(struct gateways *g, struct record *r)
{
	HASH_DEL(g->records, r);
	bus_queue_free(&r->gateway.out);
	free(r->gateway.reply);
	free(r);
}

void gateways_remove(struct gateways *g, struct gateway *gateway)
{
	assert(record_of(gateway)->clients == NULL);
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
	struct client_record *c;

	HASH_FIND(hh, record_of(gateway)->clients, &number, sizeof number, c);
	return c != NULL ? &c->client : NULL;
}

struct client *gateway_add_client(struct gateway *gateway, const struct client *client)
{
	struct client_record *c = xcalloc(1, sizeof *c);

	c->client = *client;
	HASH_ADD(hh, record_of(gateway)->clients, client.number, sizeof c->client.number,
		 c);
	record_of(gateway)->all->clients++;
	return &c->client;
}

void gateway_remove_client(struct gateway *gateway, struct client *client)
{
	struct client_record *c = (struct client_record *)client;

	HASH_DEL(record_of(gateway)->clients, c);
	record_of(gateway)->all->clients--;
	free(c);
}

size_t gateway_clients(const struct gateway *gateway)
{
	return HASH_COUNT(record_of(gateway)->clients);
}

void gateway_each_client(struct gateway *gateway, client_fn *each, void *ctx)
{
	struct client_record *c, *next;

	HASH_ITER (hh, record_of(gateway)->clients, c, next)
		each(ctx, gateway, &c->client);
}

static void drop_client(void *ctx, struct gateway *gateway, struct client *client)
{
	(void)ctx;
	gateway_remove_client(gateway, client);
}

void gateways_free(struct gateways **g)
{
	struct record *r, *next;

	if (g == NULL || *g == NULL)
		return;
	HASH_ITER (hh, (*g)->records, r, next) {
		gateway_each_client(&r->gateway, drop_client, NULL);
		forget(*g, r);
	}
	free(*g);
	*g = NULL;
}
