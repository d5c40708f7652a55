/* test_story.c - what happened to a login reads like sentences, whatever strangers put into it. */
#include "ctl/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static const struct bus_story asked = {.time_ms = UINT64_C(1700000000000),
				       .kind = TRAIL_ASKED,
				       .times = 1,
				       .reference = {"K7Q-2MX", 7},
				       .email = {"ann@a.example", 13},
				       .network = {"192.0.2.0/24", 12}};
static const struct bus_story deferred = {.time_ms = UINT64_C(1700000003000),
					  .kind = TRAIL_LETTER,
					  .times = 1,
					  .reference = {"K7Q-2MX", 7},
					  .email = {"ann@a.example", 13},
					  .detail = {"4.7.1 \x1b[2J \\x9b", 15},
					  .state = MAIL_DEFERRED,
					  .attempt = 1,
					  .code = 451};
static const struct bus_story again = {.time_ms = UINT64_C(1700000060000),
				       .kind = TRAIL_ASKED,
				       .times = 1,
				       .reference = {"ABC-DEF", 7},
				       .email = {"ann@a.example", 13}};
static const struct bus_story flood = {
	.time_ms = UINT64_C(1700000061000), .kind = TRAIL_CODE_WRONG, .times = 12};

static void assert_prints(const struct bus_story *rows, size_t n, const char *expected)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	story_print(rows, n, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void a_story_is_told_in_sentences(void **state)
{
	const struct bus_story rows[] = {asked, deferred, again, flood};

	(void)state;
	assert_prints(
		rows, NELEMS(rows),
		"K7Q-2MX, then ABC-DEF: a login for ann@a.example; times are UTC\n"
		"2023-11-14 22:13:20  a login code was asked for, and its letter put on the"
		" mail desk (from 192.0.2.0/24).\n"
		"2023-11-14 22:13:23  the letter could not be sent yet; it is tried again"
		" (attempt 1, code 451, 4.7.1 \\u{1b}[2J \\x9b).\n"
		"2023-11-14 22:14:20  a login code was asked for, and its letter put on the"
		" mail desk.\n"
		"2023-11-14 22:14:21  a wrong code was given, 12 times within a minute.\n");
}

static void what_is_not_known_is_not_made_up(void **state)
{
	struct bus_story row = {.kind = 200, .times = 1, .reference = {"K7Q-2MX", 7}};

	(void)state;
	assert_prints(&row, 1,
		      "K7Q-2MX: a login for an address that is not known any more; times"
		      " are UTC\n"
		      "1970-01-01 00:00:00  something that a newer broker knows of.\n");
	row.time_ms = UINT64_MAX; /* no calendar has it */
	row.kind = TRAIL_DENIED;
	row.email = (struct slice){"e@b.cd", 6};
	assert_prints(
		&row, 1,
		"K7Q-2MX: a login for e@b.cd; times are UTC\n"
		"584556019-04-03 14:25:51  a login code was asked for an address that"
		" may not have one: no letter was written.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_story_is_told_in_sentences),
		cmocka_unit_test(what_is_not_known_is_not_made_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
