/* Questions that the broker holds, one after the other; the position is all that has to be remembered. */
#include "ctl/tail.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "ctl/question.h"
#include "ctl/report_tail.h"

enum {
	WAIT_MS = 20000,   /* how long the broker may hold a question */
	SILENCE_MS = 5000, /* beyond that: it is away, or the link is dead */
	WATCH_MS = 500,
};

struct watch {
	uv_loop_t *loop;
	uv_signal_t interrupt, term;
	uv_timer_t timer;
	int fd; /* what is written to */
	bool is_over;
};

static void on_signal(uv_signal_t *handle, int number)
{
	struct watch *w = handle->data;

	(void)number;
	w->is_over = true;
	uv_stop(w->loop);
}

/* A quiet room writes nothing, and so would never learn that its reader has gone. */
static void on_watch(uv_timer_t *timer)
{
	struct watch *w = timer->data;
	struct pollfd p = {.fd = w->fd};

	if (poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
		w->is_over = true;
		uv_stop(w->loop);
	}
}

static void begin_watch(struct watch *w, uv_loop_t *loop, FILE *out)
{
	signal(SIGPIPE, SIG_IGN);
	w->loop = loop;
	w->fd = fileno(out);
	if (uv_signal_init(loop, &w->interrupt) != 0 ||
	    uv_signal_start(&w->interrupt, on_signal, SIGINT) != 0 ||
	    uv_signal_init(loop, &w->term) != 0 ||
	    uv_signal_start(&w->term, on_signal, SIGTERM) != 0 ||
	    uv_timer_init(loop, &w->timer) != 0 ||
	    uv_timer_start(&w->timer, on_watch, WATCH_MS, WATCH_MS) != 0)
		abort(); /* before anything was asked */
	w->interrupt.data = w->term.data = w->timer.data = w;
}

static void ask(struct question *q, const struct tail_setup *setup,
		const struct tail_place *p)
{
	struct bus_ask m = {.key = setup->key,
			    .verb = CONTROL_TAIL,
			    .epoch = p->epoch,
			    .after = p->after,
			    .wait_ms = WAIT_MS};

	question_send(q, &m);
}

/* An answer, whenever it comes; the first one has a deadline. */
static enum status wait_for_answer(struct question *q, const struct tail_setup *setup,
				   const struct tail_place *p, const struct watch *w,
				   struct slice *out)
{
	bool is_first = p->epoch == 0;
	uint64_t timeout_ms = is_first ? setup->timeout_ms : WAIT_MS + SILENCE_MS;
	enum status st;

	while ((st = question_wait(q, timeout_ms, out)) == ST_ABSENT && !w->is_over &&
	       !is_first)
		question_redial(q);
	return st;
}

static enum tail_end follow(struct question *q, const struct tail_setup *setup,
			    struct watch *w)
{
	struct tail_place p = {.after = setup->after, .has_after = setup->has_after};
	struct slice frame;
	enum status st;

	for (;;) {
		ask(q, setup, &p);
		st = wait_for_answer(q, setup, &p, w, &frame);
		if (w->is_over || st != ST_OK)
			break;
		st = report_tail(&p, frame, setup->out, setup->err);
		free((char *)frame.ptr);
		if (st != ST_OK)
			return st == ST_DENIED ? TAIL_DENIED : TAIL_STRANGE;
		if (fflush(setup->out) != 0)
			return errno == EPIPE ? TAIL_STOPPED : TAIL_STRANGE;
	}
	return w->is_over ? TAIL_STOPPED : TAIL_ABSENT;
}

enum tail_end tail_run(uv_loop_t *loop, const struct tail_setup *setup)
{
	static struct watch w; /* the loop keeps pointers to it */
	struct question *q;

	begin_watch(&w, loop, setup->out);
	if (question_new(loop, setup->at, WAIT_MS + SILENCE_MS, &q) != ST_OK)
		return TAIL_ABSENT;
	return follow(q, setup, &w);
}
