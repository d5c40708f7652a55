/* connection_private.h - what connection.c (its life) and connection_close.c (its end) share. */
#ifndef GATEWAY_CONNECTION_PRIVATE_H
#define GATEWAY_CONNECTION_PRIVATE_H

#include "gateway/connection.h"

/* The one place where the state changes. */
void connection_enter_state(struct connection *c, enum connection_state next);
/* Writes the private frames that wait, if nothing waits before them. */
void connection_flush_private(struct connection *c);

#endif
