/* A requester and a timer on one loop: who comes first stops it. */
#include "ctl/question.h"

#include <stdlib.h>

#include "common/bus.h"
#include "common/memory.h"

struct question {
	uv_loop_t *loop; /* borrowed */
	uv_timer_t deadline;
	struct bus_requester *requester;
	struct slice answer; /* on the heap; ptr is NULL until it is there */
};

static void on_answer(void *ctx, struct slice frame)
{
	struct question *q = ctx;

	/* slice_dup() ends what it copies with a NUL, so that even an empty answer is one. */
	q->answer = (struct slice){slice_dup(frame), frame.len};
	uv_stop(q->loop);
}

static void on_deadline(uv_timer_t *timer)
{
	struct question *q = timer->data;

	uv_stop(q->loop);
}

static void send_ask(struct question *q, const struct bus_ask *ask)
{
	struct bus_writer *w = bus_writer_new();
	struct bus_msg m = {.kind = BUS_ASK, .u.ask = *ask};

	bus_writer_add(w, &m);
	bus_request(q->requester, bus_writer_frame(w));
	bus_writer_wipe(w); /* it held the control key */
	bus_writer_free(&w);
}

enum status question_ask(uv_loop_t *loop, const struct bus_address *at,
			 const struct bus_ask *ask, uint64_t timeout_ms,
			 struct slice *out)
{
	/* On the heap for the life of the process: the loop keeps pointers to it. */
	struct question *q = xcalloc(1, sizeof *q);
	enum status st;

	*out = (struct slice){NULL, 0};
	q->loop = loop;
	st = bus_requester_new(loop, at, on_answer, q, &q->requester);
	if (st != ST_OK) {
		free(q);
		return st;
	}

	if (uv_timer_init(loop, &q->deadline) != 0)
		abort(); /* it cannot fail */
	q->deadline.data = q;
	if (timeout_ms > 0 &&
	    uv_timer_start(&q->deadline, on_deadline, timeout_ms, 0) != 0)
		abort(); /* nor can this, with a callback */
	send_ask(q, ask);
	uv_run(loop, UV_RUN_DEFAULT);

	*out = q->answer;
	return q->answer.ptr != NULL ? ST_OK : ST_ABSENT;
}
