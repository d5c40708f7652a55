/* The text format of Prometheus, written by one function for each kind. */
#include "common/metrics.h"

#include <inttypes.h>

const struct metric_buckets metric_ms = {
	13, 1000, {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}};
const struct metric_buckets metric_us = {13,
					 1000000,
					 {50, 100, 250, 500, 1000, 2500, 5000, 10000,
					  25000, 50000, 100000, 250000, 1000000}};
const struct metric_buckets metric_count = {
	10, 1, {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}};

void histogram_add(struct histogram *h, const struct metric_buckets *b, uint64_t value)
{
	size_t i = 0;

	while (i < b->n && value > b->bounds[i])
		i++;
	h->counts[i]++;
	h->sum += value;
}

static void write_simple(const struct metric *m, const uint64_t *values, FILE *out)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->label == NULL)
			fprintf(out, "%s %" PRIu64 "\n", m->name, values[i]);
		else if (m->values[i] != NULL)
			fprintf(out, "%s{%s=\"%s\"} %" PRIu64 "\n", m->name, m->label,
				m->values[i], values[i]);
	}
}

/* "0.0005": as many digits as it takes, whatever the locale. */
static void write_quotient(uint64_t value, uint64_t unit, FILE *out)
{
	uint64_t rest = value % unit;

	fprintf(out, "%" PRIu64, value / unit);
	if (rest != 0)
		fputc('.', out);
	for (; rest != 0; rest = rest * 10 % unit)
		fprintf(out, "%" PRIu64, rest * 10 / unit);
}

static void write_histogram(const struct metric *m, const struct histogram *h, FILE *out)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->buckets->n; i++) {
		sum += h->counts[i];
		fprintf(out, "%s_bucket{le=\"", m->name);
		write_quotient(m->buckets->bounds[i], m->buckets->unit, out);
		fprintf(out, "\"} %" PRIu64 "\n", sum);
	}
	sum += h->counts[m->buckets->n];
	fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", m->name, sum,
		m->name);
	write_quotient(h->sum, m->buckets->unit, out);
	fprintf(out, "\n%s_count %" PRIu64 "\n", m->name, sum);
}

void metrics_write(const struct metric *table, size_t n, const void *values, FILE *out)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};

	for (size_t i = 0; i < n; i++) {
		const struct metric *m = &table[i];
		const void *at = (const char *)values + m->offset;

		fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
			types[m->kind]);
		if (m->kind == METRIC_HISTOGRAM)
			write_histogram(m, at, out);
		else
			write_simple(m, at, out);
	}
}
