/* bus_hangup.h - ends connections of NNG from below, as if the peer had hung up, and says to NNG what it
 * understands when a peer did.
 *
 * nng_pipe_close() and nng_listener_close() end a connection at once, and then NNG 1.5.2 may wait for
 * ever, and with it every later end of a connection in the process: when its thread has read the length
 * of a frame and not yet the rest (tests/unit/common/test_bus_hangup.c, where one of ten or so does it;
 * NNG's issue 1813).  A socket that is shut for reading gives NNG what has arrived and then the end.
 *
 * And: EPIPE is "object closed" to NNG 1.5.2, of which it thinks that it closed the object itself.  In the
 * handshake of TLS, a peer that goes between two messages of ours would so end the listener for good, or
 * the dialler (tests/unit/common/test_bus_tls.c).  The sendmsg() of this file comes before the C
 * library's, for every library of the process, and says ECONNRESET instead, which ends the one connection.
 *
 * Only common/bus_*.c includes this. */
#ifndef COMMON_BUS_HANGUP_H
#define COMMON_BUS_HANGUP_H

#include <stdbool.h>

#include <nng/nng.h>

enum hangup {
	HANGUP_DONE,
	HANGUP_GONE,   /* there is no such connection any more, whatever NNG thinks */
	HANGUP_UNABLE, /* no descriptor was free to look for it */
};

/* Opens what is needed to look for connections, for as long as the process lives.  Each function here that looks
 * does so itself; later there may be no descriptor left.  False: there is none. */
bool bus_hangup_prepare(void);

/* The connection of pipe, which must have an id. */
enum hangup bus_hangup_pipe(nng_pipe pipe);
/* All that listener accepted, as far as a descriptor is free to look for them. */
void bus_hangup_listener(nng_listener listener);

/* Every connection of this process that was accepted at `local`, an address that listens.  False: HANGUP_UNABLE. */
typedef void bus_connection_fn(void *ctx, int fd, const nng_sockaddr *remote);
bool bus_hangup_each(const nng_sockaddr *local, bus_connection_fn *each, void *ctx);
/* The connection of fd, if it is still one with remote.  False: it is not. */
bool bus_hangup_one(int fd, const nng_sockaddr *remote);

#endif
