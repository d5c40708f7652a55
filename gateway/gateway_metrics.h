/* gateway_metrics.h - a gateway's numbers. */
#ifndef GATEWAY_GATEWAY_METRICS_H
#define GATEWAY_GATEWAY_METRICS_H

#include <stdint.h>
#include <stdio.h>

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
enum resume_result { RESUME_TAKEN, RESUME_OVER };

struct gateway_metrics {
#define COUNTER METRIC_FIELD_COUNTER
#define GAUGE METRIC_FIELD_GAUGE
#define COUNTERS METRIC_FIELD_COUNTERS
#define HISTOGRAM METRIC_FIELD_HISTOGRAM
#include "gateway/gateway_metrics.def"
#undef COUNTER
#undef GAUGE
#undef COUNTERS
#undef HISTOGRAM
};

/* An answer of the broker to a connection, counted by what it means. */
void gateway_metrics_result(struct gateway_metrics *m, const struct bus_msg *result);
void gateway_metrics_refusal(struct gateway_metrics *m, uint64_t reason);
/* Looks at the connections for what is not counted in place. */
void gateway_metrics_look(struct gateway *g);
/* The same, and writes all of it. */
void gateway_metrics_write(struct gateway *g, FILE *out);

#endif
