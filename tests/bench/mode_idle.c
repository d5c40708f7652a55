/* idle: connections that do nothing; what does one cost in memory?
 *
 * They come in two halves: what the second half adds is without what is there once, such as caches that
 * fill. */
#include "tests/bench/bench.h"

enum { SETTLE_MS = 120000 };

struct memory {
	double gateways, broker;
};

static struct memory memory_of(const struct bench *b)
{
	return (struct memory){(double)processes_memory(&b->gateways),
			       (double)processes_memory(&b->broker)};
}

/* Lets some in, and tells the memory then. */
static enum status enter(struct bench *b, struct crowd *w, size_t first, size_t n,
			 struct memory *out)
{
	enum status st = crowd_enter(w, first, n);

	if (st != ST_OK)
		return st;
	crowd_settle(w, SETTLE_MS);
	*out = memory_of(b);
	return ST_OK;
}

enum status mode_idle(struct bench *b)
{
	size_t n = (size_t)b->o.clients, half = n / 2;
	struct memory before = memory_of(b), then = before, all;
	double seconds;
	struct crowd *w;
	struct usage u;
	enum status st = run_crowd(b, n, &w);

	if (st == ST_OK && half > 0)
		st = enter(b, w, 0, half, &then);
	if (st == ST_OK)
		st = enter(b, w, half, n - half, &all);
	if (st != ST_OK)
		return st;
	report_add(&b->report, "clients", (double)n);
	report_add(&b->report, "people", (double)w->options.people);
	report_add(&b->report, "gateway_memory_per_client_bytes",
		   (all.gateways - before.gateways) / (double)n);
	report_add(&b->report, "broker_memory_per_client_bytes",
		   (all.broker - before.broker) / (double)n);
	report_add(&b->report, "broker_memory_per_further_client_bytes",
		   (all.broker - then.broker) / (double)(n - half));
	u = usage_begin(b);
	crowd_measure(w);
	for (uint64_t now = u.began_ns; now - u.began_ns < b->o.seconds_ms * 1000000;
	     now = process_clock())
		crowd_turn(w, 10000000);
	seconds = (double)(process_clock() - u.began_ns) / 1e9;
	report_usage(b, &u, (double)n * seconds);
	report_add(&b->report, "closed", (double)w->closed);
	if (w->inside < b->o.clients)
		b->report.is_bad = true;
	return ST_OK;
}
