/* What each act leaves in outbox and record, and what is told of it: the log second, the broker last. */
#include <inttypes.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/memory.h"
#include "mailer/audit.h"
#include "mailer/errand.h"
#include "mailer/refusals.h"
#include "mailer/reports.h"

static struct audit_entry entry_of(const struct errand *e, const char *kind,
				   const char *result, uint64_t wall_ms)
{
	return (struct audit_entry){
		.wall_ms = wall_ms,
		.kind = kind,
		.reference = slice_of(e->reference),
		.letter = e->row.letter,
		.email = slice_of(e->letter != NULL ? e->letter->to : ""),
		.network = slice_of(e->network),
		.gateway = e->gateway,
		.result = result,
	};
}

void errand_write_request(const struct errand *e, const struct errand_books *books,
			  uint64_t wall_ms)
{
	struct audit_entry entry = entry_of(e, "request", NULL, wall_ms);

	audit_add(books->audit, &entry);
}

static enum outbox_state outbox_of(enum mail_state state)
{
	switch (state) {
	case MAIL_SENT:
		return OUTBOX_SENT;
	case MAIL_REFUSED:
		return OUTBOX_REFUSED;
	case MAIL_EXPIRED:
		return OUTBOX_EXPIRED;
	case MAIL_DEFERRED:
	case MAIL_QUEUED:
	case MAIL_TAKEN:
	case MAIL_WITHHELD:
		break;
	}
	return OUTBOX_DEFERRED;
}

/* The row as it is after act.  A detail never has the address, the code or a key. */
static struct outbox_row row_after(const struct errand *e, enum errand_act act,
				   const struct errand_books *books, uint64_t wall_ms,
				   char detail[DETAIL_CAP])
{
	struct outbox_row row = e->row;
	struct slice secrets[] = {slice_of(e->letter != NULL ? e->letter->to : ""),
				  slice_of(e->code), slice_of(books->key)};

	detail[0] = '\0';
	row.detail = detail;
	row.code = 0;
	row.due_ms = wall_ms;
	if (act == ACT_SEND)
		row.state = OUTBOX_SENDING;
	if (act == ACT_RESUME)
		row.state = OUTBOX_QUEUED;
	if (act == ACT_EXPIRE)
		row.state = OUTBOX_EXPIRED;
	if (act == ACT_RECORD) {
		detail_write(slice_of(e->result.detail), secrets, NELEMS(secrets),
			     detail);
		row.state = outbox_of(e->step.state);
		row.attempts = e->delivery.attempts;
		row.code = e->result.code;
		row.due_ms = wall_ms + e->step.retry_ms;
	}
	return row;
}

static void add_attempt(struct errand *e, const struct outbox_row *row,
			const struct errand_books *books, uint64_t wall_ms)
{
	struct audit_entry entry =
		entry_of(e, "attempt", outbox_state_name(row->state), wall_ms);

	entry.attempt = row->attempts;
	entry.code = row->code;
	entry.detail = slice_of(row->detail);
	audit_add(books->audit, &entry);
}

static void add_note(struct errand *e, const char *result, const char *detail,
		     const struct errand_books *books, uint64_t wall_ms)
{
	struct audit_entry entry = entry_of(e, "outbox", result, wall_ms);

	entry.detail = slice_of(detail);
	audit_add(books->audit, &entry);
}

void errand_write(struct errand *e, enum errand_act act, const struct errand_books *books,
		  uint64_t wall_ms)
{
	char detail[DETAIL_CAP];
	struct outbox_row row = row_after(e, act, books, wall_ms, detail);

	switch (act) {
	case ACT_SEND:
		outbox_set(books->audit, &row);
		break;
	case ACT_RECORD:
	case ACT_EXPIRE:
		outbox_set(books->audit, &row);
		add_attempt(e, &row, books, wall_ms);
		break;
	case ACT_RESUME:
		outbox_set(books->audit, &row);
		add_note(e, "interrupted",
			 "a mailer ended while it sent this: it may have arrived, and "
			 "is sent again as the same message",
			 books, wall_ms);
		break;
	case ACT_GIVE_BACK:
		outbox_drop(books->audit, row.slot, row.letter);
		add_note(e, "given-back", "the mailer ends", books, wall_ms);
		break;
	case ACT_LEAVE:
		outbox_drop(books->audit, row.slot, row.letter);
		add_note(e, e->letter != NULL ? "disowned" : "unreadable",
			 e->disowned
				 ? "the broker gave it to another mailer, or needs it "
				   "no more"
				 : "it was sealed by another key",
			 books, wall_ms);
		break;
	case ACT_FORGET:
		outbox_drop(books->audit, row.slot, row.letter);
		break;
	case ACT_NOTHING:
	case ACT_CONFIRM:
		break;
	}
}

