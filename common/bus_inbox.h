/* bus_inbox.h - what the bus sockets share: the way from NNG's threads to the loop, and the
 * setting-up of a socket.  Only common/bus_*.c includes this; they alone know NNG. */
#ifndef COMMON_BUS_INBOX_H
#define COMMON_BUS_INBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <nng/nng.h>
#include <uv.h>

#include "common/slice.h"
#include "common/status.h"

struct bus_address;
struct bus_item;

/* Bound: BUS_INBOX_MAX bytes; over it the newest frame is dropped and counted. */
struct bus_inbox {
	uv_mutex_t lock;
	uv_async_t wake;
	struct bus_item *first, **last;
	size_t bytes;
	atomic_uint_least64_t dropped; /* NNG's threads write it */
};

/* on_wake runs on the loop whenever something was put; its wake->data is owner. */
void bus_inbox_open(struct bus_inbox *b, uv_loop_t *loop, uv_async_cb on_wake,
		    void *owner);
/* Takes m.  Any thread. */
void bus_inbox_put(struct bus_inbox *b, void *sender, nng_msg *m);
typedef void bus_inbox_fn(void *owner, void *sender, struct slice frame);
/* Gives each frame that waits to each(), oldest first. */
void bus_inbox_deliver(struct bus_inbox *b, bus_inbox_fn *each, void *owner);
/* Throws away what waits; on_closed(wake) is called later and may free the owner. */
void bus_inbox_close(struct bus_inbox *b, uv_close_cb on_closed);

/* Size limit and redial times; returns NNG's error. */
int bus_socket_setup(nng_socket s);
/* Logs why a socket could not be made and gives the status for it. */
enum status bus_socket_failed(const char *what, const char *url, int rv);
nng_msg *bus_message_of(struct slice frame);
void bus_aio_new(nng_aio **aio, void (*callback)(void *), void *arg);

#endif
