/* What the broker says becomes facts of errands; the rest happens in the turn. */
#include "mailer/mailer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "common/bus_msg.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/memory.h"
#include "mailer/audit.h"
#include "mailer/desk.h"
#include "mailer/mailer_private.h"
#include "mailer/reports.h"

void mailer_add(struct mailer *m, struct errand *e)
{
	DL_APPEND(m->errands, e);
	m->n_errands++;
}

struct errand *mailer_find(struct mailer *m, uint64_t name, uint64_t letter)
{
	struct errand *e;

	DL_FOREACH (m->errands, e) {
		if (e->row.letter == letter && e->name == name)
			return e;
	}
	return NULL;
}

struct letter_facts mailer_facts(const struct bus_letter *l, uint64_t end_ms)
{
	return (struct letter_facts){
		.number = l->letter,
		.reference = l->reference,
		.email = l->email,
		.name = l->name,
		.code = l->code,
		.asked_ms = l->asked_ms,
		.end_ms = end_ms,
		.salt = l->salt,
	};
}

/* -- the trail -- */

static void on_trail(void *ctx, const struct bus_trail *trail)
{
	struct mailer *m = ctx;

	if (m->drained || m->shut)
		return; /* the broker keeps it until it is kept here */
	if (!m->in_transaction)
		audit_begin(m->setup.audit);
	m->in_transaction = true;
	audit_add_trail(m->setup.audit, trail);
}

static void commit_trail(struct mailer *m)
{
	enum status st;

	if (!m->in_transaction)
		return;
	m->in_transaction = false;
	st = audit_commit(m->setup.audit);
	if (st != ST_OK)
		mailer_shut(m, st);
}

/* -- letters -- */

static uint64_t life_of(const struct bus_letter *l)
{
	return l->expires_ms != 0 && l->expires_ms < DELIVERY_LIFE_MAX_MS
		       ? l->expires_ms
		       : DELIVERY_LIFE_MAX_MS;
}

/* Another mailer of this file has sent it, and ended before it could say so. */
static bool was_sent(struct mailer *m, const struct bus_letter *l)
{
	struct bus_report r = {
		.mailer = m->names[m->slot], .letter = l->letter, .state = MAIL_SENT};

	if (!outbox_was_sent(m->setup.audit, l->letter))
		return false;
	log_info("letter_sent_already", "letter=%" PRIu64, l->letter);
	reports_add(m->reports, &r);
	return true;
}

/* A letter that is not on the disk is not ours: the broker offers it again. */
static enum status open_errand(struct mailer *m, const struct bus_letter *l,
			       struct letter *letter, uint64_t wall_ms)
{
	struct outbox_row row = {
		.slot = m->slot,
		.letter = l->letter,
		.taken_ms = wall_ms,
		.end_ms = wall_ms + life_of(l),
		.due_ms = wall_ms,
	};
	struct errand *e = errand_new(m, m->names[m->slot], &row, l, letter);
	enum status st;

	audit_begin(m->setup.audit);
	outbox_put(m->setup.audit, m->setup.entropy, &row, l);
	errand_write_request(e, &m->books, wall_ms);
	st = audit_commit(m->setup.audit);
	if (st != ST_OK) {
		errand_free(&e);
		return st;
	}
	mailer_add(m, e);
	log_debug("letter_taken", "letter=%" PRIu64 " reference=%s", l->letter,
		  e->reference);
	errand_report(e, &m->books);
	return ST_OK;
}

static void take_letter(struct mailer *m, const struct bus_letter *given)
{
	uint64_t wall_ms = daemon_wall_ms();
	struct bus_letter l = *given;
	struct letter_facts facts;
	struct letter *letter;
	enum status st;

	/* of a broker that does not say */
	l.salt = l.salt != 0 ? l.salt : entropy_id(m->setup.entropy);
	l.asked_ms = l.asked_ms != 0 ? l.asked_ms : wall_ms;
	facts = mailer_facts(&l, l.expires_ms != 0 ? wall_ms + life_of(&l) : 0);
	if (letter_new(&m->setup.style, &facts, &letter) == ST_OK)
		st = open_errand(m, &l, letter, wall_ms);
	else
		st = errand_refuse(&l, m->names[m->slot], &m->books, wall_ms);
	if (st != ST_OK)
		mailer_shut(m, st);
}

