/* metrics.h - numbers that a process counts, and how they are told (Prometheus' text format 0.0.4).
 *
 * A process has one struct of plain numbers that it changes in place, and one table that says what
 * they are; the table is expanded from a NOUN.def, of which docs/OPERATIONS.md is made too:
 *
 *   COUNTER(field, name, help, advice)       GAUGE(field, name, help, advice)
 *   COUNTERS(field, n, label, values, name, help, advice)    one for each value of a label
 *   HISTOGRAM(field, buckets, name, help, advice)
 *
 * No name, address or anything else of a person is ever a label. */
#ifndef COMMON_METRICS_H
#define COMMON_METRICS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { METRIC_BUCKETS_MAX = 16 };

/* Upper bounds, ascending; a value of `unit` is told as 1. */
struct metric_buckets {
	size_t n;
	uint64_t unit;
	uint64_t bounds[METRIC_BUCKETS_MAX];
};

extern const struct metric_buckets metric_ms;    /* milliseconds, told in seconds */
extern const struct metric_buckets metric_us;    /* microseconds, told in seconds */
extern const struct metric_buckets metric_count; /* of things */

struct histogram {
	uint64_t counts[METRIC_BUCKETS_MAX +
			1]; /* each value once; the last: beyond all bounds */
	uint64_t sum;
};

void histogram_add(struct histogram *h, const struct metric_buckets *b, uint64_t value);

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric {
	enum metric_kind kind;
	const char *name, *help;
	size_t offset; /* in the struct: of a uint64_t, of n of them, or of a histogram */
	const char *label;         /* NULL: none */
	const char *const *values; /* of the label; n of them, NULL where there is none */
	size_t n;
	const struct metric_buckets *buckets;
};

void metrics_write(const struct metric *table, size_t n, const void *values, FILE *out);

#endif
