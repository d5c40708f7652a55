/* A connection's life.  What it says and hears is conversation.c; how bytes travel is server.c. */
#include "gateway/connection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/attr.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "gateway/conversation.h"
#include "gateway/gateway.h"

static const struct {
	uint16_t code;
	const char *name;
} reasons[] = {
#define CLOSE(symbol, code, name, text) [CLOSE_##symbol] = {code, name},
#include "gateway/close_reasons.def"
#undef CLOSE
};

uint16_t close_code(enum close_reason reason)
{
	return reasons[reason].code;
}

const char *close_name(enum close_reason reason)
{
	return reasons[reason].name;
}

bool connection_open(struct gateway *g, struct connection *c, struct lws *wsi)
{
	*c = (struct connection){.wsi = wsi, .fd = server_socket(wsi), .state = OUTSIDE};
	c->heard_s = c->opened_s = (uint32_t)(gateway_now(g) / 1000);
	g->metrics.opened++;
	return connections_add(g->connections, c);
}

/* The one place where the state changes. */
static void enter_state(struct connection *c, enum connection_state next)
{
	log_debug("connection", "connection=%llu from=%d to=%d",
		  (unsigned long long)c->id, (int)c->state, (int)next);
	c->state = (uint8_t)next;
}

/* -- in -- */

static void drop_partial(struct connection *c)
{
	if (c->partial != NULL)
		secret_wipe(c->partial, c->partial_len); /* it may be a code or a token */
	free(c->partial);
	c->partial = NULL;
	c->partial_len = 0;
}

/* The whole message, without a byte more than is kept. */
static void hear(struct gateway *g, struct connection *c, struct slice message,
		 bool is_binary)
{
	if (is_binary)
		conversation_object(g, c);
	else
		conversation_hear(g, c, message);
}

