/* recover: how long a broker takes to be back, with a long history and many sessions.
 *
 * Starts a broker of its own on --state, fills it, kills it and starts it again; then once more after it was
 * stopped in peace, and last with a history of one post: what it takes less, its posts took. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/memory.h"
#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/guests.h"

struct recovery {
	char *state, *log, history[24];
	int pid;
	uint64_t ready_ns;
};

static enum status start(struct bench *b, struct recovery *r)
{
	char *argv[] = {(char *)(uintptr_t)b->o.broker,
			"--bus",
			(char *)(uintptr_t)b->o.bus.url,
			"--state",
			r->state,
			"--history",
			r->history,
			"--history-bytes",
			"0",
			"--mails-per-network",
			"0",
			"--mails-per-address",
			"0",
			"--mail-interval",
			"0",
			NULL};
	enum status st;

	/* By the environment: not every broker has this limit. */
	if (setenv("PLUME_MAIL_PACE", "0", 1) != 0)
		return ST_IO;
	st = child_start(argv, r->log, &r->pid, &r->ready_ns);

	if (st != ST_OK)
		fprintf(stderr, "plume-bench: %s did not start, see %s\n", b->o.broker,
			r->log);
	return st;
}

static void report_start(struct bench *b, const struct recovery *r, const char *what)
{
	struct processes p = {.n = 1, .pids = {r->pid}};
	struct process_cpu cpu = processes_cpu(&p);
	char name[REPORT_NAME];

	if (fmt(name, sizeof name, "%s_ready_ms", what))
		report_add(&b->report, name, (double)r->ready_ns / 1e6);
	if (fmt(name, sizeof name, "%s_cpu_ms", what))
		report_add(&b->report, name, (cpu.user_us + cpu.system_us) / 1e3);
	if (fmt(name, sizeof name, "%s_memory_bytes", what))
		report_add(&b->report, name, (double)processes_memory(&p));
}

/* A start on what is there; all of it must be there. */
static enum status start_again(struct bench *b, struct recovery *r, struct guests *g,
			       int signal, const char *what)
{
	uint64_t newest = guests_newest(g), refused = guests_refused(g), answered_ns;
	enum status st;

	child_end(r->pid, signal);
	st = start(b, r);
	if (st != ST_OK)
		return st;
	report_start(b, r, what);
	answered_ns = guests_beat(g);
	run_says(b, "%s: ready after %.0f ms, the first answer %.0f ms later", what,
		 (double)r->ready_ns / 1e6, (double)answered_ns / 1e6);
	if (guests_newest(g) != newest || guests_refused(g) != refused)
		b->report.is_bad = true;
	return ST_OK;
}

static double size_of(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 ? (double)s.st_size : 0;
}

static enum status fill(struct bench *b, struct guests *g)
{
	enum status st = guests_enter(g);

	if (st == ST_OK && guests_newest(g) < b->o.posts)
		guests_talk(g, b->o.posts - guests_newest(g), 0);
	(void)guests_beat(g);
	run_says(b, "%llu posts of %llu people", (unsigned long long)guests_newest(g),
		 (unsigned long long)b->o.sessions);
	return st;
}

enum status mode_recover(struct bench *b)
{
	struct recovery r = {.state = xstrdup(b->o.state)};
	struct guests_options options = {.commands = &b->commands,
					 .mail = &b->mail,
					 .guests = (size_t)b->o.sessions,
					 .seats = 1,
					 .batch = (size_t)b->o.batch,
					 .bytes = (size_t)b->o.bytes};
	struct guests *g;
	enum status st;

	if (access(b->o.state, F_OK) == 0) {
		fprintf(stderr, "plume-bench: --state %s is there already\n", b->o.state);
		return ST_EXISTS;
	}
	r.log = xasprintf("%s.log", b->o.state);
	if (!fmt(r.history, sizeof r.history, "%llu",
		 (unsigned long long)(b->o.posts > 1 ? b->o.posts : 1)))
		return ST_RANGE;
	st = start(b, &r);
	if (st == ST_OK) {
		report_start(b, &r, "empty");
		st = guests_new(uv_default_loop(), &options, &g);
	}
	if (st == ST_OK)
		st = fill(b, g);
	if (st == ST_OK)
		st = start_again(b, &r, g, SIGKILL, "killed");
	if (st == ST_OK)
		st = start_again(b, &r, g, SIGTERM, "stopped");
	if (st == ST_OK && fmt(r.history, sizeof r.history, "1"))
		st = start_again(b, &r, g, SIGTERM, "short");
	if (st == ST_OK) {
		report_add(&b->report, "posts", (double)guests_newest(g));
		report_add(&b->report, "sessions", (double)b->o.sessions);
		report_add(&b->report, "state_bytes", size_of(b->o.state));
	}
	if (r.pid > 0)
		child_end(r.pid, SIGTERM);
	return st;
}
