/* Signals in, exit code out; between them the loop runs. */
#include "common/daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/version.h"

static void on_signal(uv_signal_t *handle, int signum)
{
	struct daemon *d = handle->data;
	char why[32];

	if (d->signalled) {
		log_warn("stop", "why=\"second signal %d\"", signum);
		daemon_stop(d, 1);
		return;
	}
	d->signalled = true;
	daemon_drain(d, fmt(why, sizeof why, "signal %d", signum) ? why : "signal");
}

void daemon_drain(struct daemon *d, const char *why)
{
	if (d->draining)
		return;
	d->draining = true;
	log_info("drain", "why=\"%s\"", why);
	d->on_drain(d->ctx);
}

static void catch_signal(struct daemon *d, uv_signal_t *handle, int signum)
{
	if (uv_signal_init(d->loop, handle) != 0 ||
	    uv_signal_start(handle, on_signal, signum) != 0)
		abort(); /* before anything was opened */
	handle->data = d;
}

void daemon_init(struct daemon *d, uv_loop_t *loop, daemon_drain_fn *on_drain, void *ctx)
{
	*d = (struct daemon){.loop = loop, .on_drain = on_drain, .ctx = ctx};
	signal(SIGPIPE, SIG_IGN);
	umask(S_IRWXG | S_IRWXO); /* what a process keeps is its own */
	/* Its memory holds codes, keys and tokens: none of it is dumped into a file (SECURITY C10). */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE,
		  &(struct rlimit){0, 0}); /* the same, where one can see it */
	catch_signal(d, &d->term, SIGTERM);
	catch_signal(d, &d->interrupt, SIGINT);
	log_info("start", "version=%s bus=%d.%d pid=%ld", PLUME_VERSION, BUS_MAJOR,
		 BUS_MINOR, (long)getpid());
}

void daemon_run(struct daemon *d)
{
	uv_run(d->loop, UV_RUN_DEFAULT);
	log_info("stopped", "exit=%d", d->exit_code);
	fflush(NULL);
	_exit(d->exit_code);
}

void daemon_stop(struct daemon *d, int exit_code)
{
	d->exit_code = exit_code;
	uv_stop(d->loop);
}

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t daemon_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

uint64_t daemon_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}
