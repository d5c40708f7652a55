/* bench.h - one run of plume-bench: its options, the mode, the report. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/bus_options.h"
#include "common/config.h"
#include "common/status.h"
#include "tests/bench/crowd.h"
#include "tests/bench/floor.h"
#include "tests/bench/process.h"
#include "tests/bench/report.h"

struct bench_options {
	struct bus_settings bus;
	struct config_list gateways, pids;
	uint64_t broker_pid;
	uint64_t clients, people, samples, window, gateway_count, batch;
	uint64_t rate, burst, bytes, seconds_ms, warm_up_ms, pace_ms;
	uint64_t stopped, posts, sessions;
	const char *broker, *state;
	uint64_t peer; /* enum peer_kind */
	bool json, progress, floor, apart;
	uint64_t log_level;
};

struct bench {
	struct bench_options o;
	struct bus_address commands, mail;
	struct processes gateways, broker;
	struct report report;
};

/* What the two kinds of processes used since it was begun. */
struct usage {
	struct process_cpu gateways, broker;
	uint64_t began_ns;
};

typedef enum status bench_mode(struct bench *b);
bench_mode mode_idle, mode_fanout, mode_saturate, mode_connect, mode_broker, mode_slow,
	mode_recover, mode_floor, mode_peer;

/* -- what modes share (run.c) -- */

/* A crowd with the run's options; people and clients are given by them. */
enum status run_crowd(struct bench *b, size_t clients,
		      struct crowd **out) ATTR_USE_RESULT;
struct usage usage_begin(const struct bench *b);
/* CPU per delivery, of gateways and broker, and how it divides. */
void report_usage(struct bench *b, const struct usage *u, double deliveries);
/* What the ledger saw; anything lost, doubled or closed makes the report bad. */
void report_ledger(struct bench *b, struct crowd *w, double seconds);
/* Posts at the run's rate, burst after burst, from client after client among the first `talkers`. */
void run_posts(struct bench *b, struct crowd *w, size_t talkers, uint64_t ms);
/* The same from the clients first..first+talkers-1. */
void run_posts_of(struct bench *b, struct crowd *w, size_t first, size_t talkers,
		  uint64_t ms);
/* Posts that are neither with everybody nor refused. */
uint64_t run_under_way(const struct crowd *w);
/* Until there are none, and all is quiet: a moment of silence alone may be the machine's. */
void run_finish(struct crowd *w);
/* Half of the floor before a measurement, half after it. */
enum status run_floor(struct bench *b, size_t per_send, uint64_t rate,
		      struct floor_result *out) ATTR_USE_RESULT;
/* The two halves as one, into the report. */
void report_floor(struct bench *b, const struct floor_result *before,
		  const struct floor_result *after);
/* "text" while it runs, if progress is wanted. */
void run_says(const struct bench *b, const char *format, ...) ATTR_PRINTF(2, 3);

#endif
