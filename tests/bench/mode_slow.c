/* slow: some readers stop.  The others must not notice, memory must not grow, and who stopped has
 * everything in the end: from the frame log, or told (1013) and from history. */
#include "tests/bench/bench.h"

enum { SETTLE_MS = 60000, RETURN_MS = 60000 };

static void stop(struct bench *b, struct crowd *w, bool is_stopped)
{
	for (size_t i = 0; i < b->o.stopped; i++) {
		if (w->clients[i].state == CLIENT_INSIDE)
			client_stop(&w->clients[i], w->poll, is_stopped);
	}
}

enum status mode_slow(struct bench *b)
{
	uint64_t memory, speakers = b->o.clients - b->o.stopped;
	struct crowd *w;
	struct usage u;
	double seconds;
	enum status st = ST_RANGE;

	if (b->o.stopped < b->o.clients)
		st = run_crowd(b, (size_t)b->o.clients, &w);
	if (st == ST_OK)
		st = crowd_enter(w, 0, (size_t)b->o.clients);
	if (st != ST_OK)
		return st;
	crowd_settle(w, SETTLE_MS);
	/* Who speaks must read: the last clients, not the stopped. */
	crowd_measure(w);
	run_posts_of(b, w, (size_t)b->o.stopped, (size_t)speakers, b->o.seconds_ms / 2);
	crowd_settle(w, SETTLE_MS);
	report_add_times(&b->report, "all_read", &w->ledger->each);
	memory = processes_memory(&b->gateways);
	crowd_measure(w);
	stop(b, w, true);
	w->ledger->readers = (uint32_t)speakers;
	u = usage_begin(b);
	run_posts_of(b, w, (size_t)b->o.stopped, (size_t)speakers, b->o.seconds_ms);
	seconds = (double)(process_clock() - u.began_ns) / 1e9;
	crowd_settle(w, SETTLE_MS);
	report_add(&b->report, "memory_growth_bytes",
		   (double)processes_memory(&b->gateways) - (double)memory);
	report_usage(b, &u, (double)w->ledger->deliveries);
	report_add_times(&b->report, "some_stopped", &w->ledger->each);
	report_add(&b->report, "posts_per_s", (double)w->ledger->seen / seconds);
	stop(b, w, false);
	crowd_come_back(w, RETURN_MS);
	crowd_settle(w, SETTLE_MS);
	report_add(&b->report, "told_too_slow", (double)w->closed_slow);
	report_add(&b->report, "behind", (double)crowd_behind(w));
	report_add(&b->report, "lost", (double)w->ledger->lost);
	report_add(&b->report, "doubled", (double)w->ledger->doubled);
	if (crowd_behind(w) > 0 || w->ledger->lost > 0 || w->ledger->doubled > 0 ||
	    w->inside < b->o.clients)
		b->report.is_bad = true;
	return ST_OK;
}
