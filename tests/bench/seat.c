/* The next batch is written while the one before is in flight. */
#include "tests/bench/seat.h"

#include <stdlib.h>

#include "common/bus.h"
#include "common/entropy.h"
#include "common/log.h"
#include "common/memory.h"

struct seat {
	struct bus_requester *requester;
	struct bus_writer *writer, *next;
	struct seat_events events;
	uint64_t id, number, newest;
};

static void on_answer(void *ctx, struct slice frame)
{
	struct seat *s = ctx;
	struct bus_reader *r;
	struct bus_msg m;
	enum status st = bus_reader_new(frame, &r);

	while (st == ST_OK &&
	       (st = bus_reader_next(r, BUS_BROKER, BUS_GATEWAY, &m)) == ST_OK) {
		if (m.kind == BUS_RESULTS)
			s->newest = m.u.results.newest;
		s->events.on_message(s->events.ctx, s, &m);
	}
	bus_reader_free(&r);
	if (st != ST_END)
		log_error("answer_refused", "why=\"%s\"", status_text(st));
	s->events.on_answered(s->events.ctx, s);
}

enum status seat_new(uv_loop_t *loop, const struct bus_address *at,
		     const struct seat_events *events, struct seat **out)
{
	struct seat *s = xcalloc(1, sizeof *s);
	enum status st = bus_requester_new(loop, at, on_answer, s, &s->requester);

	*out = NULL;
	if (st != ST_OK) {
		free(s);
		return st;
	}
	s->events = *events;
	s->writer = bus_writer_new();
	s->next = bus_writer_new();
	s->id = entropy_id(&entropy_system); /* as a gateway that the broker never saw */
	*out = s;
	return ST_OK;
}

void seat_add(struct seat *s, const struct bus_msg *m)
{
	bus_writer_add(s->next, m);
}

size_t seat_added(const struct seat *s)
{
	return bus_writer_count(s->next);
}

void seat_send(struct seat *s)
{
	struct bus_msg head = {.kind = BUS_BATCH,
			       .u.batch = {.gateway = s->id,
					   .number = ++s->number,
					   .newest = s->newest}};

	bus_writer_clear(s->writer);
	bus_writer_add(s->writer, &head);
	bus_writer_append(s->writer, s->next);
	bus_writer_clear(s->next);
	bus_request(s->requester, bus_writer_frame(s->writer));
}
