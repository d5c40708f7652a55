/* bus_strangers.h - connections that have not shown yet who they are: how long each may take for it, and how
 * many there may be.  Only common/bus_*.c includes this.
 *
 * A decider, which looks once in a while at all there are.  Bound: BUS_STRANGERS_MAX; one more takes the
 * place of the one that has taken longest, because whoever means well is through within a look. */
#ifndef COMMON_BUS_STRANGERS_H
#define COMMON_BUS_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

#include <nng/nng.h>

enum { BUS_STRANGERS_MAX = 64, BUS_STRANGER_MS = 10000 };

struct bus_stranger {
	nng_sockaddr remote;
	int fd;
	uint64_t since_ms;
	uint64_t look; /* in which it was seen last */
};

/* All zero: nobody was seen yet. */
struct bus_strangers {
	struct bus_stranger places[BUS_STRANGERS_MAX];
	uint64_t look;
};

/* A look begins; who was not seen in the one before has gone. */
void bus_strangers_look(struct bus_strangers *s);
/* This one is there.  True: *over is to be hung up, which is this one or one seen before. */
bool bus_strangers_see(struct bus_strangers *s, int fd, const nng_sockaddr *remote,
		       uint64_t now_ms, struct bus_stranger *over);

#endif
