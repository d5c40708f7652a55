/* test_number.c - what strtoul() would have let through is refused. */
#include "common/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/attr.h"

struct number_case {
	const char *text;
	enum status status;
	uint64_t value;
};

static void plain_decimal_numbers_are_read_and_nothing_else(void **state)
{
	static const struct number_case cases[] = {
		{"0", ST_OK, 0},
		{"7", ST_OK, 7},
		{"10", ST_OK, 10},
		{"18446744073709551615", ST_OK, UINT64_MAX},
		{"18446744073709551616", ST_RANGE, 0},
		{"99999999999999999999", ST_RANGE, 0},
		{"184467440737095516150", ST_RANGE, 0},
		{"99999999999999999999x", ST_TYPE, 0},
		{"", ST_TYPE, 0},
		{"-1", ST_TYPE, 0},
		{"+1", ST_TYPE, 0},
		{" 1", ST_TYPE, 0},
		{"1 ", ST_TYPE, 0},
		{"12x", ST_TYPE, 0},
		{"0x10", ST_TYPE, 0},
		{"00", ST_TYPE, 0},
		{"007", ST_TYPE, 0},
		{"1.5", ST_TYPE, 0},
		{"1\n", ST_TYPE, 0},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		uint64_t value = 99;

		assert_int_equal(number_parse(slice_of(cases[i].text), &value),
				 cases[i].status);
		assert_true(value == cases[i].value);
	}
}

static void a_number_ends_where_its_slice_ends(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(number_parse((struct slice){"1234", 2}, &value), ST_OK);
	assert_int_equal(value, 12);
	assert_int_equal(number_parse(S("1\0"), &value), ST_TYPE);
}

static void durations_have_one_unit_or_mean_seconds(void **state)
{
	static const struct number_case cases[] = {
		{"0", ST_OK, 0},
		{"10", ST_OK, 10000},
		{"500ms", ST_OK, 500},
		{"30s", ST_OK, 30000},
		{"10m", ST_OK, 600000},
		{"2h", ST_OK, 7200000},
		{"1d", ST_OK, 86400000},
		{"18446744073709551615ms", ST_OK, UINT64_MAX},
		{"18446744073709551616ms", ST_RANGE, 0},
		{"18446744073709552s", ST_RANGE, 0},
		{"213503982335d", ST_RANGE, 0},
		{"", ST_TYPE, 0},
		{"s", ST_TYPE, 0},
		{"1S", ST_TYPE, 0},
		{"1 s", ST_TYPE, 0},
		{"1s ", ST_TYPE, 0},
		{"1m30s", ST_TYPE, 0},
		{"1.5h", ST_TYPE, 0},
		{"-1s", ST_TYPE, 0},
		{"01s", ST_TYPE, 0},
		{"1w", ST_TYPE, 0},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		uint64_t ms = 99;

		assert_int_equal(number_parse_duration(slice_of(cases[i].text), &ms),
				 cases[i].status);
		assert_true(ms == cases[i].value);
	}
	assert_int_equal(number_parse_duration(slice_of(NULL), &(uint64_t){0}), ST_TYPE);
}

static void every_status_has_a_text(void **state)
{
	(void)state;
	assert_string_equal(status_text(ST_OK), "ok");
	assert_string_equal(status_text(ST_RANGE), "value out of range");
	assert_string_equal(status_text((enum status) - 77), "not a status");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_decimal_numbers_are_read_and_nothing_else),
		cmocka_unit_test(a_number_ends_where_its_slice_ends),
		cmocka_unit_test(durations_have_one_unit_or_mean_seconds),
		cmocka_unit_test(every_status_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