/* -- telling -- */

static enum mail_state mail_of(enum outbox_state state)
{
	switch (state) {
	case OUTBOX_SENT:
		return MAIL_SENT;
	case OUTBOX_REFUSED:
		return MAIL_REFUSED;
	case OUTBOX_EXPIRED:
		return MAIL_EXPIRED;
	case OUTBOX_DEFERRED:
		return MAIL_DEFERRED;
	case OUTBOX_QUEUED:
	case OUTBOX_SENDING:
	case OUTBOX_STATES:
		break;
	}
	return MAIL_TAKEN;
}

static void report(struct errand *e, enum mail_state state, uint64_t retry_ms,
		   const struct errand_books *books)
{
	struct bus_report r = {
		.mailer = e->name,
		.letter = e->row.letter,
		.state = state,
		.retry_ms = retry_ms,
		.attempt = e->row.attempts,
		.code = e->row.code >= 0 && e->row.code <= 999 ? (uint64_t)e->row.code
							       : 0,
		.detail = slice_of(e->detail),
	};

	e->asked = true;
	reports_add(books->reports, &r);
}

void errand_report(struct errand *e, const struct errand_books *books)
{
	report(e, mail_of(e->row.state), 0, books);
}

static void log_letter(const struct errand *e, uint64_t retry_ms)
{
	char to[128], detail[DETAIL_CAP + 64];

	log_info("letter",
		 "state=%s letter=%" PRIu64
		 " reference=%s to=%s attempt=%u code=%d retry_ms=%" PRIu64 " detail=%s",
		 outbox_state_name(e->row.state), e->row.letter, e->reference,
		 log_address(to, sizeof to,
			     slice_of(e->letter != NULL ? e->letter->to : "")),
		 e->row.attempts, e->row.code, retry_ms,
		 log_quote(detail, sizeof detail, slice_of(e->detail)));
}

static void tell_result(struct errand *e, enum errand_act act,
			const struct errand_books *books, uint64_t now_ms)
{
	uint64_t retry_ms =
		act == ACT_RECORD && e->step.state == MAIL_DEFERRED && e->due_ms > now_ms
			? e->due_ms - now_ms
			: 0;

	e->attempted = false;
	log_letter(e, retry_ms);
	if (errand_is_over(e))
		letter_free(&e->letter);
	report(e, mail_of(e->row.state), retry_ms, books);
}

void errand_tell(struct errand *e, enum errand_act act, const struct errand_books *books,
		 uint64_t now_ms)
{
	char detail[DETAIL_CAP];
	struct outbox_row row = row_after(e, act, books, 0, detail);

	if (act == ACT_CONFIRM) {
		errand_report(e, books);
		return;
	}
	e->row.state = row.state;
	e->row.attempts = row.attempts;
	e->row.code = row.code;
	if (!fmt(e->detail, sizeof e->detail, "%s", detail))
		e->detail[0] = '\0';
	switch (act) {
	case ACT_RECORD:
	case ACT_EXPIRE:
		tell_result(e, act, books, now_ms);
		break;
	case ACT_RESUME:
		e->interrupted = false;
		log_warn("letter_resumed", "letter=%" PRIu64 " reference=%s",
			 e->row.letter, e->reference);
		errand_report(e, books);
		break;
	case ACT_GIVE_BACK:
		log_info("letter_given_back", "letter=%" PRIu64 " reference=%s",
			 e->row.letter, e->reference);
		report(e, MAIL_QUEUED, 0, books);
		break;
	case ACT_LEAVE:
		log_info("letter_disowned", "letter=%" PRIu64 " reference=%s",
			 e->row.letter, e->reference);
		break;
	case ACT_SEND:
	case ACT_FORGET:
	case ACT_NOTHING:
	case ACT_CONFIRM:
		break;
	}
}

#define REFUSED_WHY "address or code is not valid"

enum status errand_refuse(const struct bus_letter *l, uint64_t name,
			  const struct errand_books *books, uint64_t wall_ms)
{
	struct audit_entry entry = {
		.wall_ms = wall_ms,
		.kind = "request",
		.reference = l->reference,
		.letter = l->letter,
		.email = l->email,
		.network = l->address,
		.gateway = l->gateway,
	};
	struct bus_report r = {
		.mailer = name, .letter = l->letter, .state = MAIL_REFUSED};
	enum status st;

	audit_begin(books->audit);
	audit_add(books->audit, &entry);
	entry.kind = "attempt";
	entry.result = "refused";
	entry.detail = r.detail = S(REFUSED_WHY);
	audit_add(books->audit, &entry);
	st = audit_commit(books->audit);
	if (st != ST_OK)
		return st;
	refusals_note_letter(books->refusals, l, REFUSED_WHY);
	reports_add(books->reports, &r);
	return ST_OK;
}
