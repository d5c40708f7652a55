/* slowest.h - of many clients those that are given the room slowest.
 *
 * Slower is who was not given more posts; among equals, whose machine has not acknowledged more bytes.
 * Bound: SLOWEST_MAX. */
#ifndef GATEWAY_SLOWEST_H
#define GATEWAY_SLOWEST_H

#include <stddef.h>

#include "common/bus_msg.h"

enum { SLOWEST_MAX = 500 }; /* of ASK_CLIENTS */

struct slowest {
	size_t most, n; /* most: how many are wanted; n: how many there are */
	struct bus_client_state clients[SLOWEST_MAX]; /* the slowest first */
};

/* most: 1 to SLOWEST_MAX. */
void slowest_begin(struct slowest *s, size_t most);
/* The client takes its place, or none.  Copies. */
void slowest_add(struct slowest *s, const struct bus_client_state *client);

#endif
