/* What a connection is given: private frames, then the frame log from its cursor on. */
#include <sys/socket.h>

#include "gateway/connection_private.h"
#include "gateway/gateway.h"

enum { FLUSH_BLOCK = 256 };

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

void connection_flush_private(struct gateway *g, struct connection *c)
{
	server_write(c->wsi, (struct slice){c->private, c->private_len});
	connection_note_rest(g, c, c->private_len);
	connection_drop_private(g, c);
}

/* Past the library, whose way costs as much user time again and copies what the kernel does not take.  It has
 * nothing to add: the frames are complete, TLS is a proxy's.  Gives how much was taken. */
static size_t send_now(int fd, struct slice frames)
{
	ssize_t n = send(fd, frames.ptr, frames.len, MSG_NOSIGNAL);

	return n > 0 ? (size_t)n
		     : 0; /* that a socket broke the library hears by itself */
}

/* What a flush gives to many: the frames from one cursor on, as many as one write may carry. */
struct run {
	uint64_t from, next; /* from 0: none was looked for yet */
	struct slice frames;
};

static void find_run(struct run *r, const struct frame_log *log, uint64_t from)
{
	if (r->from == from)
		return;
	r->from = from;
	r->frames = frame_log_read(log, from, CONNECTION_WRITE_MAX, &r->next);
}

/* A frame that was begun has to be ended, or nothing can follow it. */
static void keep_rest(struct gateway *g, struct connection *c, struct slice rest)
{
	server_write(c->wsi, rest);
	if (server_is_choked(c->wsi) && connection_may_keep(g, c, rest.len))
		connection_note_rest(g, c, rest.len);
}

/* Of what the kernel does not take, only the rest of a frame that was begun is kept, by the library: a
 * browser that stopped reading costs no more. */
static void flush_log(struct gateway *g, struct connection *c, struct run *r)
{
	const struct frame_log *log = fanout_log(g->fanout);
	uint64_t from = c->next_seq;
	size_t sent;

	find_run(r, log, from);
	sent = send_now(c->fd, r->frames);
	backpressure_took(&c->pace, sent);
	c->is_following = true;
	c->next_seq = r->next;
	if (sent < r->frames.len) {
		struct slice rest = frame_log_rest(log, from, sent, &c->next_seq);

		if (rest.len > 0)
			keep_rest(g, c, rest);
	}
	if (c->next_seq <= frame_log_newest(log))
		server_want_write(c->wsi);
	g->metrics.writes++;
	g->metrics.deliveries += c->next_seq - from;
}

/* What a connection is to be given. */
enum due { DUE_NOTHING, DUE_FRAMES, DUE_ELSE };

static enum due due_of(const struct connection *c, const struct frame_log *log)
{
	bool has_frames = c->state == INSIDE && c->next_seq <= frame_log_newest(log);

	if (c->state == CLOSING ||
	    (!has_frames && c->private_len == 0 && c->rest_len == 0) ||
	    server_is_closing(c->wsi))
		return DUE_NOTHING;
	if (c->private_len > 0 || c->rest_len > 0 || c->next_seq < frame_log_first(log) ||
	    server_is_choked(c->wsi))
		return DUE_ELSE;
	return DUE_FRAMES;
}

static void flush_else(struct gateway *g, struct connection *c, struct run *r)
{
	const struct frame_log *log = fanout_log(g->fanout);
	bool has_frames = c->state == INSIDE && c->next_seq <= frame_log_newest(log);

	if (c->rest_len > 0)
		connection_note_rest(g, c, c->rest_len); /* has it left? */
	if (server_is_choked(c->wsi)) {
		server_want_write(c->wsi);
	} else if (c->private_len > 0) {
		connection_flush_private(g, c);
		if (has_frames)
			server_want_write(c->wsi);
	} else if (has_frames && c->next_seq >= frame_log_first(log)) {
		flush_log(g, c, r);
	} else if (has_frames && c->is_following) {
		connection_close(g, c, CLOSE_TOO_SLOW);
	} else if (has_frames) {
		ask_for_older(g, c);
	}
}

static void flush(struct gateway *g, struct connection *c, enum due due, struct run *r)
{
	if (c->state == CLOSING)
		return; /* since it was looked at: it had to make room for another */
	if (due == DUE_FRAMES)
		flush_log(g, c, r);
	else if (due == DUE_ELSE)
		flush_else(g, c, r);
}

void connection_flush(struct gateway *g, struct connection *c)
{
	struct run r = {.from = 0};

	if (c->has_ended)
		server_shut(c->wsi);
	flush(g, c, due_of(c, fanout_log(g->fanout)), &r);
}

/* A block of connections is looked at before the first of them is written to.  All of it is cold: between two
 * writes a processor would wait for each, but here it fetches the next ones' while it waits for one's.  And
 * it writes without a rest to many: a reader on this machine that sleeps in between has to be woken. */
void connection_flush_all(struct gateway *g)
{
	struct connection *block[FLUSH_BLOCK];
	enum due due[FLUSH_BLOCK];
	struct run r = {.from = 0};
	size_t at = 0, n;

	while ((n = connections_next(g->connections, &at, block, FLUSH_BLOCK)) > 0) {
		for (size_t i = 0; i < n; i++)
			due[i] = due_of(block[i], fanout_log(g->fanout));
		for (size_t i = 0; i < n; i++)
			flush(g, block[i], due[i], &r);
	}
}

void connection_mention(struct gateway *g, struct connection *c, struct slice frames)
{
	if (c->state != INSIDE || !c->is_current || c->private_len > 0 ||
	    c->next_seq <= frame_log_newest(fanout_log(g->fanout)) ||
	    server_is_choked(c->wsi))
		return;
	server_write(c->wsi, frames);
}
