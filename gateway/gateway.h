/* gateway.h - one gateway: browsers on one side, the broker on the other.
 *
 * It keeps nothing that cannot be lost: connections, a log of the latest frames, and
 * commands that wait for the broker. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/bucket.h"
#include "common/bus.h"
#include "common/config.h"
#include "common/ip_network.h"
#include "common/status.h"
#include "gateway/admission.h"
#include "gateway/assets.h"
#include "gateway/backlog.h"
#include "gateway/browser_json.h"
#include "gateway/connections.h"
#include "gateway/fanout.h"
#include "gateway/forwarded.h"
#include "gateway/gateway_metrics.h"
#include "gateway/http_head.h"
#include "gateway/server.h"
#include "gateway/typing.h"
#include "gateway/uplink.h"

struct door;
struct listener;
struct slowest;

/* A list of people that is being told: over the end of an answer, if need be. */
struct gateway_here {
	uint64_t client;
	uint64_t left; /* of its people still to come */
	bool is_first, more;
	struct browser_out json;
};

struct gateway_options {
	struct bus_address events, commands;
	const char *listen; /* HOST:PORT */
	const char *static_dir;
	const struct config_list *origins;
	struct forwarded_trust proxies;
	struct http_limits http;
	struct admission_limits admission;
	uint64_t header_timeout_ms, hsts_ms;
	bool require_origin;
	uint64_t hello_bytes, text_bytes; /* of a message outside, of a text inside */
	struct bucket_rule posts;         /* texts of one client */
	uint64_t ping_interval_ms, pong_timeout_ms, hello_timeout_ms, flush_interval_ms;
	size_t backlog_bytes; /* of all connections */
	uint64_t drain_ms;    /* over which a drain moves the browsers */
};

/* A network that is banned, while its browsers are looked for. */
struct gateway_put_out {
	struct ip_network network;
	struct bus_dismiss why;
};

/* The parts are open to gateway/; each is changed by its own file only. */
struct gateway {
	uv_loop_t *loop; /* borrowed */
	const struct gateway_options *options;
	struct connections *connections;
	struct backlog backlog;           /* theirs */
	struct connection *waits_longest; /* of the search at work */
	struct fanout *fanout;
	struct uplink *uplink;
	struct listener *listener;
	struct server *server;
	struct door *door;
	struct admission *admission;
	struct assets *assets;
	struct browser_out out; /* the JSON at work */
	struct gateway_metrics metrics;
	struct gateway_here here;
	const struct gateway_put_out *put_out; /* NULL: none is at work */
	struct typing *typing;
	struct slice typing_frames; /* of the round at work */
	struct slowest *slowest;    /* of the question at work */
	uint64_t started_ms;
	uv_timer_t tick;
	uv_check_t turn;
	uint64_t epoch; /* of the room; 0: not heard from the broker yet */
	struct connection *catching_up; /* whose older posts the answer at work brings */
	bool is_sync_for_one; /* the posts of the answer at work are for one connection */
	uint64_t busy_until_ms; /* some gateway's readers are behind, the broker said */
	bool is_ready, is_draining, said_goodbye;
	size_t drain_total,
		drain_due; /* connections at its beginning; to be moved in this step */
	uint64_t drain_began_ms;
	uv_timer_t drain_watch;
	void (*on_drained)(void *ctx);
	void *ctx;
	void (*on_asked_to_drain)(void *ctx);
	void *asked_ctx;
};

/* The time of this loop turn, monotonic. */
uint64_t gateway_now(const struct gateway *g);

/* Opens everything; logs what is wrong, and event=ready once the broker has answered and browsers are
 * served.  options are borrowed. */
enum status gateway_new(uv_loop_t *loop, const struct gateway_options *options,
			struct gateway **out) ATTR_USE_RESULT;
/* What to do when an operator wants this gateway to drain (plumectl drain); to be set before the loop runs. */
void gateway_on_asked_to_drain(struct gateway *g, void (*on_asked)(void *ctx), void *ctx);
/* No new connections; those there are moved, spread over the drain window so that the other gateways do
 * not meet them all at once; on_drained() when the broker knows. */
void gateway_drain(struct gateway *g, void (*on_drained)(void *ctx), void *ctx);
/* Can browsers be sent here?  *why is a constant text when not. */
bool gateway_is_ready(const struct gateway *g, const char **why);
/* Must texts be refused (REASON_BUSY), because commands wait or readers are behind? */
bool gateway_is_busy(const struct gateway *g);
/* Sends a command of this connection to the broker. */
void gateway_ask(struct gateway *g, struct connection *c, const struct bus_msg *m);

#endif
