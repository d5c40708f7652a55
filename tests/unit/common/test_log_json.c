/* test_log_json.c - pairs as they leave as JSON. */
#include "common/log_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static void expect(const char *pairs, const char *json)
{
	char buf[256];
	size_t len = log_json(buf, sizeof buf - 1, slice_of(pairs));

	buf[len] = '\0';
	assert_string_equal(buf, json);
}

static void pairs_become_members(void **state)
{
	(void)state;
	expect("", "");
	expect("a=1", ",\"a\":\"1\"");
	expect("a=1 b=two c=\"three and four\" d=",
	       ",\"a\":\"1\",\"b\":\"two\",\"c\":\"three and four\",\"d\":\"\"");
	expect("url=http://x/?a=b", ",\"url\":\"http://x/?a=b\"");
	expect("a=\"\" b=\"=\"", ",\"a\":\"\",\"b\":\"=\"");
}

static void what_json_escapes_is_escaped(void **state)
{
	(void)state;
	expect("a=\"x\\x22y\"", ",\"a\":\"x\\\\x22y\"");
	expect("a=\x01\xc3", ",\"a\":\"\\u0001\\u00c3\"");
	expect("a=x\"y", ",\"a\":\"x\\\"y\"");
}

static void what_is_no_pair_is_left_out(void **state)
{
	(void)state;
	expect("hello a=1 =2 world", ",\"a\":\"1\"");
	expect("   a=1   ", ",\"a\":\"1\"");
}

static void a_clipped_value_still_closes(void **state)
{
	(void)state;
	expect("a=1 why=\"no room on the...",
	       ",\"a\":\"1\",\"why\":\"no room on the...\"");
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	char buf[16];

	(void)state;
	for (size_t cap = 0; cap <= 14; cap++) {
		size_t len = log_json(buf, cap, S("a=1 b=2"));

		assert_true(len == 0 || len == 8);
		assert_true(len <= cap);
	}
	assert_int_equal(log_json(buf, sizeof buf, S("a=1 b=2")), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_become_members),
		cmocka_unit_test(what_json_escapes_is_escaped),
		cmocka_unit_test(what_is_no_pair_is_left_out),
		cmocka_unit_test(a_clipped_value_still_closes),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
