/* fanout: everybody is inside, posts come at a rate; what does a delivery cost, and how long does it take?
 * floor: the same load without a chat. */
#include "tests/bench/bench.h"

enum { SETTLE_MS = 60000 };

/* The floor of what a paced gateway does: all frames of an interval in one send. */
static enum status paced_floor(struct bench *b)
{
	size_t frames = (size_t)(b->o.rate * b->o.pace_ms / 1000);
	struct floor_result paced;
	enum status st = run_floor(b, frames > 1 ? frames : 1, b->o.rate, &paced);
	double us = paced.user_us + paced.system_us;

	report_add(&b->report, "paced_floor_cpu_us", us);
	report_add(&b->report, "cpu_to_paced_floor",
		   us > 0 ? report_get(&b->report, "cpu_us") / us : 0);
	return st;
}

enum status mode_fanout(struct bench *b)
{
	struct floor_result before, after;
	struct crowd *w;
	struct usage u;
	double seconds;
	enum status st = run_floor(b, (size_t)b->o.burst, b->o.rate, &before);

	if (st == ST_OK)
		st = run_crowd(b, (size_t)b->o.clients, &w);
	if (st == ST_OK)
		st = crowd_enter(w, 0, (size_t)b->o.clients);
	if (st != ST_OK)
		return st;
	crowd_settle(w, SETTLE_MS);
	run_posts(b, w, (size_t)b->o.clients, b->o.warm_up_ms);
	crowd_settle(w, SETTLE_MS);
	crowd_measure(w);
	u = usage_begin(b);
	run_posts(b, w, (size_t)b->o.clients, b->o.seconds_ms);
	seconds = (double)(process_clock() - u.began_ns) / 1e9;
	report_add(&b->report, "memory_per_client_bytes",
		   (double)processes_memory(&b->gateways) / (double)b->o.clients);
	crowd_settle(w, SETTLE_MS);
	report_usage(b, &u, (double)w->ledger->deliveries);
	report_ledger(b, w, seconds);
	if (w->ledger->complete + w->refused_busy + w->refused_fast < w->posted ||
	    crowd_behind(w) > 0)
		b->report.is_bad = true;
	for (size_t i = 0; i < w->options.clients; i++)
		crowd_leave(w, &w->clients[i]);
	st = run_floor(b, (size_t)b->o.burst, b->o.rate, &after);
	report_floor(b, &before, &after);
	if (st == ST_OK && b->o.floor && b->o.pace_ms > 0)
		st = paced_floor(b);
	return st;
}

enum status mode_floor(struct bench *b)
{
	struct floor_result before, after;
	enum status st = run_floor(b, (size_t)b->o.burst, b->o.rate, &before);

	if (st == ST_OK)
		st = run_floor(b, (size_t)b->o.burst, b->o.rate, &after);
	report_floor(b, &before, &after);
	return st;
}
