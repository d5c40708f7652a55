/* mailer_metrics.h - a mailer's numbers. */
#ifndef MAILER_MAILER_METRICS_H
#define MAILER_MAILER_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "common/bus_msg.h"
#include "common/metrics.h"

enum { MAILER_STATES = MAIL_WITHHELD + 1 };

struct mailer_metrics {
#define METRICS "mailer/mailer_metrics.def"
#include "common/metric_fields.inc"
};

/* An attempt has ended, and the letter is in this state. */
void mailer_metrics_attempt(struct mailer_metrics *m, enum mail_state state);

#endif
