/* The decision, and the life of the thing; what is written and told is in errand_write.c. */
#include "mailer/errand.h"

#include <stdlib.h>
#include <string.h>

#include "common/daemon.h"
#include "common/memory.h"
#include "common/secret.h"

/* What of a time of the wall clock is left, and never more than there was of it when the letter was
 * taken: a clock set back prolongs nothing. */
static uint64_t left(uint64_t until_ms, uint64_t taken_ms, uint64_t wall_ms)
{
	uint64_t whole = until_ms > taken_ms ? until_ms - taken_ms : 0;
	uint64_t rest = until_ms > wall_ms ? until_ms - wall_ms : 0;

	return rest < whole ? rest : whole;
}

static void fill_times(struct errand *e)
{
	uint64_t now_ms = daemon_now_ms(), wall_ms = daemon_wall_ms();
	uint64_t life = left(e->row.end_ms, e->row.taken_ms, wall_ms);

	delivery_begin(&e->delivery, life > 0 ? life : 1, now_ms);
	if (life == 0)
		e->delivery.end_ms = now_ms;
	e->delivery.attempts = e->row.attempts;
	e->due_ms = now_ms;
	if (e->row.state == OUTBOX_DEFERRED)
		e->due_ms += left(e->row.due_ms, e->row.taken_ms, wall_ms);
}

struct errand *errand_new(struct mailer *m, uint64_t name, const struct outbox_row *row,
			  const struct bus_letter *l, struct letter *letter)
{
	struct errand *e = xcalloc(1, sizeof *e);

	e->mailer = m;
	e->name = name;
	e->row = *row;
	if (row->detail == NULL || !fmt(e->detail, sizeof e->detail, "%s", row->detail))
		e->detail[0] = '\0';
	e->row.detail = e->detail;
	e->letter = letter;
	e->reference = slice_dup(l != NULL ? l->reference : S(""));
	e->network = slice_dup(l != NULL ? l->address : S(""));
	e->code = slice_dup(l != NULL ? l->code : S(""));
	e->gateway = l != NULL ? l->gateway : 0;
	e->lease.length_ms = l != NULL ? l->lease_ms : 0;
	e->interrupted = row->state == OUTBOX_SENDING;
	fill_times(e);
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

bool errand_is_over(const struct errand *e)
{
	switch (e->row.state) {
	case OUTBOX_SENT:
	case OUTBOX_REFUSED:
	case OUTBOX_EXPIRED:
		return true;
	case OUTBOX_QUEUED:
	case OUTBOX_SENDING:
	case OUTBOX_DEFERRED:
	case OUTBOX_STATES:
		break;
	}
	return false;
}

enum errand_act errand_next(const struct errand *e, const struct errand_turn *t)
{
	if (e->sending)
		return ACT_NOTHING;
	if (e->attempted)
		return ACT_RECORD;
	if (errand_is_over(e))
		return e->answered ? ACT_FORGET : ACT_NOTHING;
	if (e->disowned || e->letter == NULL)
		return ACT_LEAVE;
	if (e->interrupted)
		return ACT_RESUME;
	if (t->draining)
		return ACT_GIVE_BACK;
	if (delivery_is_over(&e->delivery, t->now_ms))
		return ACT_EXPIRE;
	if (e->due_ms > t->now_ms || !t->may_send)
		return ACT_NOTHING;
	if (lease_time(&e->lease, t->timeout_ms, t->now_ms) > 0)
		return ACT_SEND;
	return e->asked ? ACT_NOTHING : ACT_CONFIRM;
}

void errand_attempted(struct errand *e, const struct delivery_result *result,
		      uint64_t now_ms, const struct entropy *entropy)
{
	e->sending = false;
	e->attempted = true;
	e->result = *result;
	e->step = delivery_next(&e->delivery, result, now_ms, entropy);
	e->due_ms = now_ms + e->step.retry_ms;
}
