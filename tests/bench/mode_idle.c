/* idle: connections that do nothing; what does one cost in memory? */
#include "tests/bench/bench.h"

enum { SETTLE_MS = 120000 };

enum status mode_idle(struct bench *b)
{
	uint64_t gateways = processes_memory(&b->gateways);
	uint64_t broker = processes_memory(&b->broker);
	double n = (double)b->o.clients, seconds;
	struct crowd *w;
	struct usage u;
	enum status st = run_crowd(b, (size_t)b->o.clients, &w);

	if (st == ST_OK)
		st = crowd_enter(w, 0, (size_t)b->o.clients);
	if (st != ST_OK)
		return st;
	crowd_settle(w, SETTLE_MS);
	report_add(&b->report, "clients", n);
	report_add(&b->report, "gateway_memory_per_client_bytes",
		   ((double)processes_memory(&b->gateways) - (double)gateways) / n);
	report_add(&b->report, "broker_memory_per_client_bytes",
		   ((double)processes_memory(&b->broker) - (double)broker) / n);
	u = usage_begin(b);
	crowd_measure(w);
	for (uint64_t now = u.began_ns; now - u.began_ns < b->o.seconds_ms * 1000000;
	     now = process_clock())
		crowd_turn(w, 10000000);
	seconds = (double)(process_clock() - u.began_ns) / 1e9;
	report_usage(b, &u, n * seconds);
	report_add(&b->report, "closed", (double)w->closed);
	if (w->inside < b->o.clients)
		b->report.is_bad = true;
	return ST_OK;
}
