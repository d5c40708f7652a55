/* mailman.h - plays the mailer: takes the letters with login codes from the broker's mail desk and reads
 * them instead of sending them.
 *
 * So the bench logs people in the way browsers do, without a mail server.  No plume-mailer may
 * run beside it: a letter goes to one of them. */
#ifndef TESTS_BENCH_MAILMAN_H
#define TESTS_BENCH_MAILMAN_H

#include <uv.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

struct bus_address;
struct mailman;
/* Slices are borrowed for the call. */
typedef void mailman_fn(void *ctx, struct slice email, struct slice code);

/* at: the mail endpoint.  Lives as long as the process. */
enum status mailman_new(uv_loop_t *loop, const struct bus_address *at,
			mailman_fn *on_code, void *ctx,
			struct mailman **out) ATTR_USE_RESULT;

#endif
