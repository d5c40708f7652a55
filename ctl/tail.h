/* tail.h - the room as it goes on, one JSON object per line.
 * See report_tail.h for what the lines are. */
#ifndef CTL_TAIL_H
#define CTL_TAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <uv.h>

#include "common/bus_msg.h"

struct bus_address;

struct tail_setup {
	const struct bus_address *at;
	struct slice key;    /* of control */
	uint64_t timeout_ms; /* for the first answer */
	bool has_after;      /* begin after this post; else with the next one */
	uint64_t after;
	FILE *out, *err;
};

enum tail_end {
	TAIL_STOPPED, /* by a signal, or nobody reads what is written any more */
	TAIL_ABSENT,  /* no answer to the first question */
	TAIL_DENIED,  /* the broker said no; its words are written */
	TAIL_STRANGE, /* the answer is not understood */
};

/* Asks until one of them; a broker that goes away is waited for. */
enum tail_end tail_run(uv_loop_t *loop, const struct tail_setup *setup);

#endif
