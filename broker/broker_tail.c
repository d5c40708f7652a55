/* The room as it goes on: who asks after a position is answered when there is something after it.  Answers
 * leave on the tick, so that a busy room is told in few of them. */
#include "broker/broker_private.h"
#include "common/log.h"

static void add_line(struct broker *b, uint64_t seq)
{
	const struct history_post *p = history_get(b->room->history, seq);
	const struct name_claim *who =
		p != NULL ? names_by_id(b->room->names, p->person) : NULL;
	struct bus_msg m = {.kind = BUS_LINE};

	if (p == NULL)
		return; /* cannot be: it is between first and newest */
	m.u.line = (struct bus_line){.seq = p->seq,
				     .time_ms = p->time_ms,
				     .event = p->event,
				     .name = p->name,
				     .text = p->text,
				     .mark = slice_of(who != NULL ? who->mark : "")};
	bus_writer_add(b->writer, &m);
}

static void answer(struct broker *b, const struct held_tail *h)
{
	const struct history *history = b->room->history;
	uint64_t first = history_first(history), newest = history_newest(history);
	uint64_t seq = h->after < first - 1 ? first : h->after + 1;
	struct bus_msg head = {
		.kind = BUS_TAIL,
		.u.tail = {.epoch = b->room->epoch, .newest = newest, .first = first}};

	bus_writer_clear(b->writer);
	broker_add_told(b->writer, true, S(""));
	bus_writer_add(b->writer, &head);
	if (h->epoch == b->room->epoch) {
		for (; seq <= newest && !bus_queue_is_frame_full(b->writer); seq++)
			add_line(b, seq);
	}
	bus_answer(h->call, bus_writer_frame(b->writer));
}

static bool has_news(const struct broker *b, const struct held_tail *h)
{
	return h->epoch != b->room->epoch || h->after < history_newest(b->room->history);
}

void broker_serve_tails(struct broker *b)
{
	uint64_t now_ms = broker_time().now_ms;

	for (size_t i = 0; i < TAILS_MAX; i++) {
		struct held_tail *h = &b->tails[i];

		if (h->call == NULL)
			continue;
		if (bus_call_is_orphan(h->call))
			bus_answer(h->call, S(""));
		else if (has_news(b, h) || now_ms >= h->until_ms)
			answer(b, h);
		else
			continue;
		h->call = NULL;
	}
}

/* True: it is held, or was answered. */
bool broker_hold_tail(struct broker *b, struct bus_call *call, const struct bus_ask *ask)
{
	struct held_tail x = {.call = call,
			      .epoch = ask->epoch,
			      .after = ask->after,
			      .until_ms = broker_time().now_ms + ask->wait_ms};

	if (ask->epoch == 0)
		log_info("operator", "%s", "act=tail");
	if (x.epoch != b->room->epoch) {
		answer(b, &x);
		return true;
	}
	for (size_t i = 0; i < TAILS_MAX; i++) {
		if (b->tails[i].call == NULL) {
			b->tails[i] = x;
			return true;
		}
	}
	return false;
}
