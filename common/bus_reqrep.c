/* The request side of the bus.  A requester is one REQ context with one request in flight, which is what
 * keeps order; a replier is as many REP contexts as requests may be held unanswered. */
#include "common/bus.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include "common/bus_end.h"
#include "common/bus_inbox.h"
#include "common/bus_pipe.h"
#include "common/bus_pipes.h"
#include "common/bus_sockaddr.h"
#include "common/memory.h"

/* -- requester -- */

struct bus_requester {
	struct bus_inbox inbox;
	struct bus_pipe pipe;
	struct bus_end end;
	nng_socket socket;
	nng_ctx context;
	nng_aio *aio;
	bool receiving; /* what the aio does; NNG's thread while a request is in flight */
	bool waiting;
	bus_frame_fn *on_answer;
	void *ctx;
};

static void requester_step(void *arg)
{
	struct bus_requester *r = arg;

	if (nng_aio_result(r->aio) != 0) {
		if (!r->receiving)
			nng_msg_free(nng_aio_get_msg(r->aio));
		return; /* the socket was closed: nothing else ends a request without a timeout */
	}
	if (!r->receiving) {
		r->receiving = true;
		nng_ctx_recv(r->context, r->aio);
		return;
	}
	bus_inbox_put(&r->inbox, NULL, nng_aio_get_msg(r->aio));
}

static void requester_deliver(void *owner, void *sender, struct slice frame)
{
	struct bus_requester *r = owner;

	(void)sender;
	r->waiting = false;
	r->on_answer(r->ctx, frame);
}

static void requester_wake(uv_async_t *wake)
{
	struct bus_requester *r = wake->data;

	bus_inbox_deliver(&r->inbox, requester_deliver, r);
}

enum status bus_requester_new(uv_loop_t *loop, const struct bus_address *at,
			      bus_frame_fn *on_answer, void *ctx,
			      struct bus_requester **out)
{
	struct bus_requester *r = xcalloc(1, sizeof *r);
	int rv = nng_req0_open(&r->socket);

	*out = NULL;
	r->on_answer = on_answer;
	r->ctx = ctx;
	bus_pipe_init(&r->pipe, loop, at);
	bus_inbox_open(&r->inbox, loop, requester_wake, r);
	bus_aio_new(&r->aio, requester_step, r);
	if (rv == 0)
		rv = bus_socket_setup(r->socket);
	if (rv == 0)
		rv = nng_socket_set_ms(r->socket, NNG_OPT_REQ_RESENDTIME, BUS_RESEND_MS);
	if (rv == 0)
		rv = nng_ctx_open(&r->context, r->socket);
	if (rv == 0)
		rv = bus_pipe_open(&r->pipe, r->socket);
	if (rv == 0)
		rv = bus_end_dial(&r->end, r->socket, at, &r->pipe);
	if (rv != 0) {
		bus_requester_free(&r);
		return bus_socket_failed("request", at->url, rv);
	}
	*out = r;
	return ST_OK;
}

void bus_request(struct bus_requester *r, struct slice frame)
{
	assert(!r->waiting);
	r->waiting = true;
	r->receiving = false;
	nng_aio_set_msg(r->aio, bus_message_of(frame));
	nng_ctx_send(r->context, r->aio);
}

bool bus_requester_is_waiting(const struct bus_requester *r)
{
	return r->waiting;
}

bool bus_requester_is_connected(struct bus_requester *r)
{
	return bus_pipe_is_there(&r->pipe);
}

void bus_requester_set_resend(struct bus_requester *r, int resend_ms)
{
	int rv = nng_ctx_set_ms(r->context, NNG_OPT_REQ_RESENDTIME, resend_ms);

	assert(rv == 0);
}

void bus_requester_redial(struct bus_requester *r)
{
	bus_pipe_redial(&r->pipe);
}

static void requester_closed(uv_handle_t *h)
{
	free(h->data);
}

static void requester_unwatched(uv_handle_t *h)
{
	struct bus_requester *r = h->data;

	bus_inbox_close(&r->inbox, requester_closed);
}

void bus_requester_free(struct bus_requester **r)
{
	if (r == NULL || *r == NULL)
		return;
	bus_end_close(&(*r)->end);
	nng_close((*r)->socket);
	nng_aio_stop((*r)->aio);
	nng_aio_free((*r)->aio);
	bus_inbox_deliver(&(*r)->inbox, NULL, NULL);
	bus_pipe_close(&(*r)->pipe, requester_unwatched, *r);
	*r = NULL;
}

/* -- replier: as many contexts as calls may be held -- */

struct bus_call {
	struct bus_replier *replier;
	nng_ctx context;
	nng_aio *aio;
	bool answering;  /* what the aio does */
	bool held;       /* the loop has it and owes an answer */
	atomic_int pipe; /* that the request came over; NNG's threads write both */
	atomic_bool is_orphan;
};

