/* test_report.c - whole answers are printed, others are not. */
#include "ctl/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static const struct bus_msg told = {.kind = BUS_TOLD, .u.told = {.done = true}};
static const struct bus_msg refused = {
	.kind = BUS_TOLD,
	.u.told = {.done = false, .text = {"not \x1b you", 9}},
};
static const struct bus_msg status = {
	.kind = BUS_STATUS,
	.u.status = {.version = {"1.2.3", 5},
		     .uptime_ms = 3 * 86400000 + 7200000,
		     .epoch = 0xab,
		     .newest = 70,
		     .posts = 60,
		     .people = 2,
		     .clients = 3,
		     .names = 5,
		     .sessions = 4,
		     .logins = 1,
		     .letters = 6},
};
static const struct bus_msg gateway = {
	.kind = BUS_GATEWAY_STATUS,
	.u.gateway_status = {
		.gateway = UINT64_MAX, .clients = 3, .lag = 9, .heard_ms = 250}};
static const struct bus_msg ann = {.kind = BUS_PERSON,
				   .u.person = {.name = {"ann", 3}, .clients = 2}};
static const struct bus_msg eve = {.kind = BUS_PERSON,
				   .u.person = {.name = {"\x1b[2J", 4}, .clients = 0}};

struct printed {
	char *out, *err;
	enum status st;
};

/* Prints a frame of messages, of which the last is NULL. */
static struct printed print(enum control_verb verb, enum report_form form,
			    const struct bus_msg *const messages[])
{
	struct printed p = {NULL, NULL, ST_OK};
	struct bus_writer *w = bus_writer_new();
	size_t n;
	FILE *out = open_memstream(&p.out, &n);
	FILE *err = open_memstream(&p.err, &n);

	for (size_t i = 0; messages[i] != NULL; i++)
		bus_writer_add(w, messages[i]);
	p.st = report_print(bus_writer_frame(w), verb, form, out, err);
	fclose(out);
	fclose(err);
	bus_writer_free(&w);
	return p;
}

static void forget(struct printed p)
{
	free(p.out);
	free(p.err);
}

#define MESSAGES(...) ((const struct bus_msg *const[]){__VA_ARGS__, NULL})

static void status_fits_one_screen(void **state)
{
	struct printed p =
		print(CONTROL_STATUS, REPORT_TEXT, MESSAGES(&told, &status, &gateway));

	(void)state;
	assert_int_equal(p.st, ST_OK);
	assert_string_equal(
		p.out, "broker     1.2.3, up 3 d 2 h\n"
		       "room       2 people with 3 clients\n"
		       "posts      newest 70, 60 in history, epoch 00000000000000ab\n"
		       "accounts   5 names, 4 sessions\n"
		       "logins     1 wait for their code, 6 letters\n"
		       "\n"
		       "gateway           clients     lag  heard\n"
		       "ffffffffffffffff        3       9  250 ms ago\n");
	forget(p);
}

static void status_is_one_flat_object(void **state)
{
	struct printed p =
		print(CONTROL_STATUS, REPORT_JSON, MESSAGES(&told, &status, &gateway));

	(void)state;
	assert_int_equal(p.st, ST_OK);
	assert_non_null(strstr(p.out, "\"epoch\": \"00000000000000ab\""));
	assert_non_null(strstr(p.out, "\"uptime_ms\": 266400000"));
	assert_non_null(strstr(p.out, "\"gateway\": \"ffffffffffffffff\""));
	assert_non_null(strstr(p.out, "\"heard_ms\": 250"));
	forget(p);
}

static void names_cannot_command_the_terminal(void **state)
{
	struct printed p = print(CONTROL_WHO, REPORT_TEXT, MESSAGES(&told, &ann, &eve));

	(void)state;
	assert_int_equal(p.st, ST_OK);
	assert_string_equal(p.out, "clients  name\n"
				   "      2  ann\n"
				   "      0  \\u{1b}[2J  (just left)\n");
	forget(p);
}

