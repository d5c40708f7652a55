/* broker: accepted posts per second from several gateways that the bench plays itself, journal and all;
 * what one post costs the broker. */
#include "tests/bench/bench.h"
#include "tests/bench/guests.h"

enum status mode_broker(struct bench *b)
{
	struct guests_options options = {.commands = &b->commands,
					 .mail = &b->mail,
					 .guests = (size_t)b->o.people,
					 .seats = (size_t)b->o.gateway_count,
					 .batch = (size_t)b->o.batch,
					 .bytes = (size_t)b->o.bytes};
	struct guests *g;
	struct usage u;
	uint64_t before;
	double posts, seconds;
	enum status st = guests_new(uv_default_loop(), &options, &g);

	if (st == ST_OK)
		st = guests_enter(g);
	if (st != ST_OK)
		return st;
	guests_talk(g, 0, b->o.warm_up_ms);
	before = guests_accepted(g);
	u = usage_begin(b);
	guests_talk(g, 0, b->o.seconds_ms);
	seconds = (double)(process_clock() - u.began_ns) / 1e9;
	posts = (double)(guests_accepted(g) - before);
	report_add(&b->report, "gateways", (double)b->o.gateway_count);
	report_add(&b->report, "batch", (double)b->o.batch);
	report_add(&b->report, "posts", posts);
	report_add(&b->report, "posts_per_s", posts / seconds);
	report_add_times(&b->report, "batch", guests_batches(g));
	report_usage(b, &u, posts);
	report_add(&b->report, "broker_memory_bytes",
		   (double)processes_memory(&b->broker));
	report_add(&b->report, "refused", (double)guests_refused(g));
	if (guests_refused(g) > 0)
		b->report.is_bad = true;
	return ST_OK;
}
