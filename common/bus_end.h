/* bus_end.h - how a socket of the bus gets to its address: it listens or dials there, in TLS or
 * not, and can do so anew with other certificates.  Only common/bus_*.c includes this. */
#ifndef COMMON_BUS_END_H
#define COMMON_BUS_END_H

#include <stdbool.h>

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include "common/bus.h"

struct bus_pipe;
struct bus_pipes;

enum bus_way { BUS_LISTENS, BUS_DIALS };

/* One per socket, in the caller's memory.  The address is borrowed. */
struct bus_end {
	const struct bus_address *at;
	nng_socket socket;
	enum bus_way way;
	nng_listener listener;
	nng_dialer dialer;
	nng_tls_config *config;  /* NULL without TLS */
	struct bus_pipe *pipe;   /* of one that dials */
	struct bus_pipes *pipes; /* of one that listens */
	struct bus_end *next;    /* of those at the same address */
};

/* Begins to listen.  pipes is borrowed.  Returns NNG's error. */
int bus_end_listen(struct bus_end *e, nng_socket socket, const struct bus_address *at,
		   struct bus_pipes *pipes);
/* Begins to dial, without waiting for the other side.  pipe is borrowed.  Returns NNG's error. */
int bus_end_dial(struct bus_end *e, nng_socket socket, const struct bus_address *at,
		 struct bus_pipe *pipe);
/* Of one that dials, has no connection and refuses any (bus_pipe.h): gives up the one that is being made, and
 * makes another. */
void bus_end_dial_anew(struct bus_end *e);
/* Before the socket is closed.  An end that was never opened is fine. */
void bus_end_close(struct bus_end *e);

#endif
