/* A connection's life; its end is connection_close.c, what it is given is connection_flush.c.  What it says and
 * hears is conversation.c; how bytes travel is server.c. */
#include "gateway/connection.h"

#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "gateway/connection_private.h"
#include "gateway/conversation.h"
#include "gateway/gateway.h"

bool connection_open(struct gateway *g, struct connection *c, struct lws *wsi)
{
	*c = (struct connection){.wsi = wsi, .fd = server_socket(wsi), .state = OUTSIDE};
	c->heard_s = c->opened_s = (uint32_t)(gateway_now(g) / 1000);
	g->metrics.opened++;
	if (!connections_add(g->connections, c))
		return false;
	c->is_unknown = true;
	admission_unknown_enters(g->admission);
	return true;
}

void connection_enter_state(struct connection *c, enum connection_state next)
{
	log_debug("connection", "connection=%llu from=%d to=%d",
		  (unsigned long long)c->id, (int)c->state, (int)next);
	c->state = (uint8_t)next;
}

static void become_known(struct gateway *g, struct connection *c)
{
	if (c->is_unknown)
		admission_unknown_leaves(g->admission);
	c->is_unknown = false;
}

/* -- in -- */

/* The whole message, without a byte more than is kept. */
static void hear(struct gateway *g, struct connection *c, struct slice message,
		 bool is_binary)
{
	if (is_binary)
		conversation_object(g, c);
	else
		conversation_hear(g, c, message);
}

/* It is the connection's no more: what is heard may close it. */
static void hear_partial(struct gateway *g, struct connection *c, bool is_binary)
{
	struct slice whole = {c->partial, c->partial_len};
	char *memory = c->partial;

	backlog_remove(&g->backlog, c->partial_len);
	c->partial = NULL;
	c->partial_len = 0;
	hear(g, c, whole, is_binary);
	secret_wipe(memory, whole.len); /* it may be a code or a token */
	free(memory);
}

void connection_receive(struct gateway *g, struct connection *c,
			const struct connection_piece *p)
{
	const struct gateway_options *o = g->options;
	size_t most =
		c->state == INSIDE ? o->text_bytes + CONNECTION_ENVELOPE : o->hello_bytes;
	size_t room = most - (c->partial_len < most ? c->partial_len : most);

	if (c->state == CLOSING)
		return;
	c->heard_s = (uint32_t)(gateway_now(g) / 1000);
	/* What a header only claims counts as well: nothing is kept of what will be refused. */
	if (p->bytes.len > room || p->rest > room - p->bytes.len) {
		connection_close(g, c, CLOSE_TOO_BIG);
		return;
	}
	if (p->is_last && c->partial == NULL) {
		hear(g, c, p->bytes, p->is_binary);
		return;
	}
	if (!connection_may_keep(g, c, p->bytes.len))
		return;
	c->partial = xrealloc(c->partial, c->partial_len + p->bytes.len + 1);
	if (p->bytes.len > 0)
		memcpy(c->partial + c->partial_len, p->bytes.ptr, p->bytes.len);
	connection_keep(g, c, p->bytes.len);
	c->partial_len += (uint32_t)p->bytes.len;
	if (p->is_last)
		hear_partial(g, c, p->is_binary);
}

/* -- out -- */

/* The sum was checked: a frame is kept whole or not at all. */
static void keep_private(struct connection *c, struct slice bytes)
{
	memcpy(c->private + c->private_len, bytes.ptr, bytes.len);
	c->private_len += (uint32_t)bytes.len;
}

void connection_tell(struct gateway *g, struct connection *c, struct slice json)
{
	unsigned char header[FRAME_HEADER_MAX];
	size_t len = frame_header(FRAME_TEXT, json.len, header);

	if (c->state == CLOSING)
		return;
	if (c->private_len + len + json.len > CONNECTION_PRIVATE_MAX) {
		connection_close(g, c, CLOSE_TOO_SLOW);
		return;
	}
	if (!connection_may_keep(g, c, len + json.len))
		return;
	connection_keep(g, c, len + json.len);
	c->private = xrealloc(c->private, c->private_len + len + json.len);
	keep_private(c, (struct slice){(char *)header, len});
	keep_private(c, json);
	server_want_write(c->wsi);
}

void connection_keep_ticket(struct connection *c, struct slice ticket)
{
	free(c->ticket);
	c->ticket = slice_dup(ticket);
}

void connection_enter(struct gateway *g, struct connection *c, uint64_t next_seq)
{
	if (c->state == CLOSING)
		return;
	connection_enter_state(c, INSIDE);
	become_known(g, c);
	c->next_seq = next_seq;
	c->is_following = false;
	free(c->ticket);
	c->ticket = NULL;
	if (next_seq <= frame_log_newest(fanout_log(g->fanout)))
		server_want_write(c->wsi);
}

void connection_skip(struct connection *c, uint64_t from, uint64_t to)
{
	if (c->state == INSIDE && c->next_seq > from && c->next_seq <= to)
		c->next_seq = to + 1;
}

/* -- the end -- */

void connection_closed(struct gateway *g, struct connection *c)
{
	struct bus_msg m = {.kind = BUS_GONE, .u.gone = {.client = c->id}};

	if (c->id == 0)
		return;
	if (c->is_known)
		uplink_send(g->uplink, &m);
	g->metrics.closed++;
	become_known(g, c);
	connections_remove(g->connections, c);
	connection_drop_waiting(g, c);
	free(c->ticket);
	*c = (struct connection){.state = CLOSING};
}

static void ping(struct connection *c, uint32_t now_s)
{
	/* Not empty: libwebsockets 4.1.6 does not tell of an empty pong. */
	static const unsigned char frame[3] = {FRAME_PING, 1, '.'};

	if (server_is_choked(c->wsi))
		return; /* it is being written to: TCP will tell */
	c->pinged_s = now_s;
	server_write(c->wsi, (struct slice){(const char *)frame, sizeof frame});
}

void connection_tick(struct gateway *g, struct connection *c, uint32_t now_s)
{
	const struct gateway_options *o = g->options;

	if (c->state == CLOSING)
		return;
	if (c->state == OUTSIDE && !c->is_known && o->hello_timeout_ms > 0 &&
	    (now_s - c->opened_s) * UINT64_C(1000) >= o->hello_timeout_ms) {
		connection_close(g, c, CLOSE_HELLO_TIMEOUT);
		return;
	}
	if (c->is_catching_up && now_s - c->asked_s >= CONNECTION_SYNC_S &&
	    uplink_may_repeat(g->uplink)) {
		c->is_catching_up = false; /* the answer was lost: ask again */
		server_want_write(c->wsi);
	}
	if (c->heard_s >= c->pinged_s)
		c->pinged_s = 0;
	if (c->pinged_s != 0 &&
	    (now_s - c->pinged_s) * UINT64_C(1000) >= o->pong_timeout_ms)
		connection_close(g, c, CLOSE_SILENT);
	else if (c->pinged_s == 0 &&
		 (now_s - c->heard_s) * UINT64_C(1000) >= o->ping_interval_ms)
		ping(c, now_s);
}
