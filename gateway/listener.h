/* listener.h - the gateway's own listening socket.
 *
 * Of its own because libwebsockets here cannot share a port (SO_REUSEPORT), and because draining is then
 * simply closing it. */
#ifndef GATEWAY_LISTENER_H
#define GATEWAY_LISTENER_H

#include <stdbool.h>

#include <uv.h>

#include "common/attr.h"
#include "common/status.h"

struct gateway_options;
struct listener;
/* Takes fd: a connected, non-blocking socket. */
typedef void listener_fn(void *ctx, int fd);

enum { LISTENER_ADDRESS_SIZE = 80 };

/* Is it HOST:PORT, as far as can be seen without asking the system? */
bool listener_address_is_valid(const char *listen);

/* options->listen: HOST:PORT, an IPv6 host in brackets; port 0 takes a free one.  The port is taken at once,
 * but nobody is answered before listener_start().  After ping_interval_ms and pong_timeout_ms, as they are
 * when it is accepted, without an acknowledgement from a peer that has bytes to take, its connection ends.
 * options are borrowed.  Logs why not. */
enum status listener_new(uv_loop_t *loop, const struct gateway_options *options,
			 listener_fn *on_accept, void *ctx,
			 struct listener **out) ATTR_USE_RESULT;
/* HOST:PORT with the real port. */
const char *listener_address(const struct listener *l);
void listener_start(struct listener *l);
/* Closes the socket; who is accepted already stays. */
void listener_stop(struct listener *l);

#endif
