/* mailer_metrics.h - a mailer's numbers. */
#ifndef MAILER_MAILER_METRICS_H
#define MAILER_MAILER_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "common/bus_msg.h"
#include "common/metrics.h"

enum { MAILER_STATES = MAIL_WITHHELD + 1 };

struct mailer_metrics {
#define COUNTER METRIC_FIELD_COUNTER
#define GAUGE METRIC_FIELD_GAUGE
#define COUNTERS METRIC_FIELD_COUNTERS
#define HISTOGRAM METRIC_FIELD_HISTOGRAM
#include "mailer/mailer_metrics.def"
#undef COUNTER
#undef GAUGE
#undef COUNTERS
#undef HISTOGRAM
};

struct delivery_result;

/* An attempt has ended, and the letter is in this state. */
void mailer_metrics_attempt(struct mailer_metrics *m,
			    const struct delivery_result *result, enum mail_state state);

#endif
