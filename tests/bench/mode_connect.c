/* connect: logins by mail, resumes, and what a storm of them does to those who are inside. */
#include "tests/bench/bench.h"

enum { SETTLE_MS = 60000, INSIDERS = 100, LISTEN_MS = 2000 };

/* Posts among the insiders while nothing else happens; the delay at p99. */
static double quiet(struct bench *b, struct crowd *w)
{
	crowd_settle(w, SETTLE_MS);
	crowd_measure(w);
	run_posts(b, w, INSIDERS, LISTEN_MS);
	crowd_settle(w, SETTLE_MS);
	report_add_times(&b->report, "quiet", &w->ledger->each);
	return (double)histogram_at(&w->ledger->each, 0.99) / 1e6;
}

/* Connection after connection resumes and leaves, the window always full, while the insiders talk. */
static void storm(struct bench *b, struct crowd *w)
{
	uint64_t begin = process_clock(), now = begin, entered = w->entered;
	uint64_t period = 1000000000 / b->o.rate, due = begin;
	size_t first = INSIDERS, n = w->options.clients - INSIDERS, next = 0, speaker = 0;

	histogram_clear(&w->entering);
	while (now - begin < b->o.seconds_ms * 1000000) {
		size_t begun = 0;

		for (size_t i = 0; i < n && begun < b->o.window; i++) {
			struct client *c = &w->clients[first + next];

			next = (next + 1) % n;
			if (c->state == CLIENT_INSIDE)
				crowd_leave(w, c);
			if (c->state != CLIENT_IDLE)
				continue;
			c->position = 0;
			crowd_begin(w, c);
			begun++;
		}
		for (; now >= due; due += period)
			crowd_post(w, &w->clients[speaker++ % INSIDERS]);
		crowd_turn(w, 1000000);
		now = process_clock();
	}
	report_add(&b->report, "resumes_per_s",
		   (double)(w->entered - entered) / ((double)(now - begin) / 1e9));
	report_add_times(&b->report, "resume", &w->entering);
}

enum status mode_connect(struct bench *b)
{
	struct crowd *w;
	struct usage u;
	uint64_t began, entered, resumes;
	size_t people;
	double before, during;
	enum status st =
		run_crowd(b, INSIDERS + (size_t)b->o.people + (size_t)b->o.window, &w);

	if (st != ST_OK)
		return st;
	people = w->options.people;
	began = process_clock();
	u = usage_begin(b);
	st = crowd_enter(w, 0, people);
	if (st != ST_OK)
		return st;
	report_add(&b->report, "logins_per_s",
		   (double)people / ((double)(process_clock() - began) / 1e9));
	report_add_times(&b->report, "login", &w->entering);
	report_usage(b, &u, (double)people);
	for (size_t i = INSIDERS; i < people; i++)
		crowd_leave(w, &w->clients[i]);
	before = quiet(b, w);
	crowd_measure(w);
	u = usage_begin(b);
	entered = w->entered;
	storm(b, w);
	resumes = w->entered - entered;
	during = (double)histogram_at(&w->ledger->each, 0.99) / 1e6;
	report_add(&b->report, "gateway_cpu_us_per_resume",
		   process_cpu_since(processes_cpu(&b->gateways), u.gateways).user_us /
				   (double)(resumes > 0 ? resumes : 1) +
			   process_cpu_since(processes_cpu(&b->gateways), u.gateways)
					   .system_us /
				   (double)(resumes > 0 ? resumes : 1));
	report_add_times(&b->report, "storm", &w->ledger->each);
	report_add(&b->report, "storm_adds_p99_ms", during - before);
	report_add(&b->report, "turned_away", (double)w->turned_away);
	report_add(&b->report, "failed", (double)w->failed);
	if (resumes == 0 || w->failed > 0 || w->ledger->lost > 0)
		b->report.is_bad = true;
	return ST_OK;
}