static void on_letter(void *ctx, const struct bus_letter *l)
{
	struct mailer *m = ctx;
	struct errand *e;

	commit_trail(m);
	if (m->drained || m->shut)
		return;
	e = mailer_find(m, m->names[m->slot], l->letter);
	if (e != NULL) { /* what the broker was told of it, or its answer, got lost */
		log_debug("letter_again", "letter=%" PRIu64, l->letter);
		errand_report(e, &m->books);
	} else if (!was_sent(m, l)) {
		take_letter(m, l);
	}
}

static void on_answer(void *ctx)
{
	struct mailer *m = ctx;

	commit_trail(m);
	mailer_turn(m);
}

/* -- reports -- */

static bool is_last(enum mail_state state)
{
	return state == MAIL_SENT || state == MAIL_REFUSED || state == MAIL_EXPIRED;
}

static void on_reported(void *ctx, const struct reports_answer *answer)
{
	struct mailer *m = ctx;
	struct errand *e = mailer_find(m, answer->mailer, answer->letter);

	if (m->drained || e == NULL)
		return;
	e->asked = false;
	if (is_last(answer->state))
		e->answered = true;
	else if (answer->known)
		lease_confirm(&e->lease, answer->sent_ms);
	else
		e->disowned = true;
	mailer_turn(m);
}

static void on_reports_empty(void *ctx)
{
	mailer_turn(ctx);
}

/* -- public -- */

static enum status connect_bus(struct mailer *m)
{
	struct desk_setup desk = {
		.loop = m->setup.loop,
		.at = m->setup.at,
		.mailer = m->names[m->slot],
		.sender = m->setup.style.from,
		.subject = m->subject,
		.refusals = &m->refusals,
		.on_trail = on_trail,
		.on_letter = on_letter,
		.on_answer = on_answer,
		.ctx = m,
	};

	return desk_new(&desk, &m->desk);
}

static enum status connect_reports(struct mailer *m)
{
	struct reports_setup reports = {
		.loop = m->setup.loop,
		.at = m->setup.at,
		.refusals = &m->refusals,
		.on_answer = on_reported,
		.on_empty = on_reports_empty,
		.ctx = m,
	};

	return reports_new(&reports, &m->reports);
}

static void discard(struct mailer *m)
{
	desk_free(&m->desk);
	reports_free(&m->reports);
	free(m->subject);
	free(m);
}

void mailer_set_limits(struct mailer *m, uint64_t timeout_ms, uint64_t keep_ms)
{
	m->setup.timeout_ms = timeout_ms;
	m->setup.keep_ms = keep_ms;
	chores_set_keep(&m->chores, keep_ms);
	mailer_turn(m);
}

enum status mailer_new(const struct mailer_setup *setup, struct mailer **out)
{
	struct mailer *m = xcalloc(1, sizeof *m);
	enum status st;

	*out = NULL;
	m->setup = *setup;
	m->subject = letter_subject_shown(&setup->style);
	chores_init(&m->chores, setup->keep_ms);
	uv_timer_init(setup->loop, &m->timer);
	m->timer.data = m;
	st = connect_reports(m);
	m->books =
		(struct errand_books){setup->audit, m->reports, setup->key, &m->refusals};
	if (st == ST_OK)
		st = mailer_adopt_own(m);
	if (st == ST_OK)
		st = connect_bus(m);
	if (st != ST_OK) {
		discard(m);
		return st;
	}
	mailer_turn(m);
	*out = m;
	return ST_OK;
}

void mailer_drain(struct mailer *m)
{
	m->draining = true;
	m->report_end_ms = daemon_now_ms() + MAILER_REPORT_GRACE_MS;
	mailer_turn(m);
}
