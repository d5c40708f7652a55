/* question.h - one request to the broker's control endpoint, and its answer or a deadline. */
#ifndef CTL_QUESTION_H
#define CTL_QUESTION_H

#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/slice.h"
#include "common/status.h"

struct bus_address;

/* Sends ask to the address and runs loop until the answer is there or timeout_ms (at most INT_MAX) have
 * passed.  Gives the answer's frame in *out, whose ptr the caller frees.  ST_ABSENT: nobody
 * answered in time; the request may have arrived all the same.
 *
 * To be called once in the life of a process: what it opened stays open, because closing NNG
 * 1.5.2's sockets can block for good (daemon.h). */
enum status question_ask(uv_loop_t *loop, const struct bus_address *at,
			 const struct bus_ask *ask, uint64_t timeout_ms,
			 struct slice *out) ATTR_USE_RESULT;

#endif
