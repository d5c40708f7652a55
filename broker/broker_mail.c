/* The mail endpoint: letters are taken and reported. */
#include <inttypes.h>

#include "broker/broker_private.h"
#include "common/log.h"

static void answer(struct broker *b, struct bus_call *call, const struct bus_msg *m)
{
	bus_writer_clear(b->writer);
	bus_writer_add(b->writer, m);
	bus_answer(call, bus_writer_frame(b->writer));
}

static void add_trail(void *ctx, const struct trail_row *row)
{
	struct broker *b = ctx;
	struct bus_msg m = {.kind = BUS_TRAIL,
			    .u.trail = {.number = row->number,
					.time_ms = row->time_ms,
					.kind = row->kind,
					.times = row->times,
					.reference = slice_of(row->reference),
					.email = slice_of(row->email),
					.network = slice_of(row->network),
					.gateway = row->gateway,
					.detail = slice_of(row->detail),
					.room = b->room->epoch}};

	bus_writer_add(b->writer, &m);
}

static void answer_none(struct broker *b, struct bus_call *call)
{
	struct bus_msg m = {.kind = BUS_NO_LETTER,
			    .u.no_letter = {.letters = entrance_letters(b->entrance)}};

	answer(b, call, &m);
}

/* Who holds a letter is in the journal before its mailer hears of it: a broker that starts anew gives it
 * to nobody else.  False: nothing was said. */
static bool answer_letter(struct broker *b, struct bus_call *call,
			  const struct bus_take *take)
{
	struct bus_msg m = {.kind = BUS_LETTER};
	bool found;

	if (entrance_letters(b->entrance) == 0)
		return false;
	store_begin(b->store);
	found = entrance_take_letter(b->entrance, take, broker_time(), &m.u.letter);
	if (found) {
		bus_writer_clear(b->writer);
		bus_writer_add(b->writer, &m);
	}
	if (!broker_commit(b) || !found)
		return false;
	(void)entrance_give_trail(b->entrance, take, broker_time(), add_trail, b);
	bus_answer(call, bus_writer_frame(b->writer));
	/* The letter's code was in this memory. */
	bus_writer_wipe(b->writer);
	return true;
}

/* Rows that wait, without a letter. */
static bool answer_trail(struct broker *b, struct bus_call *call,
			 const struct bus_take *take)
{
	struct bus_msg none = {.kind = BUS_NO_LETTER,
			       .u.no_letter = {.letters = entrance_letters(b->entrance)}};

	bus_writer_clear(b->writer);
	bus_writer_add(b->writer, &none);
	if (entrance_give_trail(b->entrance, take, broker_time(), add_trail, b) == 0)
		return false;
	bus_answer(call, bus_writer_frame(b->writer));
	return true;
}

void broker_serve_mailers(struct broker *b)
{
	uint64_t now = broker_time().now_ms;

	for (size_t i = 0; i < MAILERS_MAX; i++) {
		struct held_take *h = &b->takes[i];

		if (h->call != NULL && bus_call_is_orphan(h->call)) {
			bus_answer(h->call, S("")); /* a letter would go to nobody */
			h->call = NULL;
			entrance_mailer_gone(b->entrance, h->take.mailer);
		}
		if (h->call == NULL)
			continue;
		if (answer_letter(b, h->call, &h->take) ||
		    answer_trail(b, h->call, &h->take)) {
			h->call = NULL;
		} else if (now >= h->until_ms) {
			answer_none(b, h->call);
			h->call = NULL;
		}
	}
}

/* One call of a mailer is held: an older one is its own request, sent again. */
static void hold(struct broker *b, struct bus_call *call, const struct bus_take *take)
{
	struct held_take *h = NULL;
	uint64_t until_ms = broker_time().now_ms + take->wait_ms;

	for (size_t i = 0; i < MAILERS_MAX; i++) {
		struct held_take *x = &b->takes[i];

		if (x->call != NULL && x->take.mailer == take->mailer) {
			bus_answer(x->call, S(""));
			x->call = NULL;
			until_ms = x->until_ms; /* the wait began with it */
		}
		if (x->call == NULL && h == NULL)
			h = x;
	}
	if (h == NULL) {
		answer_none(b, call);
		return;
	}
	h->call = call;
	h->take = *take;
	h->take.sender = h->take.subject = h->take.version =
		S(""); /* were noted when it came */
	h->until_ms = until_ms;
}

static void on_take(struct broker *b, struct bus_call *call, const struct bus_take *take)
{
	store_begin(b->store);
	entrance_hear_mailer(b->entrance, take, broker_time());
	if (!broker_commit(b)) {
		bus_answer(call, S("")); /* the mailer asks again */
		return;
	}
	hold(b, call, take);
	broker_serve_mailers(b);
}

static void on_report(struct broker *b, struct bus_call *call,
		      const struct bus_report *report)
{
	struct bus_msg m = {.kind = BUS_REPORTED,
			    .u.reported = {.letter = report->letter}};

	if (b->room->is_full) {
		bus_answer(call,
			   S("")); /* it could not be kept: the mailer reports again */
		return;
	}
	b->metrics.reports[report->state]++;
	store_begin(b->store);
	m.u.reported.known = entrance_report(b->entrance, report, broker_time());
	if (!broker_commit(b)) {
		bus_answer(call, S("")); /* the mailer reports again */
		return;
	}
	answer(b, call, &m);
	broker_flush(b);
}

void broker_on_mail(void *ctx, struct bus_call *call, struct slice frame)
{
	struct broker *b = ctx;
	struct bus_reader *r;
	struct bus_msg m;
	enum status st = bus_reader_new(frame, &r);

	if (st == ST_OK)
		st = bus_reader_only(r, BUS_MAILER, BUS_BROKER, &m);
	b->metrics.skipped += bus_reader_skipped(r);
	if (st != ST_OK) {
		struct broker_complaint x = broker_complain(&b->refused_mail, call);

		b->metrics.refused[ENDPOINT_MAIL]++;
		if (x.times > 0)
			log_warn("mail_refused", "peer=%s times=%" PRIu64 " why=\"%s\"",
				 x.peer, x.times, status_text(st));
		bus_answer(call, S(""));
	} else if (m.kind == BUS_TAKE) {
		on_take(b, call, &m.u.take);
	} else {
		on_report(b, call, &m.u.report);
	}
	bus_reader_free(&r);
}