struct bus_replier {
	struct bus_inbox inbox;
	struct bus_pipes pipes;
	struct bus_end end;
	nng_socket socket;
	struct bus_call *calls;
	size_t n;
	bus_call_fn *on_call;
	void *ctx;
};

static void call_step(void *arg)
{
	struct bus_call *c = arg;
	int rv = nng_aio_result(c->aio);

	if (rv == NNG_ECLOSED || rv == NNG_ECANCELED) {
		if (c->answering)
			nng_msg_free(nng_aio_get_msg(c->aio));
		return;
	}
	if (c->answering || rv != 0) {
		if (c->answering && rv != 0)
			nng_msg_free(nng_aio_get_msg(c->aio)); /* the peer has gone */
		c->answering = false;
		nng_ctx_recv(c->context, c->aio);
		return;
	}
	c->is_orphan = false;
	c->pipe = nng_pipe_id(nng_msg_get_pipe(nng_aio_get_msg(c->aio)));
	if (!bus_pipes_has(&c->replier->pipes, c->pipe))
		c->is_orphan = true; /* it went before that was to be seen */
	bus_inbox_put(&c->replier->inbox, c, nng_aio_get_msg(c->aio));
}

static void replier_lost(void *ctx, int pipe)
{
	struct bus_replier *r = ctx;

	for (size_t i = 0; i < r->n; i++) {
		if (r->calls[i].pipe == pipe)
			r->calls[i].is_orphan = true;
	}
}

static void replier_deliver(void *owner, void *sender, struct slice frame)
{
	struct bus_replier *r = owner;
	struct bus_call *c = sender;

	c->held = true;
	r->on_call(r->ctx, c, frame);
}

static void replier_wake(uv_async_t *wake)
{
	struct bus_replier *r = wake->data;

	bus_inbox_deliver(&r->inbox, replier_deliver, r);
}

enum status bus_replier_new(uv_loop_t *loop, const struct bus_address *at, size_t calls,
			    bus_call_fn *on_call, void *ctx, struct bus_replier **out)
{
	struct bus_replier *r = xcalloc(1, sizeof *r);
	int rv = nng_rep0_open(&r->socket);

	*out = NULL;
	r->on_call = on_call;
	r->ctx = ctx;
	r->calls = xcalloc(calls, sizeof *r->calls);
	bus_pipes_init(&r->pipes, loop, at);
	bus_inbox_open(&r->inbox, loop, replier_wake, r);
	if (rv == 0)
		rv = bus_socket_setup(r->socket);
	for (; rv == 0 && r->n < calls; r->n++) {
		struct bus_call *c = &r->calls[r->n];

		c->replier = r;
		bus_aio_new(&c->aio, call_step, c);
		rv = nng_ctx_open(&c->context, r->socket);
	}
	if (rv == 0)
		rv = bus_pipes_open(&r->pipes, r->socket, replier_lost, r);
	if (rv == 0)
		rv = bus_end_listen(&r->end, r->socket, at, &r->pipes);
	if (rv != 0) {
		bus_replier_free(&r);
		return bus_socket_failed("reply", at->url, rv);
	}
	for (size_t i = 0; i < r->n; i++)
		nng_ctx_recv(r->calls[i].context, r->calls[i].aio);
	*out = r;
	return ST_OK;
}

void bus_call_peer(const struct bus_call *c, char out[BUS_PEER_SIZE])
{
	nng_pipe pipe = {.id = (uint32_t)c->pipe};
	nng_sockaddr a;

	if (nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &a) != 0)
		a.s_family = NNG_AF_UNSPEC;
	bus_sockaddr_text(&a, out);
}

bool bus_call_is_orphan(const struct bus_call *c)
{
	return c->is_orphan;
}

void bus_answer(struct bus_call *c, struct slice frame)
{
	assert(c->held);
	c->held = false;
	if (frame.len == 0) {
		nng_ctx_recv(c->context, c->aio);
		return;
	}
	c->answering = true;
	nng_aio_set_msg(c->aio, bus_message_of(frame));
	nng_ctx_send(c->context, c->aio);
}

uint64_t bus_replier_strangers(const struct bus_replier *r)
{
	return r->pipes.turned_away;
}

static void replier_closed(uv_handle_t *h)
{
	struct bus_replier *r = h->data;

	free(r->calls);
	free(r);
}

static void replier_unwatched(uv_handle_t *h)
{
	struct bus_replier *r = h->data;

	bus_inbox_close(&r->inbox, replier_closed);
}

void bus_replier_free(struct bus_replier **r)
{
	if (r == NULL || *r == NULL)
		return;
	bus_end_close(&(*r)->end);
	nng_close((*r)->socket);
	for (size_t i = 0; i < (*r)->n; i++) {
		nng_aio_stop((*r)->calls[i].aio);
		nng_aio_free((*r)->calls[i].aio);
	}
	bus_inbox_deliver(&(*r)->inbox, NULL, NULL);
	bus_pipes_close(&(*r)->pipes, replier_unwatched, *r);
	*r = NULL;
}
