/* A locked list and a wake-up: the only two things NNG's threads do here. */
#include "common/bus_inbox.h"

#include <stdlib.h>

#include "common/bus.h"
#include "common/bus_msg.h"
#include "common/log.h"
#include "common/memory.h"

enum {
	RECONNECT_MIN_MS = 20,
	RECONNECT_MAX_MS = 500,
	ITEM_BYTES = 256, /* what a frame costs beside its own bytes, here and in NNG */
};

struct bus_item {
	struct bus_item *next;
	void *sender;
	nng_msg *m;
};

void bus_inbox_open(struct bus_inbox *b, uv_loop_t *loop, uv_async_cb on_wake,
		    void *owner)
{
	if (uv_mutex_init(&b->lock) != 0 || uv_async_init(loop, &b->wake, on_wake) != 0)
		abort(); /* out of descriptors before the first one was used */
	b->wake.data = owner;
	b->last = &b->first;
}

void bus_inbox_put(struct bus_inbox *b, void *sender, nng_msg *m)
{
	struct bus_item *i = xcalloc(1, sizeof *i);
	size_t cost = nng_msg_len(m) + ITEM_BYTES;

	*i = (struct bus_item){.sender = sender, .m = m};
	uv_mutex_lock(&b->lock);
	if (b->bytes + cost > BUS_INBOX_MAX) {
		b->dropped++;
		nng_msg_free(m);
		free(i);
	} else {
		b->bytes += cost;
		*b->last = i;
		b->last = &i->next;
	}
	uv_mutex_unlock(&b->lock);
	uv_async_send(&b->wake);
}

static struct bus_item *take_all(struct bus_inbox *b)
{
	struct bus_item *first;

	uv_mutex_lock(&b->lock);
	first = b->first;
	b->first = NULL;
	b->last = &b->first;
	b->bytes = 0;
	uv_mutex_unlock(&b->lock);
	return first;
}

void bus_inbox_deliver(struct bus_inbox *b, bus_inbox_fn *each, void *owner)
{
	struct bus_item *next;

	for (struct bus_item *i = take_all(b); i != NULL; i = next) {
		next = i->next;
		if (each != NULL)
			each(owner, i->sender,
			     (struct slice){nng_msg_body(i->m), nng_msg_len(i->m)});
		nng_msg_free(i->m);
		free(i);
	}
}

void bus_inbox_close(struct bus_inbox *b, uv_close_cb on_closed)
{
	bus_inbox_deliver(b, NULL, NULL);
	uv_mutex_destroy(&b->lock);
	uv_close((uv_handle_t *)&b->wake, on_closed);
}

int bus_socket_setup(nng_socket s)
{
	/* 0, NNG's default, would accept messages of any size (SECURITY B4). */
	int rv = nng_socket_set_size(s, NNG_OPT_RECVMAXSZ, BUS_FRAME_MAX);

	if (rv == 0)
		rv = nng_socket_set_ms(s, NNG_OPT_RECONNMINT, RECONNECT_MIN_MS);
	if (rv == 0)
		rv = nng_socket_set_ms(s, NNG_OPT_RECONNMAXT, RECONNECT_MAX_MS);
	return rv;
}

enum status bus_socket_failed(const char *what, const char *url, int rv)
{
	log_error("bus_failed", "what=%s url=%s why=\"%s\"", what, url, nng_strerror(rv));
	return rv == NNG_EADDRINUSE ? ST_BUSY : ST_IO;
}

nng_msg *bus_message_of(struct slice frame)
{
	nng_msg *m;

	if (nng_msg_alloc(&m, 0) != 0 || nng_msg_append(m, frame.ptr, frame.len) != 0)
		memory_exhausted(frame.len);
	return m;
}

void bus_aio_new(nng_aio **aio, void (*callback)(void *), void *arg)
{
	if (nng_aio_alloc(aio, callback, arg) != 0)
		memory_exhausted(1);
}
