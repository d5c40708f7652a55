/* census.h - what a gateway tells the operator: its numbers once a second, its slowest clients when
 * the broker asks for them, and what the operator wants of it. */
#ifndef GATEWAY_CENSUS_H
#define GATEWAY_CENSUS_H

#include <stdbool.h>

#include "common/bus_msg.h"

struct gateway;

/* For the uplink: ctx is the gateway. */
void census_about(void *ctx, struct bus_about *out);
/* True: m was an operator's, and was answered or obeyed. */
bool census_message(struct gateway *g, const struct bus_msg *m);

#endif
