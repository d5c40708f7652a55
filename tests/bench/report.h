/* report.h - what a mode found out: named numbers, for people or as one JSON object. */
#ifndef TESTS_BENCH_REPORT_H
#define TESTS_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/bench/histogram.h"

enum { REPORT_MAX = 64, REPORT_NAME = 48 };

struct report {
	const char *mode;
	size_t n;
	struct {
		char name[REPORT_NAME];
		double value;
	} rows[REPORT_MAX];
	bool is_bad; /* something was lost, doubled or refused that must not be */
};

/* name is a word of letters, digits and underscores; its last part is the unit. */
void report_add(struct report *r, const char *name, double value);
/* NAME_p50_ms, NAME_p99_ms and NAME_max_ms of nanoseconds. */
void report_add_times(struct report *r, const char *name, const struct histogram *h);
/* The value added under this name; 0 when there is none. */
double report_get(const struct report *r, const char *name);
void report_print(const struct report *r, bool as_json, FILE *out);

#endif