void connection_receive(struct gateway *g, struct connection *c,
			const struct connection_piece *p)
{
	size_t most = c->state == INSIDE ? CONNECTION_AFTER_MAX : CONNECTION_BEFORE_MAX;
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
	c->partial = xrealloc(c->partial, c->partial_len + p->bytes.len + 1);
	if (p->bytes.len > 0)
		memcpy(c->partial + c->partial_len, p->bytes.ptr, p->bytes.len);
	c->partial_len += (uint32_t)p->bytes.len;
	if (p->is_last) {
		hear(g, c, (struct slice){c->partial, c->partial_len}, p->is_binary);
		drop_partial(c);
	}
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

static void ask_for_older(struct gateway *g, struct connection *c)
{
	struct bus_msg m = {
		.kind = BUS_SYNC,
		.u.sync = {.client = c->id, .after = c->next_seq - 1, .most = 200}};

	if (c->is_catching_up)
		return;
	c->is_catching_up = true;
	c->asked_s = (uint32_t)(gateway_now(g) / 1000);
	gateway_ask(g, c, &m);
}

static void flush_private(struct connection *c)
{
	server_write(c->wsi, (struct slice){c->private, c->private_len});
	secret_wipe(c->private, c->private_len);
	free(c->private);
	c->private = NULL;
	c->private_len = 0;
}

/* Past the library, whose way costs as much user time again and copies what the kernel does not take.  It has
 * nothing to add: the frames are complete, TLS is a proxy's.  Gives how much was taken. */
static size_t send_now(int fd, struct slice frames)
{
	ssize_t n = send(fd, frames.ptr, frames.len, MSG_NOSIGNAL);

	return n > 0 ? (size_t)n
		     : 0; /* that a socket broke the library hears by itself */
}

/* The frames from the cursor on, as many as one write may carry.  Of what the kernel does not take, only
 * the rest of a frame that was begun is kept, by the library: a browser that stopped reading costs no
 * more.  Gives how many. */
static uint64_t flush_log(struct connection *c, const struct frame_log *log)
{
	uint64_t from = c->next_seq, next;
	struct slice run = frame_log_read(log, c->next_seq, CONNECTION_WRITE_MAX, &next);
	size_t sent = send_now(c->fd, run);

	c->is_following = true;
	if (sent < run.len) {
		struct slice rest = frame_log_rest(log, c->next_seq, sent, &next);

		if (rest.len > 0)
			server_write(c->wsi, rest);
	}
	c->next_seq = next;
	if (next <= frame_log_newest(log))
		server_want_write(c->wsi);
	return next - from;
}

void connection_flush(struct gateway *g, struct connection *c)
{
	const struct frame_log *log = fanout_log(g->fanout);

	if (c->has_ended)
		server_shut(c->wsi);
	if (c->state == CLOSING || server_is_closing(c->wsi))
		return;
	if (c->private_len == 0 &&
	    (c->state != INSIDE || c->next_seq > frame_log_newest(log)))
		return;
	if (server_is_choked(c->wsi)) {
		server_want_write(c->wsi);
		return;
	}
	if (c->private_len > 0) {
		flush_private(c);
		if (c->state == INSIDE && c->next_seq <= frame_log_newest(log))
			server_want_write(c->wsi);
		return;
	}
	if (c->next_seq < frame_log_first(log)) {
		if (c->is_following)
			connection_close(g, c, CLOSE_TOO_SLOW);
		else
			ask_for_older(g, c);
		return;
	}
	g->metrics.writes++;
	g->metrics.deliveries += flush_log(c, log);
}

void connection_mention(struct gateway *g, struct connection *c, struct slice frames)
{
	if (c->state != INSIDE || !c->is_current || c->private_len > 0 ||
	    c->next_seq <= frame_log_newest(fanout_log(g->fanout)) ||
	    server_is_choked(c->wsi))
		return;
	server_write(c->wsi, frames);
}

void connection_enter(struct gateway *g, struct connection *c, uint64_t next_seq)
{
	if (c->state == CLOSING)
		return;
	enter_state(c, INSIDE);
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

void connection_close(struct gateway *g, struct connection *c, enum close_reason why)
{
	unsigned char frame[FRAME_CLOSE_MAX];
	size_t len = frame_close(close_code(why), close_name(why), frame);

	if (c->state == CLOSING)
		return;
	log_info("close", "connection=%llu reason=%s code=%u", (unsigned long long)c->id,
		 close_name(why), close_code(why));
	g->metrics.closes[why]++;
	enter_state(c, CLOSING);
	if (server_is_choked(c->wsi)) {
		server_end_after(g->server, c->wsi, 0);
		return;
	}
	if (c->private_len > 0)
		flush_private(c);
	if (!server_is_choked(c->wsi)) {
		server_write(c->wsi, (struct slice){(char *)frame, len});
		c->has_ended = true;
		server_shut(c->wsi);
	}
	server_end_after(g->server, c->wsi, 3);
}

/* RFC 6455 5.5.1 and 7.4: nothing, or a code that may be sent, and then text. */
static bool is_good_close(struct slice payload)
{
	const unsigned char *p = (const unsigned char *)payload.ptr;
	unsigned int code;

	if (payload.len == 0)
		return true;
	if (payload.len == 1)
		return false;
	code = (unsigned int)p[0] << 8 | p[1];
	return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) ||
	       (code >= 3000 && code <= 4999);
}

bool connection_peer_closes(struct gateway *g, struct connection *c, struct slice payload)
{
	bool wants_answer = c->state != CLOSING && is_good_close(payload);

	if (wants_answer)
		enter_state(c, CLOSING);
	else
		connection_close(g, c, CLOSE_BAD_CLOSE);
	return wants_answer;
}

void connection_closed(struct gateway *g, struct connection *c)
{
	struct bus_msg m = {.kind = BUS_GONE, .u.gone = {.client = c->id}};

	if (c->id == 0)
		return;
	if (c->is_known)
		uplink_send(g->uplink, &m);
	g->metrics.closed++;
	connections_remove(g->connections, c);
	drop_partial(c);
	free(c->ticket);
	free(c->private);
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
	if (c->is_catching_up && now_s - c->asked_s >= CONNECTION_SYNC_S) {
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
