/* A turn: decide for each letter, write all that in one transaction, then tell and begin. */
#include <stdlib.h>

#include <utlist.h>

#include "common/daemon.h"
#include "common/log.h"
#include "common/memory.h"
#include "mailer/audit.h"
#include "mailer/desk.h"
#include "mailer/mailer_private.h"
#include "mailer/reports.h"
#include "mailer/transport.h"

enum {
	PROBE_EVERY_MS = 1000,
	LATE_MS = 2000, /* for an attempt to end after its time */
};

static bool is_written(enum errand_act act)
{
	return act != ACT_NOTHING && act != ACT_CONFIRM;
}

static bool is_end(enum errand_act act)
{
	return act == ACT_GIVE_BACK || act == ACT_LEAVE || act == ACT_FORGET;
}

/* -- the disk -- */

void mailer_shut(struct mailer *m, enum status why)
{
	m->probe_ms = daemon_now_ms() + PROBE_EVERY_MS;
	if (why == ST_DAMAGED && !m->drained) {
		log_error("audit_broken", "why=\"it is damaged: the next start moves it "
					  "aside and begins a new one\"");
		m->drained = true;
		uv_timer_stop(&m->timer);
		m->setup.on_ended(m->setup.ctx, EXIT_FAILURE);
		return;
	}
	if (!m->shut)
		log_error("audit_shut",
			  "why=\"%s\" then=\"letters stay with the broker "
			  "until the audit file can be written\"",
			  why == ST_FULL ? "there is no room on the disk"
					 : status_text(why));
	m->shut = true;
}

static void probe(struct mailer *m, uint64_t now_ms)
{
	enum status st;

	if (!m->shut || now_ms < m->probe_ms)
		return;
	st = audit_probe(m->setup.audit);
	if (st != ST_OK) {
		mailer_shut(m, st);
		return;
	}
	log_info("audit_writable", "then=\"letters are taken again\"");
	m->shut = false;
}

/* -- letters -- */

/* Whoever watches the log sees when no letter can leave, and when they can again. */
static void note_way(struct mailer *m, const struct delivery_result *result)
{
	bool degraded = delivery_is_no_way(result);
	const char *secret = m->setup.key;
	char detail[DETAIL_CAP], shown[DETAIL_CAP + 64];

	if (degraded == m->degraded)
		return;
	m->degraded = degraded;
	if (!degraded) {
		log_info("transport_recovered", "code=%d", result->code);
		return;
	}
	detail_write(slice_of(result->detail), (struct slice[]){slice_of(secret)}, 1,
		     detail);
	log_error("transport_degraded", "code=%d why=%s", result->code,
		  log_quote(shown, sizeof shown, slice_of(detail)));
}

static void on_attempted(void *ctx, const struct delivery_result *result)
{
	struct errand *e = ctx;
	struct mailer *m = e->mailer;
	uint64_t now_ms = daemon_now_ms(), pause = delivery_pause(result);

	if (m->drained)
		return; /* given up; the audit is closed */
	m->n_sending--;
	m->report_end_ms = now_ms + MAILER_REPORT_GRACE_MS;
	errand_attempted(e, result, now_ms, m->setup.entropy);
	note_way(m, result);
	mailer_metrics_attempt(&m->metrics, e->step.state);
	if (pause > 0 && now_ms + pause > m->paused_ms) {
		m->paused_ms = now_ms + pause;
		log_warn("transport_paused", "for_ms=%llu code=%d",
			 (unsigned long long)pause, result->code);
	}
	mailer_turn(m);
}

static void begin_attempt(struct errand *e, uint64_t now_ms)
{
	struct mailer *m = e->mailer;
	uint64_t most = lease_time(&e->lease, m->setup.timeout_ms, now_ms);
	uint64_t time = delivery_time(&e->delivery, most, now_ms);
	uint64_t end_ms = now_ms + 2 * time + LATE_MS; /* transport_start() */

	e->sending = true;
	m->n_sending++;
	if (m->attempts_end_ms < end_ms)
		m->attempts_end_ms = end_ms;
	transport_start(m->setup.transport, e->letter, time, on_attempted, e);
}

static struct errand_turn turn_of(const struct mailer *m, size_t n_begun, uint64_t now_ms)
{
	return (struct errand_turn){
		.now_ms = now_ms,
		.timeout_ms = m->setup.timeout_ms,
		.may_send = now_ms >= m->paused_ms &&
			    m->n_sending + n_begun < m->setup.concurrency,
		.draining = m->draining,
	};
}

/* What each errand does in this turn, in the order of the list; the caller frees it. */
static enum errand_act *decide(struct mailer *m, uint64_t now_ms, bool *writes_out)
{
	enum errand_act *acts = xcalloc(m->n_errands + 1, sizeof *acts);
	size_t i = 0, n_begun = 0;
	struct errand *e;

	*writes_out = false;
	DL_FOREACH (m->errands, e) {
		struct errand_turn t = turn_of(m, n_begun, now_ms);

		acts[i] = errand_next(e, &t);
		n_begun += acts[i] == ACT_SEND ? 1 : 0;
		*writes_out = *writes_out || is_written(acts[i]);
		i++;
	}
	return acts;
}

static enum status write_all(struct mailer *m, const enum errand_act *acts)
{
	uint64_t wall_ms = daemon_wall_ms();
	struct errand *e;
	size_t i = 0;

