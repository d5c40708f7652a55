/* The audit first, the log second, the report last: nobody is told what is not written. */
#include "mailer/errand.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "mailer/audit.h"
#include "mailer/detail.h"
#include "mailer/reports.h"

struct errand *errand_new(struct mailer *m, const struct bus_letter *l,
			  struct letter *letter)
{
	struct errand *e = xcalloc(1, sizeof *e);

	e->mailer = m;
	e->letter = letter;
	e->number = l->letter;
	e->gateway = l->gateway;
	e->reference = slice_dup(l->reference);
	e->network = slice_dup(l->address);
	e->code = slice_dup(l->code);
	e->due_ms = daemon_now_ms();
	delivery_begin(&e->delivery, l->expires_ms, e->due_ms);
	return e;
}

void errand_free(struct errand **errand)
{
	struct errand *e;

	if (errand == NULL || *errand == NULL)
		return;
	e = *errand;
	*errand = NULL;
	letter_free(&e->letter);
	free(e->reference);
	free(e->network);
	secret_wipe(e->code, strlen(e->code));
	free(e->code);
	free(e);
}

static struct audit_login login_of(const struct errand *e)
{
	return (struct audit_login){
		.reference = e->reference,
		.letter = e->number,
		.address = slice_of(e->letter->to),
		.network = e->network,
		.gateway = e->gateway,
	};
}

static void log_letter(const struct errand *e, const struct audit_attempt *a,
		       uint64_t retry_ms)
{
	char to[128], detail[DETAIL_CAP + 64];

	log_info("letter",
		 "state=%s letter=%" PRIu64
		 " reference=%s to=%s attempt=%u code=%d retry_ms=%" PRIu64 " detail=%s",
		 mail_state_name(a->state), e->number, e->reference,
		 log_address(to, sizeof to, slice_of(e->letter->to)), a->number, a->code,
		 retry_ms, log_quote(detail, sizeof detail, slice_of(a->detail)));
}

/* The audit first: nobody is told what is not on the disk.  Should the disk refuse,
 * what is true is told all the same, and the log has said so. */
void errand_record(const struct errand *e, const struct errand_books *books,
		   const struct delivery_result *result, struct delivery_step step)
{
	struct audit_login login = login_of(e);
	char detail[DETAIL_CAP] = "";
	struct audit_attempt attempt = {e->delivery.attempts, step.state, 0, detail};

	if (result != NULL) {
		attempt.code = result->code;
		detail_write(slice_of(result->detail),
			     (struct slice[]){login.address, slice_of(e->code),
					      slice_of(books->key)},
			     3, detail);
	}
	if (audit_attempt(books->audit, &login, &attempt, daemon_wall_ms()) != ST_OK)
		log_warn("audit_gap", "letter=%" PRIu64, e->number);
	log_letter(e, &attempt, step.retry_ms);
	reports_add(books->reports, e->number, step.state, step.retry_ms);
}

enum status errand_open(const struct errand *e, const struct errand_books *books,
			uint64_t wall_ms)
{
	struct audit_login login = login_of(e);

	return audit_request(books->audit, &login, wall_ms);
}

void errand_refuse(const struct bus_letter *l, const struct errand_books *books)
{
	char *reference = slice_dup(l->reference);
	char *network = slice_dup(l->address);
	struct audit_login login = {reference, l->letter, l->email, network, l->gateway};
	struct audit_attempt attempt = {0, MAIL_REFUSED, 0,
					"address or code is not valid"};
	char shown[64];

	log_warn("letter_refused", "letter=%" PRIu64 " reference=%s why=\"%s\"",
		 l->letter, log_quote(shown, sizeof shown, l->reference), attempt.detail);
	if (audit_request(books->audit, &login, daemon_wall_ms()) != ST_OK ||
	    audit_attempt(books->audit, &login, &attempt, daemon_wall_ms()) != ST_OK)
		log_warn("audit_gap", "letter=%" PRIu64, l->letter);
	reports_add(books->reports, l->letter, MAIL_REFUSED, 0);
	free(reference);
	free(network);
}
