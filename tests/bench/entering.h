/* entering.h - the way of a client into the room: hello, the code from the mail, auth; or resume. */
#ifndef TESTS_BENCH_ENTERING_H
#define TESTS_BENCH_ENTERING_H

#include <stdbool.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

struct bus_address;
struct client;
struct crowd;

/* Begins to take mail. */
enum status entering_start(struct crowd *w,
			   const struct bus_address *mail) ATTR_USE_RESULT;
/* The gateway that this client goes to. */
const char *entering_host(const struct crowd *w, const struct client *c);
/* Says hello, or resumes the person's session.  False: the connection is of no use. */
bool entering_ask(struct crowd *w, struct client *c);
/* What the gateway says to this client alone. */
bool entering_hear(struct crowd *w, struct client *c, struct slice json);

#endif
