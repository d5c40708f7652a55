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

enum status question_new(uv_loop_t *loop, const struct bus_address *at, int resend_ms,
			 struct question **out)
{
	struct question *q = xcalloc(1, sizeof *q);
	enum status st;

	*out = NULL;
	q->loop = loop;
	st = bus_requester_new(loop, at, on_answer, q, &q->requester);
	if (st != ST_OK) {
		free(q);
		return st;
	}
	if (resend_ms > 0)
		bus_requester_set_resend(q->requester, resend_ms);
	if (uv_timer_init(loop, &q->deadline) != 0)
		abort(); /* it cannot fail */
	q->deadline.data = q;
	*out = q;
	return ST_OK;
}

void question_send(struct question *q, const struct bus_ask *ask)
{
	struct bus_writer *w = bus_writer_new();
	struct bus_msg m = {.kind = BUS_ASK, .u.ask = *ask};

	bus_writer_add(w, &m);
	bus_request(q->requester, bus_writer_frame(w));
	bus_writer_wipe(w); /* it held the control key */
	bus_writer_free(&w);
}

enum status question_wait(struct question *q, uint64_t timeout_ms, struct slice *out)
{
	if (timeout_ms > 0 &&
	    uv_timer_start(&q->deadline, on_deadline, timeout_ms, 0) != 0)
		abort(); /* it cannot fail, with a callback */
	if (q->answer.ptr == NULL)
		uv_run(q->loop, UV_RUN_DEFAULT);
	uv_timer_stop(&q->deadline);
	*out = q->answer;
	q->answer = (struct slice){NULL, 0};
	return out->ptr != NULL ? ST_OK : ST_ABSENT;
}

void question_redial(struct question *q)
{
	bus_requester_redial(q->requester);
}
