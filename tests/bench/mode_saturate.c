/* saturate: as many posts as go, with a window of posts that have not reached everybody; beside it the floor of
 * ten frames in a send.  Then more than goes: what is refused must have a reason, and what was
 * accepted must arrive. */
#include "tests/bench/bench.h"

enum { SETTLE_MS = 60000, FLOOR_FRAMES = 10 };

static void talk(struct bench *b, struct crowd *w, uint64_t window, uint64_t ms)
{
	uint64_t begin = process_clock(), now = begin, said = begin;
	size_t next = 0;

	while (now - begin < ms * 1000000) {
		for (int i = 0; i < 256 && run_under_way(w) < window; i++) {
			crowd_post(w, &w->clients[next]);
			next = (next + 1) % w->options.clients;
		}
		crowd_turn(w, run_under_way(w) < window ? 0 : 1000000);
		now = process_clock();
		if (now - said >= 1000000000) {
			run_says(b, "%.0f s, %llu posts, %llu deliveries, %llu under way",
				 (double)(now - begin) / 1e9,
				 (unsigned long long)w->posted,
				 (unsigned long long)w->ledger->deliveries,
				 (unsigned long long)run_under_way(w));
			said = now;
		}
	}
}

/* Beyond what goes: the senders hear why not, and nothing that was accepted is missing.  Who was closed comes
 * back, as a browser does, and has everything, too. */
static void overload(struct bench *b, struct crowd *w)
{
	uint64_t accepted;

	crowd_measure(w); /* everybody has everything: what is counted now was said now */
	talk(b, w, LEDGER_POSTS / 2, b->o.warm_up_ms);
	crowd_come_back(w, SETTLE_MS);
	run_finish(w);
	accepted = w->posted - w->refused_busy - w->refused_fast;
	report_add(&b->report, "overload_posted", (double)w->posted);
	report_add(&b->report, "overload_refused", (double)w->refused_busy);
	report_add(&b->report, "overload_missing",
		   (double)accepted - (double)w->ledger->complete);
	report_add(&b->report, "overload_lost", (double)w->ledger->lost);
	report_add(&b->report, "overload_closed", (double)w->closed_slow);
	if (w->ledger->complete != accepted || w->ledger->lost > 0 ||
	    w->ledger->doubled > 0 || w->closed > w->closed_slow)
		b->report.is_bad = true;
}

enum status mode_saturate(struct bench *b)
{
	struct floor_result before, after;
	struct crowd *w;
	struct usage u;
	double seconds;
	enum status st = run_floor(b, FLOOR_FRAMES, 0, &before);

	if (st == ST_OK)
		st = run_crowd(b, (size_t)b->o.clients, &w);
	if (st == ST_OK)
		st = crowd_enter(w, 0, (size_t)b->o.clients);
	if (st != ST_OK)
		return st;
	crowd_settle(w, SETTLE_MS);
	crowd_measure(w);
	talk(b, w, b->o.window, b->o.warm_up_ms);
	run_finish(w);
	crowd_measure(w);
	u = usage_begin(b);
	talk(b, w, b->o.window, b->o.seconds_ms);
	seconds = (double)(process_clock() - u.began_ns) / 1e9;
	report_usage(b, &u, (double)w->ledger->deliveries);
	report_ledger(b, w, seconds);
	run_finish(w);
	if (run_under_way(w) != 0 || crowd_behind(w) > 0 || w->ledger->lost > 0)
		b->report.is_bad = true;
	overload(b, w);
	for (size_t i = 0; i < w->options.clients; i++)
		crowd_leave(w, &w->clients[i]);
	st = run_floor(b, FLOOR_FRAMES, 0, &after);
	report_floor(b, &before, &after);
	return st;
}
