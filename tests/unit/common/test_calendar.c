/* test_calendar.c - the same dates as gmtime_r(), for each day there is. */
#include "common/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void same(time_t at)
{
	struct calendar c;
	struct tm tm;

	assert_non_null(gmtime_r(&at, &tm));
	calendar_of((uint64_t)at, &c);
	assert_int_equal(c.year, tm.tm_year + 1900);
	assert_int_equal(c.month, tm.tm_mon + 1);
	assert_int_equal(c.day, tm.tm_mday);
	assert_int_equal(c.hour, tm.tm_hour);
	assert_int_equal(c.minute, tm.tm_min);
	assert_int_equal(c.second, tm.tm_sec);
}

static void each_day_is_that_of_the_c_library(void **state)
{
	const time_t day = 24 * 60 * 60, last = 253402300799; /* of the year 9999 */

	(void)state;
	for (time_t at = 0; at <= last; at += day) {
		same(at);
		same(at + day - 1);
	}
}

static void each_minute_is_that_of_the_c_library(void **state)
{
	(void)state;
	for (time_t at = 0; at < 24 * 60 * 60; at += 59)
		same(1709164800 + at); /* on the 29th of February 2024 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_day_is_that_of_the_c_library),
		cmocka_unit_test(each_minute_is_that_of_the_c_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
