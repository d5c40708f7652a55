/* child.h - a program of Plume that the bench starts and ends by itself. */
#ifndef TESTS_BENCH_CHILD_H
#define TESTS_BENCH_CHILD_H

#include <stdint.h>

#include "common/attr.h"
#include "common/status.h"

/* Runs argv (ended by NULL) with its log in the file; it dies with the bench.  Gives the time from the start to
 * its line event=ready.  ST_IO: it ended before, or took longer than a minute. */
enum status child_start(char *const *argv, const char *log, int *pid_out,
			uint64_t *ready_ns_out) ATTR_USE_RESULT;
/* Sends it this signal and waits for its end. */
void child_end(int pid, int signal);

#endif
