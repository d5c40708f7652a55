/* reports.h - what became of letters, on its way to the broker's mail desk.
 *
 * One report is in flight at a time, over a connection of its own, so that a held TAKE
 * never delays it.  Bound: REPORTS_MAX wait; a newer report on a letter replaces the
 * one that waits, and when all of them are of different letters the oldest is dropped
 * and logged (the lease of its letter then ends by itself). */
#ifndef MAILER_REPORTS_H
#define MAILER_REPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/status.h"

enum {
	REPORTS_MAX = 4096,
	REPORTS_SILENCE_MS =
		3000, /* without an answer, after which the link is dialled anew */
};

struct bus_address;
struct refusals;
struct reports;

struct reports_answer {
	uint64_t mailer, letter;
	enum mail_state state; /* that was reported */
	bool known;            /* false: it is over, or somebody else has it */
	uint64_t sent_ms;      /* when the report first left */
};
typedef void reports_answer_fn(void *ctx, const struct reports_answer *answer);
/* The last one was answered. */
typedef void reports_empty_fn(void *ctx);

struct reports_setup {
	uv_loop_t *loop;
	const struct bus_address *at;
	struct refusals *refusals; /* where to count; borrowed for its life */
	reports_answer_fn *on_answer;
	reports_empty_fn *on_empty;
	void *ctx;
};

enum status reports_new(const struct reports_setup *setup,
			struct reports **out) ATTR_USE_RESULT;
void reports_free(struct reports **r);
/* Copies. */
void reports_add(struct reports *r, const struct bus_report *report);
/* Dials anew when the one in flight is not answered; when to look again, UINT64_MAX: no need. */
uint64_t reports_watch(struct reports *r, uint64_t now_ms);
/* Nothing waits and nothing is in flight. */
bool reports_are_done(const struct reports *r);

#endif
