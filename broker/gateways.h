/* gateways.h - the gateways the broker knows, their clients, and what waits to be told to them.
 *
 * A gateway is known from its first batch until it says goodbye or has been silent for GATEWAY_FORGET_MS,
 * or, when there are GATEWAYS_MAX, until it is the longest silent one and another one begins.  Its
 * batches are numbered; the answer to the latest is kept, because it may be asked for again.
 * What a gateway is to be told waits in its queue and leaves with its next answer.
 * Bounds: GATEWAYS_MAX gateways; a queue over GATEWAY_OUT_MAX bytes makes the gateway start over, and
 * queues over GATEWAYS_OUT_MAX together the one with the longest (room_bound_queues()).  Clients are counted
 * here, and bounded by who lets them in (entrance_admit()). */
#ifndef BROKER_GATEWAYS_H
#define BROKER_GATEWAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bus_msg.h"
#include "common/bus_queue.h"
#include "common/secret.h"

enum {
	GATEWAYS_MAX = 256,
	GATEWAY_OUT_MAX = 32 << 20,
	GATEWAYS_OUT_MAX = 64 << 20,
	GATEWAY_MISSED_MS = 1500,       /* three heartbeats */
	GATEWAY_FORGET_MS = 120 * 1000, /* after it became silent */
};

struct client {
	uint64_t number; /* within its gateway */
	uint64_t person;
	struct secret_hash session;
	uint64_t
		used_ms; /* when a use of the session was last noted; 0: not since the start */
};

/* What a gateway says of itself, about once a second; nothing depends on it. */
struct gateway_about {
	char version[33]; /* empty: it did not tell, or not yet */
	uint64_t uptime_ms, connections, behind, slowest;
	bool is_draining;
};

struct gateway {
	uint64_t id;
	uint64_t number; /* of its latest batch */
	char *reply;     /* the answer to that batch */
	size_t reply_len;
	uint64_t newest;    /* seq it had when it last spoke */
	uint64_t heard_ms;  /* monotonic */
	bool is_silent;     /* its clients count as gone until it is heard again */
	uint64_t silent_ms; /* since when, wall clock */
	bool is_poked;      /* it was told that something waits */
	bool has_more;      /* more waited than the kept answer carries */
	bool is_keyed;      /* it has shown the key of its number */
	unsigned minor;     /* of the bus, as it speaks it */
	struct gateway_about about;
	uint64_t asked,
		told; /* numbers of the question for its clients that it was asked, and answered */
	size_t may_tell; /* so many clients */
	struct bus_queue *out;
};

struct gateways;

struct gateways *gateways_new(void);
void gateways_free(struct gateways **g);
/* Borrowed; NULL: not known. */
struct gateway *gateways_find(const struct gateways *g, uint64_t id);
/* NULL: GATEWAYS_MAX are known. */
struct gateway *gateways_add(struct gateways *g, uint64_t id, uint64_t now_ms);
/* Forgets it; its clients must have been taken off. */
void gateways_remove(struct gateways *g, struct gateway *gateway);
size_t gateways_count(const struct gateways *g);
/* The clients of all of them, silent ones among them. */
size_t gateways_clients(const struct gateways *g);
/* One whose queue has passed GATEWAY_OUT_MAX, or the longest one when all together have passed
 * GATEWAYS_OUT_MAX; NULL: none. */
struct gateway *gateways_overfull(const struct gateways *g);
typedef void gateway_fn(void *ctx, struct gateway *gateway);
/* each() may remove the gateway it was given. */
void gateways_each(struct gateways *g, gateway_fn *each, void *ctx);

/* Puts m into the gateway's queue. */
void gateway_tell(struct gateway *gateway, const struct bus_msg *m);
/* Keeps the answer to its latest batch.  Copies. */
void gateway_keep_reply(struct gateway *gateway, struct slice reply);

/* NULL: this connection is not a client. */
struct client *gateway_client(const struct gateway *gateway, uint64_t number);
struct client *gateway_add_client(struct gateway *gateway, const struct client *client);
void gateway_remove_client(struct gateway *gateway, struct client *client);
size_t gateway_clients(const struct gateway *gateway);
/* each() may remove the client it was given. */
typedef void client_fn(void *ctx, struct gateway *gateway, struct client *client);
void gateway_each_client(struct gateway *gateway, client_fn *each, void *ctx);

#endif