static void an_empty_room_is_an_empty_list(void **state)
{
	struct printed p = print(CONTROL_WHO, REPORT_JSON, MESSAGES(&told));

	(void)state;
	assert_int_equal(p.st, ST_OK);
	assert_string_equal(p.out, "{\n  \"people\": []\n}\n");
	forget(p);
}

static void what_was_said_is_confirmed(void **state)
{
	struct printed p = print(CONTROL_SAY, REPORT_JSON, MESSAGES(&told));

	(void)state;
	assert_int_equal(p.st, ST_OK);
	assert_string_equal(p.out, "{\n  \"said\": true\n}\n");
	forget(p);
}

static void a_refusal_goes_to_the_error_stream(void **state)
{
	struct printed p = print(CONTROL_STATUS, REPORT_JSON, MESSAGES(&refused));

	(void)state;
	assert_int_equal(p.st, ST_DENIED);
	assert_string_equal(p.out, "");
	assert_string_equal(p.err, "not \\u{1b} you\n");
	forget(p);
}

static void what_is_no_answer_prints_nothing(void **state)
{
	const struct bus_msg *const *const cases[] = {
		MESSAGES(&status),                 /* no head */
		MESSAGES(&told),                   /* no status */
		MESSAGES(&told, &status, &status), /* two of them */
		MESSAGES(&told, &told),
		MESSAGES(&told, &status,
			 &(struct bus_msg){.kind = BUS_ASK}), /* wrong direction */
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct printed p = print(CONTROL_STATUS, REPORT_TEXT, cases[i]);

		assert_true(p.st != ST_OK && p.st != ST_DENIED);
		assert_string_equal(p.out, "");
		assert_string_equal(p.err, "");
		forget(p);
	}
}

static const struct bus_msg more = {.kind = BUS_TOLD,
				    .u.told = {.done = true, .text = {"7 more", 6}}};
static const struct bus_msg muted = {.kind = BUS_BANNED,
				     .u.banned = {.what = BAN_MUTE,
						  .value = {"e\x1bve", 4},
						  .since_ms = UINT64_C(1700000000000),
						  .until_ms = UINT64_C(1700003600000),
						  .reason = {"a\\b", 3}}};
static const struct bus_msg banned = {.kind = BUS_BANNED,
				      .u.banned = {.what = BAN_NETWORK,
						   .value = {"192.0.2.0/24", 12},
						   .by_option = true}};

static void bans_are_listed_safely(void **state)
{
	struct printed p =
		print(CONTROL_BANS, REPORT_TEXT, MESSAGES(&more, &muted, &banned));

	(void)state;
	assert_int_equal(p.st, ST_OK);
	assert_string_equal(
		p.out, "what     since (UTC)       until             value\n"
		       "mute     2023-11-14 22:13  2023-11-14 23:13  e\\u{1b}ve: a\\\\b\n"
		       "network  by an option      lifted            192.0.2.0/24\n"
		       "7 more\n");
	forget(p);
	p = print(CONTROL_BANS, REPORT_JSON, MESSAGES(&told, &banned));
	assert_int_equal(p.st, ST_OK);
	assert_non_null(strstr(p.out, "\"what\": \"network\""));
	assert_non_null(strstr(p.out, "\"value\": \"192.0.2.0/24\""));
	assert_non_null(strstr(p.out, "\"until_ms\": 0"));
	assert_non_null(strstr(p.out, "\"by_option\": true"));
	assert_non_null(strstr(p.out, "\"more\": false"));
	forget(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bans_are_listed_safely),
		cmocka_unit_test(status_fits_one_screen),
		cmocka_unit_test(status_is_one_flat_object),
		cmocka_unit_test(names_cannot_command_the_terminal),
		cmocka_unit_test(an_empty_room_is_an_empty_list),
		cmocka_unit_test(what_was_said_is_confirmed),
		cmocka_unit_test(a_refusal_goes_to_the_error_stream),
		cmocka_unit_test(what_is_no_answer_prints_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
