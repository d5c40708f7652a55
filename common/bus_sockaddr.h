/* bus_sockaddr.h - addresses as NNG tells them.  Only common/bus_*.c includes this. */
#ifndef COMMON_BUS_SOCKADDR_H
#define COMMON_BUS_SOCKADDR_H

#include <stdbool.h>

#include <nng/nng.h>

#include "common/bus.h"

/* Are both the same address and port, of TCP? */
bool bus_sockaddr_is(const nng_sockaddr *a, const nng_sockaddr *b);
/* The IP address in words; "gone" when it is none. */
void bus_sockaddr_text(const nng_sockaddr *a, char out[BUS_PEER_SIZE]);

#endif
