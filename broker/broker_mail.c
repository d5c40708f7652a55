/* The mail endpoint: letters are taken and reported. */
#include <inttypes.h>
#include <string.h>

#include "broker/broker_private.h"
#include "common/log.h"

static void answer(struct broker *b, struct bus_call *call, const struct bus_msg *m)
{
	bus_writer_clear(b->writer);
	bus_writer_add(b->writer, m);
	bus_answer(call, bus_writer_frame(b->writer));
}

static void answer_none(struct broker *b, struct bus_call *call)
{
	struct bus_msg m = {.kind = BUS_NO_LETTER,
			    .u.no_letter = {.letters = entrance_letters(b->entrance)}};

	answer(b, call, &m);
}

static bool answer_letter(struct broker *b, struct bus_call *call,
			  const struct bus_take *take)
{
	struct bus_msg m = {.kind = BUS_LETTER};

	if (!entrance_take_letter(b->entrance, take, broker_time(), &m.u.letter))
		return false;
	answer(b, call, &m);
	/* The letter's code was in this memory. */
	bus_writer_wipe(b->writer);
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
		}
		if (h->call == NULL)
			continue;
		if (answer_letter(b, h->call, &h->take)) {
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
	memcpy(h->sender, take->sender.ptr,
	       take->sender.len); /* at most 254 bytes by its table */
	h->take.sender.ptr = h->sender;
	h->until_ms = until_ms;
}

static void on_report(struct broker *b, struct bus_call *call,
		      const struct bus_report *report)
{
	struct bus_msg m = {.kind = BUS_REPORTED,
			    .u.reported = {.letter = report->letter}};

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
		st = bus_reader_next(r, BUS_MAILER, BUS_BROKER, &m);
	if (st != ST_OK) {
		struct broker_complaint x = broker_complain(&b->refused_mail, call);

		if (x.times > 0)
			log_warn("mail_refused", "peer=%s times=%" PRIu64 " why=\"%s\"",
				 x.peer, x.times, status_text(st));
		bus_answer(call, S(""));
	} else if (m.kind == BUS_TAKE) {
		hold(b, call, &m.u.take);
		broker_serve_mailers(b);
	} else {
		on_report(b, call, &m.u.report);
	}
	bus_reader_free(&r);
}
