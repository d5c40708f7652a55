/* The requester of the bus asks again by itself when the broker was away; here are the
 * pace and the log. */
#include "mailer/desk.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/bus.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/version.h"
#include "mailer/refusals.h"

struct desk {
	struct desk_setup setup;
	struct bus_requester *requester;
	struct bus_writer *writer;
	uint64_t in_hand;
	bool is_degraded;
	uint64_t asked_ms; /* the last question */
	uint64_t watch_ms; /* when its silence is too long (again) */
	uint64_t next_ms;  /* the next one, at the earliest */
	enum { BROKER_UNKNOWN, BROKER_HEARD, BROKER_SILENT } broker;
};

/* The trail first: it tells that the letter was asked for. */
static enum status read_answer(struct desk *d, struct bus_reader *reader)
{
	struct bus_msg head, row;
	enum status st = bus_reader_next(reader, BUS_BROKER, BUS_MAILER, &head);

	if (st != ST_OK)
		return st;
	if (head.kind != BUS_LETTER && head.kind != BUS_NO_LETTER)
		return ST_PROTOCOL;
	while ((st = bus_reader_next(reader, BUS_BROKER, BUS_MAILER, &row)) == ST_OK) {
		if (row.kind != BUS_TRAIL)
			return ST_PROTOCOL;
		d->setup.on_trail(d->setup.ctx, &row.u.trail);
	}
	if (st != ST_END)
		return st;
	if (head.kind == BUS_LETTER) {
		d->next_ms = 0;
		d->setup.on_letter(d->setup.ctx, &head.u.letter);
	}
	return ST_OK;
}

static void on_answer(void *ctx, struct slice frame)
{
	struct desk *d = ctx;
	struct bus_reader *reader = NULL;
	enum status st = bus_reader_new(frame, &reader);

	d->next_ms = d->asked_ms + DESK_PAUSE_MS;
	if (st == ST_OK)
		st = read_answer(d, reader);
	refusals_note(d->setup.refusals, "take", st != ST_OK ? status_text(st) : NULL,
		      reader);
	bus_reader_free(&reader);
	if (st == ST_OK && d->broker != BROKER_HEARD) {
		log_info("bus_connected", "mail=%s", d->setup.at->url);
		d->broker = BROKER_HEARD;
	}
	d->setup.on_answer(d->setup.ctx);
}

enum status desk_new(const struct desk_setup *setup, struct desk **out)
{
	struct desk *d = xcalloc(1, sizeof *d);
	enum status st;

	*out = NULL;
	d->setup = *setup;
	d->writer = bus_writer_new();
	st = bus_requester_new(setup->loop, setup->at, on_answer, d, &d->requester);
	if (st != ST_OK) {
		desk_free(&d);
		return st;
	}
	/* The broker holds the answer: to ask again before it would only swap the call it holds. */
	bus_requester_set_resend(d->requester, DESK_WAIT_MS + 2 * BUS_RESEND_MS);
	*out = d;
	return ST_OK;
}

void desk_free(struct desk **d)
{
	if (d == NULL || *d == NULL)
		return;
	bus_requester_free(&(*d)->requester);
	bus_writer_free(&(*d)->writer);
	free(*d);
	*d = NULL;
}

bool desk_may_ask(const struct desk *d, uint64_t now_ms)
{
	return !bus_requester_is_waiting(d->requester) && now_ms >= d->next_ms;
}

void desk_tell(struct desk *d, uint64_t in_hand, bool is_degraded)
{
	d->in_hand = in_hand;
	d->is_degraded = is_degraded;
}

void desk_ask(struct desk *d, uint64_t room, uint64_t kept, uint64_t now_ms)
{
	struct bus_msg msg = {.kind = BUS_TAKE};

	msg.u.take.mailer = d->setup.mailer;
	msg.u.take.wait_ms = DESK_WAIT_MS;
	msg.u.take.sender = slice_of(d->setup.sender);
	msg.u.take.subject = slice_of(d->setup.subject);
	msg.u.take.kept = kept;
	msg.u.take.room = room;
	msg.u.take.version = S(PLUME_VERSION);
	msg.u.take.in_hand = d->in_hand;
	msg.u.take.degraded = d->is_degraded;
	bus_writer_clear(d->writer);
	bus_writer_add(d->writer, &msg);
	bus_request(d->requester, bus_writer_frame(d->writer));
	d->asked_ms = now_ms;
	d->watch_ms = now_ms + DESK_SILENCE_MS;
}

void desk_watch(struct desk *d, uint64_t now_ms)
{
	if (!bus_requester_is_waiting(d->requester) || now_ms < d->watch_ms)
		return;
	if (d->broker != BROKER_SILENT)
		log_warn("bus_silent", "mail=%s since_ms=%" PRIu64, d->setup.at->url,
			 now_ms - d->asked_ms);
	d->broker = BROKER_SILENT;
	/* A link that died without a word is noticed by nobody else. */
	bus_requester_redial(d->requester);
	d->watch_ms = now_ms + DESK_SILENCE_MS;
}

bool desk_is_connected(const struct desk *d)
{
	return bus_requester_is_connected(d->requester);
}

uint64_t desk_next_ms(const struct desk *d)
{
	return bus_requester_is_waiting(d->requester) ? d->watch_ms : d->next_ms;
}
