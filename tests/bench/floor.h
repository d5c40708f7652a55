/* floor.h - the least that fan-out can cost here: a process that does nothing but send() prepared frames to
 * every socket.
 *
 * The frames look like a gateway's, the readers are the same (crowd.h), the sockets are set up as a gateway's
 * are; so what a gateway costs beside it is what a chat costs over the kernel's own price. */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/status.h"
#include "tests/bench/histogram.h"

struct floor_options {
	size_t clients, samples;
	size_t bytes;    /* of a text */
	size_t per_send; /* frames in one send() */
	uint64_t rate;   /* frames per second to each client; 0: as many as go */
	uint64_t seconds_ms;
	bool apart; /* the sender leaves the readers' processor */
};

struct floor_result {
	double deliveries, seconds;
	double user_us, system_us; /* of the sender, per delivery */
	struct histogram last;     /* ns from a frame's making to the last reader */
	uint64_t wrong;            /* lost or doubled: a fault of the bench */
};

enum status floor_run(const struct floor_options *options,
		      struct floor_result *out) ATTR_USE_RESULT;

#endif
