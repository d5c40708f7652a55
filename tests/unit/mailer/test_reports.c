/* Reports that wait for a broker that is away: a bound, and the oldest goes. */
#include "mailer/reports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/bus.h"
#include "common/log.h"
#include "common/memory.h"
#include "mailer/refusals.h"
#include "tests/unit/free_port.h"

enum { LOOKS_MAX = 200000 };

struct desk {
	uint64_t letters[REPORTS_MAX + 8]; /* that were reported of, in order */
	size_t n;
	bool is_empty;
	struct bus_writer *writer;
};

/* The broker's side: every letter is known. */
static void on_call(void *ctx, struct bus_call *call, struct slice frame)
{
	struct desk *d = ctx;
	struct bus_msg yes = {.kind = BUS_REPORTED}, m;
	struct bus_reader *r;

	assert_int_equal(bus_reader_new(frame, &r), ST_OK);
	assert_int_equal(bus_reader_next(r, BUS_MAILER, BUS_BROKER, &m), ST_OK);
	assert_int_equal(m.kind, BUS_REPORT);
	assert_in_range(d->n, 0, REPORTS_MAX + 7);
	d->letters[d->n++] = m.u.report.letter;
	yes.u.reported.letter = m.u.report.letter;
	yes.u.reported.known = true;
	bus_writer_clear(d->writer);
	bus_writer_add(d->writer, &yes);
	bus_answer(call, bus_writer_frame(d->writer));
	bus_reader_free(&r);
}

static void on_answer(void *ctx, const struct reports_answer *answer)
{
	(void)ctx;
	assert_true(answer->known);
}

static void on_empty(void *ctx)
{
	struct desk *d = ctx;

	d->is_empty = true;
}

static void add(struct reports *r, uint64_t letter, enum mail_state state)
{
	struct bus_report m = {.mailer = 5, .letter = letter, .state = state};

	reports_add(r, &m);
}

static struct desk desk;

static void a_broker_that_is_away_is_told_the_newest(void **state)
{
	struct bus_address at = {.url = ""};
	struct refusals refusals = {.refused = 0};
	struct reports_setup setup = {.at = &at,
				      .refusals = &refusals,
				      .on_answer = on_answer,
				      .on_empty = on_empty,
				      .ctx = &desk};
	struct bus_replier *replier;
	struct reports *r;
	uv_loop_t loop;

	(void)state;
	log_init("test", LOG_ERROR);
	assert_true(
		fmt(at.url, sizeof at.url, "tcp://127.0.0.1:%u", (unsigned)free_port()));
	assert_int_equal(uv_loop_init(&loop), 0);
	setup.loop = &loop;
	desk.writer = bus_writer_new();
	assert_int_equal(reports_new(&setup, &r), ST_OK);
	/* The first is in flight, whoever hears it; two more than may wait follow. */
	for (uint64_t letter = 1; letter <= REPORTS_MAX + 3; letter++)
		add(r, letter, MAIL_TAKEN);
	/* News of one that waits take no place. */
	add(r, 10, MAIL_SENT);
	assert_int_equal(bus_replier_new(&loop, &at, 4, on_call, &desk, &replier), ST_OK);
	for (int i = 0; i < LOOKS_MAX && !desk.is_empty; i++)
		uv_run(&loop, UV_RUN_ONCE);
	assert_true(desk.is_empty && reports_are_done(r));
	assert_int_equal(desk.n, 1 + REPORTS_MAX);
	assert_int_equal(desk.letters[0], 1);
	assert_int_equal(desk.letters[1], 4); /* 2 and 3 were dropped */
	assert_int_equal(desk.letters[desk.n - 1], REPORTS_MAX + 3);
	add(r, 7, MAIL_TAKEN); /* and there is room again */
	desk.is_empty = false;
	for (int i = 0; i < LOOKS_MAX && !desk.is_empty; i++)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(desk.letters[desk.n - 1], 7);
	reports_free(&r);
	bus_replier_free(&replier);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	bus_writer_free(&desk.writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broker_that_is_away_is_told_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
