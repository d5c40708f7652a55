/* connection_private.h - what connection.c (its life), connection_flush.c (what it is given), connection_keep.c
 * (its memory) and connection_close.c (its end) share. */
#ifndef GATEWAY_CONNECTION_PRIVATE_H
#define GATEWAY_CONNECTION_PRIVATE_H

#include "gateway/connection.h"

/* The one place where the state changes. */
void connection_enter_state(struct connection *c, enum connection_state next);
/* Writes the private frames that wait, if nothing waits before them. */
void connection_flush_private(struct gateway *g, struct connection *c);

/* -- connection_keep.c: what waits for a connection, and the bound of all that waits (backlog.h) -- */

/* May so many bytes more wait for it?  Those for whom something waits longest are closed until they may; false:
 * it is closed itself. */
bool connection_may_keep(struct gateway *g, struct connection *c, size_t bytes);
/* So many bytes more are about to wait. */
void connection_keep(struct gateway *g, struct connection *c, size_t bytes);
/* Of what was written at most so many bytes wait in the library; none, when it is not choked. */
void connection_note_rest(struct gateway *g, struct connection *c, size_t bytes);
void connection_drop_partial(struct gateway *g, struct connection *c);
void connection_drop_private(struct gateway *g, struct connection *c);
/* All of it; what the library has goes with the connection. */
void connection_drop_waiting(struct gateway *g, struct connection *c);

#endif
