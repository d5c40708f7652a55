/* One request after the other: TAKE, which the broker holds until there is a letter, then REPORT. */
#include "tests/bench/mailman.h"

#include <stdlib.h>

#include "common/bus.h"
#include "common/bus_msg.h"
#include "common/entropy.h"
#include "common/log.h"
#include "common/memory.h"

enum { HOLD_MS = 5000, RESEND_MS = 10000 };

struct mailman {
	struct bus_requester *requester;
	struct bus_writer *writer;
	uint64_t id;
	mailman_fn *on_code;
	void *ctx;
};

static void ask(struct mailman *m, const struct bus_msg *msg)
{
	bus_writer_clear(m->writer);
	bus_writer_add(m->writer, msg);
	bus_request(m->requester, bus_writer_frame(m->writer));
}

static void take(struct mailman *m)
{
	struct bus_msg msg = {.kind = BUS_TAKE,
			      .u.take = {.mailer = m->id,
					 .wait_ms = HOLD_MS,
					 .sender = S("bench@bench.example")}};

	ask(m, &msg);
}

static void report_sent(struct mailman *m, uint64_t letter)
{
	struct bus_msg msg = {.kind = BUS_REPORT,
			      .u.report = {.mailer = m->id,
					   .letter = letter,
					   .state = MAIL_SENT,
					   .attempt = 1}};

	ask(m, &msg);
}

static void on_answer(void *ctx, struct slice frame)
{
	struct mailman *m = ctx;
	struct bus_reader *r;
	struct bus_msg msg;
	uint64_t letter = 0;
	enum status st = bus_reader_new(frame, &r);

	if (st == ST_OK)
		st = bus_reader_next(r, BUS_BROKER, BUS_MAILER, &msg);
	if (st == ST_OK && msg.kind == BUS_LETTER) {
		letter = msg.u.letter.letter;
		m->on_code(m->ctx, msg.u.letter.email, msg.u.letter.code);
	}
	bus_reader_free(&r);
	if (st != ST_OK)
		log_error("answer_refused", "why=\"%s\"", status_text(st));
	if (letter != 0)
		report_sent(m, letter);
	else
		take(m);
}

enum status mailman_new(uv_loop_t *loop, const struct bus_address *at,
			mailman_fn *on_code, void *ctx, struct mailman **out)
{
	struct mailman *m = xcalloc(1, sizeof *m);
	enum status st = bus_requester_new(loop, at, on_answer, m, &m->requester);

	*out = NULL;
	if (st != ST_OK) {
		free(m);
		return st;
	}
	m->writer = bus_writer_new();
	m->id = entropy_id(&entropy_system);
	m->on_code = on_code;
	m->ctx = ctx;
	bus_requester_set_resend(m->requester, RESEND_MS);
	take(m);
	*out = m;
	return ST_OK;
}
