/* door.h - sockets from their accept to the WebSocket: requests for files are answered here, and what asks
 * well for an upgrade is handed to the library, which sees no byte of what strangers send as HTTP.
 *
 * Bounds: a caller keeps at most one head (--header-bytes) and the rest of one answer.  Its head has to be
 * whole within --header-timeout, an answer taken within half a minute; after the last answer two seconds and
 * 64 KiB of what it still sends are read and forgotten.  How many callers there are is admission.h's; those
 * that are turned away at once are DOOR_TURNED_MAX at most. */
#ifndef GATEWAY_DOOR_H
#define GATEWAY_DOOR_H

#include <stddef.h>
#include <stdint.h>

struct caller;
struct door;
struct gateway;

enum { DOOR_TURNED_MAX = 1024 };

struct door *door_new(struct gateway *g);
/* Takes fd: a connected, non-blocking socket. */
void door_take(struct door *d, int fd);
/* Once a second: whose time is over has to go. */
void door_tick(struct door *d);
/* Callers that are no WebSockets (yet). */
size_t door_count(const struct door *d);

/* -- for caller.c */

/* Answers the requests that came. */
void door_serve(struct door *d, struct caller *c);
void door_forget(struct door *d, struct caller *c);
uint64_t door_head_ms(const struct door *d);
size_t door_head_bytes(const struct door *d);

#endif
