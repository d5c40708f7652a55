/* A list that is short unless the broker is away; the requester of the bus does the
 * rest. */
#include "mailer/reports.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "common/bus.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/memory.h"
#include "mailer/refusals.h"

enum { DETAIL_MAX = 255 }; /* by the table of the bus */

struct report {
	struct report *prev, *next;
	struct bus_report message;
	char detail[DETAIL_MAX];
};

struct reports {
	struct reports_setup setup;
	struct bus_requester *requester;
	struct bus_writer *writer;
	struct report *waiting;     /* oldest first */
	struct reports_answer sent; /* the one in flight, to be answered */
	size_t n;
	uint64_t
		watch_ms; /* when the silence after the one in flight is too long; 0: just sent */
};

static void drop_oldest(struct reports *r)
{
	struct report *oldest = r->waiting;

	DL_DELETE(r->waiting, oldest);
	r->n--;
	free(oldest);
}

/* A frame of its own for each: the bus answers one with one. */
static void send_next(struct reports *r)
{
	struct bus_msg m = {.kind = BUS_REPORT};

	if (r->waiting == NULL || bus_requester_is_waiting(r->requester))
		return;
	m.u.report = r->waiting->message;
	r->sent = (struct reports_answer){.mailer = m.u.report.mailer,
					  .letter = m.u.report.letter,
					  .state = (enum mail_state)m.u.report.state,
					  .sent_ms = daemon_now_ms()};
	bus_writer_clear(r->writer);
	bus_writer_add(r->writer, &m);
	drop_oldest(r);
	bus_request(r->requester, bus_writer_frame(r->writer));
	r->watch_ms = 0;
}

/* Returns what is wrong with it; NULL: nothing. */
static const char *on_reported(struct reports *r, const struct bus_reported *reported)
{
	struct reports_answer answer = r->sent;

	if (reported->letter != answer.letter)
		return "of another letter";
	answer.known = reported->known;
	if (!answer.known)
		log_debug("report_unknown", "letter=%" PRIu64, answer.letter);
	r->setup.on_answer(r->setup.ctx, &answer);
	return NULL;
}

static void on_answer(void *ctx, struct slice frame)
{
	struct reports *r = ctx;
	struct bus_reader *reader = NULL;
	struct bus_msg m;
	enum status st = bus_reader_new(frame, &reader);
	const char *why;

	if (st == ST_OK)
		st = bus_reader_only(reader, BUS_BROKER, BUS_MAILER, &m);
	if (st == ST_OK && m.kind == BUS_REPORTED)
		why = on_reported(r, &m.u.reported);
	else
		why = status_text(st == ST_OK ? ST_PROTOCOL : st);
	refusals_note(r->setup.refusals, "report", why, reader);
	bus_reader_free(&reader);
	send_next(r);
	if (reports_are_done(r))
		r->setup.on_empty(r->setup.ctx);
}

enum status reports_new(const struct reports_setup *setup, struct reports **out)
{
	struct reports *r = xcalloc(1, sizeof *r);
	enum status st;

	*out = NULL;
	r->setup = *setup;
	r->writer = bus_writer_new();
	st = bus_requester_new(setup->loop, setup->at, on_answer, r, &r->requester);
	if (st != ST_OK) {
		reports_free(&r);
		return st;
	}
	*out = r;
	return ST_OK;
}

void reports_free(struct reports **r)
{
	if (r == NULL || *r == NULL)
		return;
	bus_requester_free(&(*r)->requester);
	bus_writer_free(&(*r)->writer);
	while ((*r)->waiting != NULL)
		drop_oldest(*r);
	free(*r);
	*r = NULL;
}

static struct report *find(struct reports *r, const struct bus_report *of)
{
	struct report *each;

	DL_FOREACH (r->waiting, each) {
		if (each->message.letter == of->letter &&
		    each->message.mailer == of->mailer)
			return each;
	}
	return NULL;
}

void reports_add(struct reports *r, const struct bus_report *report)
{
	struct report *own = find(r, report);
	size_t n = report->detail.len < DETAIL_MAX ? report->detail.len : DETAIL_MAX;

	if (own == NULL && r->n == REPORTS_MAX) {
		log_warn("report_dropped", "letter=%" PRIu64, r->waiting->message.letter);
		drop_oldest(r);
	}
	if (own == NULL) {
		own = xcalloc(1, sizeof *own);
		DL_APPEND(r->waiting, own);
		r->n++;
	}
	own->message = *report;
	if (n > 0)
		memcpy(own->detail, report->detail.ptr, n);
	own->message.detail = (struct slice){own->detail, n};
	send_next(r);
}

uint64_t reports_watch(struct reports *r, uint64_t now_ms)
{
	if (!bus_requester_is_waiting(r->requester))
		return UINT64_MAX;
	if (r->watch_ms != 0 && now_ms >= r->watch_ms)
		bus_requester_redial(r->requester);
	if (now_ms >= r->watch_ms)
		r->watch_ms = now_ms + REPORTS_SILENCE_MS;
	return r->watch_ms;
}

bool reports_are_done(const struct reports *r)
{
	return r->waiting == NULL && !bus_requester_is_waiting(r->requester);
}
