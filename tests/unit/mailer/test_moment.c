/* Times as operators write them. */
#include "mailer/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/attr.h"

enum { NOW = 1000000000 };

static void moments_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} cases[] = {
		{"2h", NOW - 7200000},
		{"90s", NOW - 90000},
		{"0s", NOW},
		{"3650d", 0},
		{"1970-01-01", 0},
		{"1970-01-02", 86400000},
		{"2026-01-31", UINT64_C(1769817600000)},
		{"2026-01-31T12:03", UINT64_C(1769860980000)},
		{"2026-01-31T12:03:00", UINT64_C(1769860980000)},
		{"2026-01-31T12:03:00Z", UINT64_C(1769860980000)},
		{"2024-02-29", UINT64_C(1709164800000)},
	};
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		assert_int_equal(moment_parse(slice_of(cases[i].text), NOW, &ms), ST_OK);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void what_is_no_moment_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"now",
		"12",
		"2026",
		"2026-1-31",
		"2026-02-29",
		"2026-13-01",
		"2026-00-01",
		"2026-01-00",
		"2026-01-32",
		"2026-01-31T",
		"2026-01-31T24:00",
		"2026-01-31T12",
		"2026-01-31T12:03:60",
		"2026-01-31 12:03",
		"-2h",
		"1969-12-31",
		"2026-01-31Z",
		"2026-01-31T12:03:00ZZ",
	};
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		assert_int_not_equal(moment_parse(slice_of(cases[i]), NOW, &ms), ST_OK);
		assert_int_equal(ms, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_are_read),
		cmocka_unit_test(what_is_no_moment_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
