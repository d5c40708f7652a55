/* Everything that happens ends in turn(): start what is due, take if there is room,
 * set the timer for what comes next, see whether the drain is over.  Each event only
 * notes its fact. */
#include "mailer/mailer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "common/bus_msg.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "mailer/audit.h"
#include "mailer/delivery.h"
#include "mailer/desk.h"
#include "mailer/errand.h"
#include "mailer/reports.h"
#include "mailer/transport.h"

enum { REPORT_GRACE_MS = 3000 }; /* of the drain, when only reports are left */

struct mailer {
	struct mailer_setup setup;
	uint64_t number; /* of this process on the bus */
	struct desk *desk;
	struct reports *reports;
	struct errand_books books;
	struct errand *errands; /* oldest first */
	size_t n_errands, n_sending;
	bool draining, drained;
	uint64_t drain_end_ms, report_end_ms;
	uv_timer_t timer;
};

static void turn(struct mailer *m);

static void drop(struct errand *e)
{
	DL_DELETE(e->mailer->errands, e);
	e->mailer->n_errands--;
	errand_free(&e);
}

/* -- attempts -- */

static void on_attempted(void *ctx, const struct delivery_result *result)
{
	struct errand *e = ctx;
	struct mailer *m = e->mailer;
	uint64_t now_ms = daemon_now_ms();
	struct delivery_step step;

	if (m->drained)
		return; /* given up; the audit is closed */
	e->sending = false;
	m->n_sending--;
	step = delivery_next(&e->delivery, result, now_ms, m->setup.entropy);
	errand_record(e, &m->books, result, step);
	e->due_ms = now_ms + step.retry_ms;
	if (step.state != MAIL_DEFERRED || e->disowned)
		drop(e);
	turn(m);
}

static void attempt(struct errand *e, uint64_t now_ms)
{
	struct mailer *m = e->mailer;

	e->sending = true;
	m->n_sending++;
	transport_start(m->setup.transport, e->letter,
			delivery_time(&e->delivery, m->setup.timeout_ms, now_ms),
			on_attempted, e);
}

/* Who is about to end keeps no letter waiting: another mailer may take it at once. */
static void give_back(struct errand *e)
{
	struct mailer *m = e->mailer;

	errand_record(e, &m->books, NULL, (struct delivery_step){MAIL_QUEUED, 0});
	drop(e);
}

static void attempt_what_is_due(struct mailer *m, uint64_t now_ms)
{
	struct errand *e, *next;

	DL_FOREACH_SAFE (m->errands, e, next) {
		if (e->sending)
			continue;
		if (m->draining) {
			give_back(e);
		} else if (delivery_is_over(&e->delivery, now_ms)) {
			errand_record(e, &m->books, NULL,
				      (struct delivery_step){MAIL_EXPIRED, 0});
			drop(e);
		} else if (e->due_ms <= now_ms && m->n_sending < m->setup.concurrency) {
			attempt(e, now_ms);
		}
	}
}

/* -- taking -- */

static struct errand *find(struct mailer *m, uint64_t number)
{
	struct errand *e;

	DL_FOREACH (m->errands, e) {
		if (e->number == number)
			return e;
	}
	return NULL;
}

static struct letter_facts facts_of(struct mailer *m, const struct bus_letter *l)
{
	return (struct letter_facts){
		.number = l->letter,
		.reference = l->reference,
		.email = l->email,
		.name = l->name,
		.code = l->code,
		.life_ms = l->expires_ms,
		.wall_ms = daemon_wall_ms(),
		.salt = entropy_id(m->setup.entropy),
	};
}

/* A letter without a row is not sent: the broker keeps it until its lease ends. */
static void take_letter(struct mailer *m, const struct bus_letter *l)
{
	struct letter_facts facts = facts_of(m, l);
	struct letter *letter;
	struct errand *e;

	if (find(m, l->letter) != NULL) {
		log_debug("letter_again", "letter=%" PRIu64, l->letter);
		return;
	}
	if (letter_new(&m->setup.style, &facts, &letter) != ST_OK) {
		errand_refuse(l, &m->books);
		return;
	}
	e = errand_new(m, l, letter);
	DL_APPEND(m->errands, e);
	m->n_errands++;
	if (errand_open(e, &m->books, facts.wall_ms) != ST_OK) {
		drop(e);
		return;
	}
	log_debug("letter_taken", "letter=%" PRIu64 " reference=%s", e->number,
		  e->reference);
	reports_add(m->reports, e->number, MAIL_TAKEN, 0);
}

static void on_letter(void *ctx, const struct bus_letter *l)
{
	struct mailer *m = ctx;

	if (!m->drained)
		take_letter(m, l);
}

