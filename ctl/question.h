/* question.h - requests to the broker's control endpoint, one at a time, and their answers or a deadline. */
#ifndef CTL_QUESTION_H
#define CTL_QUESTION_H

#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/slice.h"
#include "common/status.h"

struct bus_address;
struct question;

/* resend_ms: after how long without an answer a request is sent again; 0: as the bus does.  Lives as long as
 * the process: closing NNG 1.5.2's sockets can block for good (daemon.h). */
enum status question_new(uv_loop_t *loop, const struct bus_address *at, int resend_ms,
			 struct question **out) ATTR_USE_RESULT;
/* Sends it; nothing may be waited for. */
void question_send(struct question *q, const struct bus_ask *ask);
/* Runs the loop until the answer is there or timeout_ms (at most INT_MAX; 0: no deadline) have passed.  Gives
 * the answer's frame in *out, whose ptr the caller frees.  ST_ABSENT: nobody answered in time, or somebody
 * else stopped the loop; the request may have arrived all the same, and may be waited for again. */
enum status question_wait(struct question *q, uint64_t timeout_ms,
			  struct slice *out) ATTR_USE_RESULT;
/* Ends the connection, so that the request is sent again over a new one. */
void question_redial(struct question *q);

#endif
