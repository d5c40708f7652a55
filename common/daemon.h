/* daemon.h - the life of a process that serves: one loop, a drain on SIGTERM, an exit code.
 *
 * SIGTERM or SIGINT asks for a drain: on_drain() is called once, and daemon_stop() ends the loop when
 * everything is finished.  A second signal ends it at once.  SIGPIPE is ignored. */
#ifndef COMMON_DAEMON_H
#define COMMON_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

typedef void daemon_drain_fn(void *ctx);

struct daemon {
	uv_loop_t *loop; /* borrowed */
	uv_signal_t term, interrupt;
	daemon_drain_fn *on_drain;
	void *ctx;
	bool draining, signalled;
	int exit_code;
};

/* Catches the signals on loop and logs event=start with the versions. */
void daemon_init(struct daemon *d, uv_loop_t *loop, daemon_drain_fn *on_drain, void *ctx);
/* Begins the drain without a signal; the first signal after it only agrees. */
void daemon_drain(struct daemon *d, const char *why);
/* Serves until daemon_stop(), then ends the process with its exit code and without waiting
 * for NNG's threads: closing NNG 1.5.2's sockets can block for good (its issue 1543), and nothing
 * is left to save. */
_Noreturn void daemon_run(struct daemon *d);
/* Ends the loop after this turn; exit_code: 0 drained, 1 failed. */
void daemon_stop(struct daemon *d, int exit_code);

/* The clocks, each read in this one place.  Monotonic for durations, wall for what people read
 * and what must hold over a restart; both in milliseconds. */
uint64_t daemon_now_ms(void);
uint64_t daemon_wall_ms(void);

#endif
