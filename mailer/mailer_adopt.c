/* A mailer that was killed left its slot, with the letters in it.  Who starts next gets the slot and
 * is that mailer to the broker; if nobody does, another one goes on in its name. */
#include <inttypes.h>
#include <string.h>

#include "common/daemon.h"
#include "common/log.h"
#include "mailer/audit.h"
#include "mailer/mailer_private.h"

enum { ADOPT_EVERY_MS = 5000 };

static void on_row(void *ctx, const struct outbox_row *row, const struct bus_letter *l)
{
	struct mailer *m = ctx;
	uint64_t name = m->names[row->slot];
	struct letter *letter = NULL;
	struct errand *e;

	if (mailer_find(m, name, row->letter) != NULL)
		return;
	if (l != NULL) {
		/* as it was taken: whether the code ends was noted there by 0 */
		struct letter_facts facts =
			mailer_facts(l, l->expires_ms != 0 ? row->end_ms : 0);

		if (letter_new(&m->setup.style, &facts, &letter) != ST_OK)
			letter = NULL;
	}
	e = errand_new(m, name, row, l, letter);
	mailer_add(m, e);
	log_info("letter_adopted", "letter=%" PRIu64 " state=%s slot=%u", row->letter,
		 outbox_state_name(row->state), row->slot);
	if (!e->interrupted && (errand_is_over(e) || e->letter != NULL))
		errand_report(e, &m->books);
}

/* The slot is ours already. */
static enum status load_slot(struct mailer *m, unsigned slot)
{
	enum status st =
		outbox_mailer(m->setup.audit, slot, m->setup.entropy, &m->names[slot]);

	if (st == ST_OK)
		st = outbox_each(m->setup.audit, slot, on_row, m);
	if (st != ST_OK)
		m->names[slot] = 0;
	return st;
}

enum status mailer_adopt_own(struct mailer *m)
{
	struct slots *slots = audit_slots(m->setup.audit);

	for (m->slot = 0; m->slot < SLOTS_MAX; m->slot++) {
		if (!slots_is_ours(slots, m->slot) && slots_take(slots, m->slot))
			return load_slot(m, m->slot);
	}
	log_error("slots_taken", "why=\"%d mailers share this audit file already\"",
		  SLOTS_MAX);
	return ST_BUSY;
}

static bool has_errands(const struct mailer *m, unsigned slot)
{
	for (const struct errand *e = m->errands; e != NULL; e = e->next) {
		if (e->row.slot == slot)
			return true;
	}
	return false;
}

static void give_back_empty(struct mailer *m)
{
	for (unsigned slot = 0; slot < SLOTS_MAX; slot++) {
		if (slot == m->slot || m->names[slot] == 0 || has_errands(m, slot))
			continue;
		m->names[slot] = 0;
		slots_release(audit_slots(m->setup.audit), slot);
	}
}

void mailer_adopt_others(struct mailer *m, uint64_t now_ms)
{
	struct slots *slots = audit_slots(m->setup.audit);
	uint64_t mask;

	m->adopt_ms = now_ms + ADOPT_EVERY_MS;
	give_back_empty(m);
	if (outbox_slots(m->setup.audit, &mask) != ST_OK)
		return;
	for (unsigned slot = 0; slot < SLOTS_MAX; slot++) {
		if ((mask >> slot & 1) == 0 || m->names[slot] != 0 ||
		    m->n_errands >= MAILER_LETTERS_MAX || !slots_take(slots, slot))
			continue;
		if (load_slot(m, slot) != ST_OK)
			slots_release(slots, slot);
	}
}
