/* bus_pipes.h - the connections of a socket that listens: who got through the handshake, and an end for those who
 * do not.  NNG 1.5.2 sets none to a handshake of TLS, so whoever connects and says nothing would keep a descriptor
 * for as long as it likes.  Only common/bus_*.c includes this. */
#ifndef COMMON_BUS_PIPES_H
#define COMMON_BUS_PIPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nng/nng.h>
#include <uv.h>

#include "common/bus.h"
#include "common/bus_strangers.h"
#include "common/complaints.h"

struct bus_known;

/* NNG's thread: the connection of this id has gone. */
typedef void bus_lost_fn(void *ctx, int pipe);

struct bus_pipes {
	uv_mutex_t lock;
	struct bus_known *known; /* by the lock; NNG's threads write them */
	size_t n, cap;
	bus_lost_fn *on_lost;
	void *ctx;
	nng_listener listener;
	const struct bus_address *at;
	uv_timer_t watch;
	struct bus_strangers strangers;
	struct complaints complaints;
	uint64_t turned_away; /* strangers */
};

void bus_pipes_init(struct bus_pipes *p, uv_loop_t *loop, const struct bus_address *at);
/* Begins to follow the socket's connections; on_lost: NULL is fine.  Returns NNG's error. */
int bus_pipes_open(struct bus_pipes *p, nng_socket s, bus_lost_fn *on_lost, void *ctx);
/* Is the connection of this id still there?  Any thread. */
bool bus_pipes_has(struct bus_pipes *p, int pipe);
/* What the socket listens with now. */
void bus_pipes_set_listener(struct bus_pipes *p, nng_listener listener);
/* The socket is closed; on_closed(watch) is called later, its watch.data is owner. */
void bus_pipes_close(struct bus_pipes *p, uv_close_cb on_closed, void *owner);

#endif
