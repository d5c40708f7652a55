/* gateway_metrics.h - a gateway's numbers. */
#ifndef GATEWAY_GATEWAY_METRICS_H
#define GATEWAY_GATEWAY_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "common/bus.h"
#include "common/bus_msg.h"
#include "common/metrics.h"

struct gateway;

enum {
	GATEWAY_REASONS = 64, /* numbers of reasons.def below it are counted */
	CLOSE_REASONS = 0
#define CLOSE(symbol, code, name, text) +1
#include "gateway/close_reasons.def"
#undef CLOSE
};
enum { GATEWAY_ENDPOINTS = ENDPOINT_COMMANDS + 1 };
/* Why a socket was turned away. */
enum turned_away {
	TURNED_NETWORK,
	TURNED_UNKNOWN,
	TURNED_SLOW,
	TURNED_BAD,
	TURNED_ORIGIN,
	TURNED_REASONS
};
enum resume_result { RESUME_TAKEN, RESUME_OVER };

struct gateway_metrics {
#define METRICS "gateway/gateway_metrics.def"
#include "common/metric_fields.inc"
};

/* An answer of the broker to a connection, counted by what it means. */
void gateway_metrics_result(struct gateway_metrics *m, const struct bus_msg *result);
const char *turned_away_name(enum turned_away why);
void gateway_metrics_refusal(struct gateway_metrics *m, uint64_t reason);
/* Looks at the connections for what is not counted in place. */
void gateway_metrics_look(struct gateway *g);
/* The same, and writes all of it. */
void gateway_metrics_write(struct gateway *g, FILE *out);

#endif