	audit_begin(m->setup.audit);
	DL_FOREACH (m->errands, e)
		errand_write(e, acts[i++], &m->books, wall_ms);
	return audit_commit(m->setup.audit);
}

static void do_all(struct mailer *m, const enum errand_act *acts, uint64_t now_ms)
{
	struct errand *e, *next;
	size_t i = 0;

	DL_FOREACH_SAFE (m->errands, e, next) {
		enum errand_act act = acts[i++];

		if (act == ACT_NOTHING)
			continue;
		errand_tell(e, act, &m->books, now_ms);
		if (act == ACT_SEND)
			begin_attempt(e, now_ms);
		if (is_end(act)) {
			DL_DELETE(m->errands, e);
			m->n_errands--;
			errand_free(&e);
		}
	}
}

static void act_on_letters(struct mailer *m, uint64_t now_ms)
{
	bool writes;
	enum errand_act *acts = decide(m, now_ms, &writes);
	enum status st = writes ? write_all(m, acts) : ST_OK;

	if (st == ST_OK)
		do_all(m, acts, now_ms);
	else
		mailer_shut(m, st);
	free(acts);
}

/* -- taking -- */

/* Letters that would be sent now if there were a thread for them. */
static size_t count_wanting(const struct mailer *m, uint64_t now_ms)
{
	size_t n = 0;

	for (const struct errand *e = m->errands; e != NULL; e = e->next)
		n += e->sending || (!errand_is_over(e) && e->due_ms <= now_ms) ? 1 : 0;
	return n;
}

static bool has_room(const struct mailer *m, uint64_t now_ms)
{
	return !m->draining && !m->shut && now_ms >= m->paused_ms &&
	       m->n_errands < MAILER_LETTERS_MAX &&
	       count_wanting(m, now_ms) < m->setup.concurrency;
}

static void ask_for_letter(struct mailer *m, uint64_t now_ms)
{
	uint64_t room, kept;

	if (!has_room(m, now_ms) || !desk_may_ask(m->desk, now_ms))
		return;
	audit_trail_kept(m->setup.audit, &room, &kept);
	desk_tell(m->desk, m->n_errands, m->degraded);
	desk_ask(m->desk, room, kept, now_ms);
}

/* -- time -- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What is due already waits for a thread or for the broker's word, which both wake us, or for the end
 * of a pause. */
static uint64_t errand_event_ms(const struct mailer *m, const struct errand *e,
				uint64_t now_ms)
{
	uint64_t try_ms = e->due_ms > m->paused_ms ? e->due_ms : m->paused_ms;

	if (e->sending || errand_is_over(e))
		return UINT64_MAX;
	return try_ms > now_ms ? earlier(try_ms, e->delivery.end_ms) : e->delivery.end_ms;
}

static uint64_t next_event_ms(const struct mailer *m, uint64_t now_ms)
{
	uint64_t at = earlier(earlier(chores_next_ms(&m->chores), m->adopt_ms),
			      reports_watch(m->reports, now_ms));

	for (const struct errand *e = m->errands; e != NULL; e = e->next)
		at = earlier(at, errand_event_ms(m, e, now_ms));
	if (has_room(m, now_ms))
		at = earlier(at, desk_next_ms(m->desk));
	if (m->draining)
		at = m->n_sending > 0 ? m->attempts_end_ms : m->report_end_ms;
	else if (m->shut)
		at = UINT64_MAX; /* what is due stays so until the disk can be written */
	return m->shut ? earlier(m->probe_ms, at) : at;
}

static void on_timer(uv_timer_t *timer)
{
	mailer_turn(timer->data);
}

static void set_timer(struct mailer *m, uint64_t now_ms)
{
	uint64_t at = next_event_ms(m, now_ms);

	uv_timer_start(&m->timer, on_timer, at > now_ms ? at - now_ms : 1, 0);
}

/* Reports have their own, short time: the broker may be away for long.  What is left stays in the
 * outbox. */
static void finish_drain(struct mailer *m, uint64_t now_ms)
{
	if (m->n_sending > 0 && now_ms < m->attempts_end_ms)
		return;
	if (m->n_sending == 0 && (m->n_errands > 0 || !reports_are_done(m->reports)) &&
	    now_ms < m->report_end_ms)
		return;
	if (m->n_errands > 0 || !reports_are_done(m->reports))
		log_warn("drain_unfinished", "letters=%zu reports_done=%s", m->n_errands,
			 reports_are_done(m->reports) ? "yes" : "no");
	audit_export_head(m->setup.audit);
	m->drained = true;
	uv_timer_stop(&m->timer);
	m->setup.on_ended(m->setup.ctx, EXIT_SUCCESS);
}

void mailer_turn(struct mailer *m)
{
	uint64_t now_ms = daemon_now_ms();

	if (m->drained)
		return;
	probe(m, now_ms);
	if (!m->shut && !m->drained) {
		if (!m->draining && now_ms >= m->adopt_ms)
			mailer_adopt_others(m, now_ms);
		act_on_letters(m, now_ms);
	}
	if (!m->shut && !m->drained)
		chores_turn(&m->chores, m->setup.audit, now_ms, daemon_wall_ms());
	if (m->drained)
		return;
	desk_watch(m->desk, now_ms);
	ask_for_letter(m, now_ms);
	set_timer(m, now_ms);
	if (m->draining)
		finish_drain(m, now_ms);
}
