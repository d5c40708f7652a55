/* What several modes do: talk at a rate, and tell what was used and seen. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/memory.h"
#include "tests/bench/bench.h"

enum { FINISH_MS = 60000 };

void run_says(const struct bench *b, const char *format, ...)
{
	va_list args;

	if (!b->o.progress)
		return;
	fprintf(stderr, "plume-bench %s: ", b->report.mode);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

enum status run_crowd(struct bench *b, size_t clients, struct crowd **out)
{
	size_t people = b->o.people < clients ? (size_t)b->o.people : clients;
	struct crowd_options options = {.gateways = &b->o.gateways,
					.mail = b->mail.url[0] != '\0' ? &b->mail : NULL,
					.clients = clients,
					.people = people,
					.samples = (size_t)b->o.samples,
					.window = (size_t)b->o.window,
					.bytes = (size_t)b->o.bytes};
	enum status st = crowd_new(&options, out);

	if (st == ST_OK && (*out)->n_gateways == 0) {
		fprintf(stderr, "plume-bench: this mode needs --gateway\n");
		return ST_RANGE;
	}
	return st;
}

struct usage usage_begin(const struct bench *b)
{
	return (struct usage){processes_cpu(&b->gateways), processes_cpu(&b->broker),
			      process_clock()};
}

void report_usage(struct bench *b, const struct usage *u, double deliveries)
{
	struct process_cpu g =
		process_cpu_since(processes_cpu(&b->gateways), u->gateways);
	struct process_cpu k = process_cpu_since(processes_cpu(&b->broker), u->broker);
	double n = deliveries > 0 ? deliveries : 1;
	double seconds = (double)(process_clock() - u->began_ns) / 1e9;

	report_add(&b->report, "cpu_us",
		   (g.user_us + g.system_us + k.user_us + k.system_us) / n);
	report_add(&b->report, "cpu_user_us", (g.user_us + k.user_us) / n);
	report_add(&b->report, "gateway_cpu_us", (g.user_us + g.system_us) / n);
	report_add(&b->report, "broker_cpu_us", (k.user_us + k.system_us) / n);
	report_add(&b->report, "gateway_cpu_share",
		   (g.user_us + g.system_us) / 1e6 / seconds);
	report_add(&b->report, "broker_cpu_share",
		   (k.user_us + k.system_us) / 1e6 / seconds);
}

void report_ledger(struct bench *b, struct crowd *w, double seconds)
{
	struct ledger *l = w->ledger;
	report_add(&b->report, "posts", (double)l->seen);
	report_add(&b->report, "posts_per_s", (double)l->seen / seconds);
	report_add(&b->report, "deliveries", (double)l->deliveries);
	report_add(&b->report, "deliveries_per_s", (double)l->deliveries / seconds);
	report_add_times(&b->report, "latency_each", &l->each);
	report_add_times(&b->report, "latency_last", &l->last);
	report_add(&b->report, "lost", (double)l->lost);
	report_add(&b->report, "doubled", (double)l->doubled);
	report_add(&b->report, "refused_busy", (double)w->refused_busy);
	report_add(&b->report, "refused_fast", (double)w->refused_fast);
	report_add(&b->report, "refused_else", (double)w->refused_else);
	report_add(&b->report, "closed_slow", (double)w->closed_slow);
	report_add(&b->report, "closed", (double)w->closed);
	if (l->lost > 0 || l->doubled > 0 || w->refused_else > 0 || w->closed > 0)
		b->report.is_bad = true;
}

void run_posts_of(struct bench *b, struct crowd *w, size_t first, size_t talkers,
		  uint64_t ms)
{
	uint64_t begin = process_clock(), end = begin + ms * 1000000, now = begin;
	uint64_t period = 1000000000 * b->o.burst / b->o.rate;
	uint64_t said = begin, due = begin;
	size_t next = 0;

	while (now < end) {
		for (int i = 0; i < 64 && now >= due; i++, due += period) {
			crowd_post_together(w, &w->clients[first + next],
					    (size_t)b->o.burst);
			next = (next + 1) % talkers;
		}
		crowd_turn(w, now >= due             ? 0
			      : due - now < 10000000 ? due - now
						     : 10000000);
		now = process_clock();
		if (now - said >= 1000000000) {
			run_says(b, "%.0f s, %llu posts, %llu deliveries",
				 (double)(now - begin) / 1e9,
				 (unsigned long long)w->posted,
				 (unsigned long long)w->ledger->deliveries);
			said = now;
		}
	}
}

void run_posts(struct bench *b, struct crowd *w, size_t talkers, uint64_t ms)
{
	run_posts_of(b, w, 0, talkers, ms);
}

uint64_t run_under_way(const struct crowd *w)
{
	return w->posted - w->ledger->complete - w->refused_busy - w->refused_fast -
	       w->refused_else;
}

void run_finish(struct crowd *w)
{
	uint64_t end = process_clock() + FINISH_MS * UINT64_C(1000000);

	while (run_under_way(w) > 0 && process_clock() < end)
		crowd_turn(w, 10000000);
	crowd_settle(w, FINISH_MS);
}

enum status run_floor(struct bench *b, size_t per_send, uint64_t rate,
		      struct floor_result *out)
{
	struct floor_options options = {.clients = (size_t)b->o.clients,
					.samples = (size_t)b->o.samples,
					.bytes = (size_t)b->o.bytes,
					.per_send = per_send,
					.rate = rate,
					.seconds_ms = b->o.seconds_ms / 2,
					.apart = b->o.apart};

	memset(out, 0, sizeof *out);
	if (!b->o.floor)
		return ST_OK;
	run_says(b, "the floor: %zu in a send, %llu/s", per_send,
		 (unsigned long long)rate);
	return floor_run(&options, out);
}

void report_floor(struct bench *b, const struct floor_result *before,
		  const struct floor_result *after)
{
	double n = before->deliveries + after->deliveries;
	double us, seconds = before->seconds + after->seconds;
	struct histogram last = before->last;

	if (n <= 0)
		return;
	us = ((before->user_us + before->system_us) * before->deliveries +
	      (after->user_us + after->system_us) * after->deliveries) /
	     n;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		last.counts[i] += after->last.counts[i];
	last.total += after->last.total;
	if (after->last.most > last.most)
		last.most = after->last.most;
	report_add(&b->report, "floor_cpu_us", us);
	report_add(&b->report, "floor_deliveries_per_s", n / seconds);
	report_add_times(&b->report, "floor_latency_last", &last);
	if (before->wrong + after->wrong > 0)
		b->report.is_bad = true;
	/* The kernel counts CPU time in hundredths of a second: a short floor may have none. */
	report_add(&b->report, "cpu_to_floor",
		   us > 0 ? report_get(&b->report, "cpu_us") / us : 0);
	if (report_get(&b->report, "deliveries_per_s") > 0)
		report_add(&b->report, "deliveries_to_floor",
			   report_get(&b->report, "deliveries_per_s") * seconds / n);
}
