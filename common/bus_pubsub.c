/* The events side of the bus: who publishes, and who subscribes to all of it. */
#include "common/bus.h"

#include <stdlib.h>

#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>

#include "common/bus_end.h"
#include "common/bus_inbox.h"
#include "common/bus_pipe.h"
#include "common/bus_pipes.h"
#include "common/log.h"
#include "common/memory.h"

enum {
	/* Frames a subscriber may lag before PUB drops its oldest; the numbers repair that. */
	PUB_QUEUE = 1024,
	SUB_QUEUE = 1024,
};

/* -- publisher -- */

struct bus_publisher {
	nng_socket socket;
	struct bus_pipes pipes;
	struct bus_end end;
};

enum status bus_publisher_new(uv_loop_t *loop, const struct bus_address *at,
			      struct bus_publisher **out)
{
	struct bus_publisher *p = xcalloc(1, sizeof *p);
	int rv = nng_pub0_open(&p->socket);

	*out = NULL;
	bus_pipes_init(&p->pipes, loop, at);
	if (rv == 0)
		rv = bus_socket_setup(p->socket);
	if (rv == 0)
		rv = nng_socket_set_int(p->socket, NNG_OPT_SENDBUF, PUB_QUEUE);
	if (rv == 0)
		rv = bus_pipes_open(&p->pipes, p->socket, NULL, NULL);
	if (rv == 0)
		rv = bus_end_listen(&p->end, p->socket, at, &p->pipes);
	if (rv != 0) {
		bus_publisher_free(&p);
		return bus_socket_failed("publish", at->url, rv);
	}
	*out = p;
	return ST_OK;
}

void bus_publish(struct bus_publisher *p, struct slice frame)
{
	nng_msg *m = bus_message_of(frame);
	int rv = nng_sendmsg(p->socket, m, 0); /* PUB never blocks: it drops */

	if (rv != 0) {
		nng_msg_free(m);
		log_warn("bus_publish_failed", "why=\"%s\"", nng_strerror(rv));
	}
}

uint64_t bus_publisher_strangers(const struct bus_publisher *p)
{
	return p->pipes.turned_away;
}

static void publisher_closed(uv_handle_t *h)
{
	free(h->data);
}

void bus_publisher_free(struct bus_publisher **p)
{
	if (p == NULL || *p == NULL)
		return;
	bus_end_close(&(*p)->end);
	nng_close((*p)->socket);
	bus_pipes_close(&(*p)->pipes, publisher_closed, *p);
	*p = NULL;
}

/* -- subscriber: one aio, no timeout, no cancel (NNG 1.5.2 can crash on either) -- */

struct bus_subscriber {
	struct bus_inbox inbox;
	struct bus_pipe pipe;
	struct bus_end end;
	nng_socket socket;
	nng_aio *aio;
	bus_frame_fn *on_frame;
	void *ctx;
};

static void subscriber_received(void *arg)
{
	struct bus_subscriber *s = arg;

	if (nng_aio_result(s->aio) != 0)
		return; /* the socket was closed */
	bus_inbox_put(&s->inbox, NULL, nng_aio_get_msg(s->aio));
	nng_recv_aio(s->socket, s->aio);
}

static void subscriber_deliver(void *owner, void *sender, struct slice frame)
{
	struct bus_subscriber *s = owner;

	(void)sender;
	s->on_frame(s->ctx, frame);
}

static void subscriber_wake(uv_async_t *wake)
{
	struct bus_subscriber *s = wake->data;

	bus_inbox_deliver(&s->inbox, subscriber_deliver, s);
}

enum status bus_subscriber_new(uv_loop_t *loop, const struct bus_address *at,
			       bus_frame_fn *on_frame, void *ctx,
			       struct bus_subscriber **out)
{
	struct bus_subscriber *s = xcalloc(1, sizeof *s);
	int rv = nng_sub0_open(&s->socket);

	*out = NULL;
	s->on_frame = on_frame;
	s->ctx = ctx;
	bus_pipe_init(&s->pipe, loop, at);
	bus_inbox_open(&s->inbox, loop, subscriber_wake, s);
	bus_aio_new(&s->aio, subscriber_received, s);
	if (rv == 0)
		rv = bus_socket_setup(s->socket);
	if (rv == 0)
		rv = nng_socket_set_int(s->socket, NNG_OPT_RECVBUF, SUB_QUEUE);
	if (rv == 0)
		rv = nng_socket_set(s->socket, NNG_OPT_SUB_SUBSCRIBE, "", 0);
	if (rv == 0)
		rv = bus_pipe_open(&s->pipe, s->socket);
	if (rv == 0)
		rv = bus_end_dial(&s->end, s->socket, at, &s->pipe);
	if (rv != 0) {
		bus_subscriber_free(&s);
		return bus_socket_failed("subscribe", at->url, rv);
	}
	nng_recv_aio(s->socket, s->aio);
	*out = s;
	return ST_OK;
}

bool bus_subscriber_is_connected(struct bus_subscriber *s)
{
	return bus_pipe_is_there(&s->pipe);
}

void bus_subscriber_redial(struct bus_subscriber *s)
{
	bus_pipe_redial(&s->pipe);
}

uint64_t bus_subscriber_dropped(const struct bus_subscriber *s)
{
	return s->inbox.dropped;
}

static void subscriber_closed(uv_handle_t *h)
{
	free(h->data);
}

static void subscriber_unwatched(uv_handle_t *h)
{
	struct bus_subscriber *s = h->data;

	bus_inbox_close(&s->inbox, subscriber_closed);
}

void bus_subscriber_free(struct bus_subscriber **s)
{
	if (s == NULL || *s == NULL)
		return;
	bus_end_close(&(*s)->end);
	nng_close((*s)->socket);
	nng_aio_stop((*s)->aio);
	nng_aio_free((*s)->aio);
	bus_inbox_deliver(&(*s)->inbox, NULL, NULL);
	bus_pipe_close(&(*s)->pipe, subscriber_unwatched, *s);
	*s = NULL;
}
