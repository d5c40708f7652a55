/* broker_metrics.h - the broker's numbers. */
#ifndef BROKER_BROKER_METRICS_H
#define BROKER_BROKER_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "broker/trail.h"
#include "common/bus.h"
#include "common/bus_msg.h"
#include "common/metrics.h"

struct broker;

enum {
	BROKER_COMMANDS =
		BUS_WAITING, /* kinds of commands are below the kinds of results */
	MAIL_REPORT_STATES = MAIL_WITHHELD + 1,
};
enum batch_oddity {
	BATCH_AGAIN,
	BATCH_LATE,
	BATCH_REFUSED,
	BATCH_START_OVER,
	BATCH_ODDITIES
};
enum control_result { CONTROL_ANSWERED, CONTROL_REFUSED };

struct broker_metrics {
#define METRICS "broker/broker_metrics.def"
#include "common/metric_fields.inc"
};

/* Looks at the room for what is not counted in place, and writes all of it. */
void broker_metrics_write(struct broker *b, FILE *out);

#endif
