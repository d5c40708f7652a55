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
		p.out,
		"broker     1.2.3, up 3 d 2 h\n"
		"room       2 people with 3 clients\n"
		"posts      newest 70, 60 in history, epoch 00000000000000ab\n"
		"accounts   5 names, 4 sessions\n"
		"logins     1 wait for their code, 6 letters\n"
		"\n"
		"gateway           clients     lag  behind  slowest  heard          up"
		"             version\n"
		"ffffffffffffffff        3       9       0        0  250 ms         0 ms"
		"           older\n");
	forget(p);
}

static const struct bus_msg whole_status = {
	.kind = BUS_STATUS,
	.u.status = {.version = {"1.2.3", 5},
		     .uptime_ms = 1000,
		     .epoch = 1,
		     .letters = 2,
		     .minor = 2,
		     .oldest_letter_ms = 61000,
		     .results = 4,
		     .held = 1,
		     .kept = STATE_FULL,
		     .commits = 5,
		     .commit_us = 600,
		     .failures = 7,
		     .state_bytes = 8000},
};
static const struct bus_msg draining = {.kind = BUS_GATEWAY_STATUS,
					.u.gateway_status = {.gateway = 7,
							     .clients = 3,
							     .heard_ms = 250,
							     .version = {"1.2.4", 5},
							     .minor = 2,
							     .uptime_ms = 90000,
							     .connections = 4,
							     .behind = 2,
							     .slowest = 11,
							     .state = GATEWAY_DRAINING,
							     .told = 1}};
static const struct bus_msg mailer = {.kind = BUS_MAILER_STATUS,
				      .u.mailer_status = {.mailer = 9,
							  .version = {"1.2.5", 5},
							  .heard_ms = 800,
							  .leased = 1,
							  .in_hand = 2,
							  .degraded = 1}};

static void status_has_the_peers_and_the_queues(void **state)
{
	struct printed p = print(CONTROL_STATUS, REPORT_TEXT,
				 MESSAGES(&told, &whole_status, &draining, &mailer));

	(void)state;
	assert_int_equal(p.st, ST_OK);
	assert_non_null(strstr(p.out, "broker     1.2.3 (bus 1.2), up 1 s\n"));
	assert_non_null(strstr(p.out, "2 letters, the oldest for 1 min 1 s\n"));
	assert_non_null(strstr(
		p.out,
		"queues     4 results for gateways, 1 held questions of operators\n"
		"state      disk full, 8000 bytes; 5 commits of 600 us on average, 7 failed\n"));
	assert_non_null(strstr(p.out, "0000000000000007        3       0       2       11"
				      "  250 ms         1 min 30 s     1.2.4 (bus 1.2),"
				      " draining\n"));
	assert_non_null(strstr(p.out, "0000000000000009        1        2  800 ms"
				      "         1.2.5, no mail server can be used\n"));
	forget(p);
}

static const struct bus_msg quick = {
	.kind = BUS_CLIENT_STATUS,
	.u.client_status = {
		.gateway = 7, .client = 1, .name = {"ann", 3}, .open_ms = 1000}};
static const struct bus_msg slow = {.kind = BUS_CLIENT_STATUS,
				    .u.client_status = {.gateway = 8,
							.client = 2,
							.name = {"e\x1bve", 4},
							.open_ms = 61000,
							.silent_ms = 9000,
							.lag = 500,
							.unsent = 4096}};

static void the_slowest_client_comes_first(void **state)
{
	struct printed p = print(CONTROL_CLIENTS, REPORT_TEXT,
				 MESSAGES(&told, &gateway, &draining, &quick, &slow));

	(void)state;
	assert_int_equal(p.st, ST_OK);
	assert_string_equal(
		p.out,
		"gateway ffffffffffffffff: 3 clients; it did not tell: it is older\n"
		"gateway 0000000000000007: 3 clients, 2 behind, the slowest by 11 posts;"
		" it drains\n"
		"\n"
		"    lag    unsent  connected    heard        gateway           name\n"
		"    500      4096  1 min 1 s    9 s          0000000000000008  e\\u{1b}ve\n"
		"      0         0  1 s          0 ms         0000000000000007  ann\n");
	forget(p);
	p = print(CONTROL_CLIENTS, REPORT_JSON, MESSAGES(&told, &quick, &slow));
	assert_non_null(strstr(p.out, "\"name\": \"e\\u001Bve\""));
	assert_true(strstr(p.out, "\"lag\": 500") < strstr(p.out, "\"lag\": 0"));
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

/* JSON alone would let through what begins a command in one character (U+009B), and what turns text. */
static void names_in_json_cannot_command_the_terminal_either(void **state)
{
	static const struct bus_msg csi = {
		.kind = BUS_PERSON,
		.u.person = {.name = {"\xc2\x9b\x32J\x7f\xe2\x80\xae", 8}, .clients = 1}};
	struct printed p = print(CONTROL_WHO, REPORT_JSON, MESSAGES(&told, &csi));

	(void)state;
	assert_int_equal(p.st, ST_OK);
	assert_non_null(strstr(p.out, "\"\\u009B2J\\u007F\\u202E\""));
	for (const char *at = p.out; *at != '\0'; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at < 0x7f));
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
		       "network  by an option      it is lifted      192.0.2.0/24\n"
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
		cmocka_unit_test(status_has_the_peers_and_the_queues),
		cmocka_unit_test(the_slowest_client_comes_first),
		cmocka_unit_test(status_is_one_flat_object),
		cmocka_unit_test(names_cannot_command_the_terminal),
		cmocka_unit_test(names_in_json_cannot_command_the_terminal_either),
		cmocka_unit_test(an_empty_room_is_an_empty_list),
		cmocka_unit_test(what_was_said_is_confirmed),
		cmocka_unit_test(a_refusal_goes_to_the_error_stream),
		cmocka_unit_test(what_is_no_answer_prints_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