static bool has_room(const struct mailer *m)
{
	return !m->draining && m->n_sending < m->setup.concurrency &&
	       m->n_errands < MAILER_LETTERS_MAX;
}

/* -- the turn -- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next_event_ms(const struct mailer *m, uint64_t now_ms)
{
	uint64_t at = reports_watch(m->reports, now_ms);
	const struct errand *e;

	DL_FOREACH (m->errands, e) {
		if (!e->sending)
			at = earlier(at, earlier(e->due_ms, e->delivery.end_ms));
	}
	if (has_room(m))
		at = earlier(at, desk_next_ms(m->desk));
	if (m->draining)
		at = earlier(at, m->n_errands > 0 ? m->drain_end_ms : m->report_end_ms);
	return at;
}

static void on_timer(uv_timer_t *timer)
{
	turn(timer->data);
}

/* When all slots are taken, what is due waits for one to come free, not for the timer. */
static void set_timer(struct mailer *m, uint64_t now_ms)
{
	uint64_t at = next_event_ms(m, now_ms);
	uint64_t least = m->n_sending < m->setup.concurrency ? 1 : 1000;
	uint64_t wait = at > now_ms ? at - now_ms : 0;

	if (at == UINT64_MAX)
		uv_timer_stop(&m->timer);
	else
		uv_timer_start(&m->timer, on_timer, wait < least ? least : wait, 0);
}

/* Reports have their own, short time: the broker may be away for long. */
static void finish_drain(struct mailer *m, uint64_t now_ms)
{
	if (m->n_errands > 0)
		m->report_end_ms = now_ms + REPORT_GRACE_MS;
	if (m->n_errands > 0 && now_ms < m->drain_end_ms)
		return;
	if (m->n_errands == 0 && !reports_are_done(m->reports) &&
	    now_ms < m->report_end_ms)
		return;
	if (m->n_errands > 0 || !reports_are_done(m->reports))
		log_warn("drain_unfinished", "letters=%zu reports_done=%s", m->n_errands,
			 reports_are_done(m->reports) ? "yes" : "no");
	m->drained = true;
	uv_timer_stop(&m->timer);
	m->setup.on_drained(m->setup.ctx);
}

static void turn(struct mailer *m)
{
	uint64_t now_ms = daemon_now_ms();

	if (m->drained)
		return;
	attempt_what_is_due(m, now_ms);
	desk_watch(m->desk, now_ms);
	if (has_room(m))
		desk_ask(m->desk, now_ms);
	set_timer(m, now_ms);
	if (m->draining)
		finish_drain(m, now_ms);
}

/* -- public -- */

static void on_unknown(void *ctx, uint64_t letter)
{
	struct mailer *m = ctx;
	struct errand *e = find(m, letter);

	if (m->drained || e == NULL)
		return;
	log_info("letter_disowned", "letter=%" PRIu64 " reference=%s", e->number,
		 e->reference);
	e->disowned = true;
	if (!e->sending)
		drop(e);
	turn(m);
}

static void on_answer(void *ctx)
{
	turn(ctx);
}

static enum status connect_bus(struct mailer *m)
{
	struct desk_setup desk = {
		.loop = m->setup.loop,
		.at = m->setup.at,
		.mailer = m->number,
		.sender = m->setup.style.from,
		.on_letter = on_letter,
		.on_answer = on_answer,
		.ctx = m,
	};
	struct reports_setup reports = {
		.loop = m->setup.loop,
		.at = m->setup.at,
		.mailer = m->number,
		.on_unknown = on_unknown,
		.on_empty = on_answer,
		.ctx = m,
	};
	enum status st = desk_new(&desk, &m->desk);

	return st == ST_OK ? reports_new(&reports, &m->reports) : st;
}

enum status mailer_new(const struct mailer_setup *setup, struct mailer **out)
{
	struct mailer *m = xcalloc(1, sizeof *m);
	enum status st;

	*out = NULL;
	m->setup = *setup;
	m->number = entropy_id(setup->entropy);
	st = connect_bus(m);
	if (st != ST_OK) {
		desk_free(&m->desk);
		free(m);
		return st;
	}
	m->books = (struct errand_books){setup->audit, m->reports, setup->key};
	uv_timer_init(setup->loop, &m->timer);
	m->timer.data = m;
	turn(m);
	*out = m;
	return ST_OK;
}

void mailer_drain(struct mailer *m)
{
	uint64_t now_ms = daemon_now_ms();

	m->draining = true;
	m->drain_end_ms = now_ms + m->setup.timeout_ms;
	m->report_end_ms = now_ms + REPORT_GRACE_MS;
	turn(m);
}
