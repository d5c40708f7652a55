/* outbox.h - the letters that mailers have taken, kept until the broker knows what became of them.
 *
 *            +-------------- again --------------+
 *            v                                   |
 *   queued --+--> sending --+--> deferred -------+
 *     |                     |        |
 *     |                     +--> sent, refused, expired --broker answered--> (no row)
 *     +-- not ours any more, given back --> (no row)
 *
 * A row stands in the audit file (audit.h); its letter, with address and code, is sealed with FILE.key and
 * wiped as soon as nothing will be sent any more.  A row belongs to a slot (slots.h), and a slot has
 * one number on the bus: a mailer that is started again is the same mailer to the broker, and
 * another one may go on in its name.  All that writes stands within a transaction of the audit. */
#ifndef MAILER_OUTBOX_H
#define MAILER_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/entropy.h"
#include "common/status.h"

struct audit;

/* The number on the bus of whoever holds the slot; made when there is none. */
enum status outbox_mailer(struct audit *a, unsigned slot, const struct entropy *e,
			  uint64_t *out) ATTR_USE_RESULT;

/* A bit for each slot that has rows. */
enum status outbox_slots(struct audit *a, uint64_t *mask_out) ATTR_USE_RESULT;

enum outbox_state {
	OUTBOX_QUEUED,
	OUTBOX_SENDING,
	OUTBOX_DEFERRED,
	OUTBOX_SENT,
	OUTBOX_REFUSED,
	OUTBOX_EXPIRED,
	OUTBOX_STATES
};
const char *outbox_state_name(enum outbox_state state);

/* Times are of the wall clock: they must hold over a restart. */
struct outbox_row {
	unsigned slot;
	uint64_t letter;
	enum outbox_state state;
	unsigned attempts;
	uint64_t taken_ms;
	uint64_t end_ms; /* when the code ends */
	uint64_t due_ms; /* of the next try, when deferred */
	int code; /* of the result, from here on for the report that was not answered yet */
	const char *detail;
};

/* Puts a letter in, queued; l is as it came, with salt and asked_ms filled in. */
void outbox_put(struct audit *a, const struct entropy *e, const struct outbox_row *row,
		const struct bus_letter *l);
/* Writes state, attempts, due_ms, code and detail; what nobody will send any more is wiped. */
void outbox_set(struct audit *a, const struct outbox_row *row);
void outbox_drop(struct audit *a, unsigned slot, uint64_t letter);
/* Has any mailer of this file sent the letter, without the broker knowing it yet? */
bool outbox_was_sent(struct audit *a, uint64_t letter);

/* l: NULL when nothing will be sent any more, or the sealed letter cannot be read.  Both are borrowed
 * for the call, which must not write. */
typedef void outbox_row_fn(void *ctx, const struct outbox_row *row,
			   const struct bus_letter *l);
enum status outbox_each(struct audit *a, unsigned slot, outbox_row_fn *each,
			void *ctx) ATTR_USE_RESULT;

#endif
