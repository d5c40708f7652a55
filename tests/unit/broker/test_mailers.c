/* How many mailers there are, as far as can be known. */
#include "broker/mailers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void a_young_broker_does_not_say_that_there_is_none(void **state)
{
	struct mailers m = {.since_ms = 1000};

	(void)state;
	assert_int_equal(mailers_known(&m, 1000), 0);
	assert_int_equal(mailers_known(&m, 1000 + MAILERS_SILENCE_MS - 1), 0);
	assert_int_equal(mailers_known(&m, 1000 + MAILERS_SILENCE_MS), 1);
	mailers_heard(&m, 7, 0, 1000);
	assert_int_equal(mailers_known(&m, 1000), 2);
}

static void who_is_silent_is_not_counted_any_more(void **state)
{
	struct mailers m = {.since_ms = 0};

	(void)state;
	mailers_heard(&m, 7, 0, 100000);
	mailers_heard(&m, 8, 5000, 100000); /* its question is held */
	mailers_heard(&m, 7, 0, 100000);
	assert_int_equal(mailers_known(&m, 100000), 3);
	assert_int_equal(mailers_known(&m, 100000 + MAILERS_SILENCE_MS), 2);
	assert_int_equal(mailers_known(&m, 105000 + MAILERS_SILENCE_MS), 1);
}

static void who_has_gone_is_not_counted(void **state)
{
	struct mailers m = {.since_ms = 0};

	(void)state;
	mailers_heard(&m, 7, 60000, 100000);
	mailers_gone(&m, 8);
	mailers_gone(&m, 7);
	mailers_gone(&m, 7);
	assert_int_equal(mailers_known(&m, 100000), 1);
}

static void what_it_says_of_itself_is_kept_while_it_is_heard(void **state)
{
	struct mailers m = {.since_ms = 0};
	struct bus_take take = {
		.mailer = 7, .version = S("1.2.3"), .in_hand = 4, .degraded = 1};

	(void)state;
	mailers_about(&m, &take); /* nobody was heard: nothing is kept */
	assert_int_equal(m.n, 0);
	mailers_heard(&m, 7, 0, 100000);
	mailers_about(&m, &take);
	mailers_heard(&m, 7, 0, 100500); /* a report says nothing of that */
	assert_string_equal(m.heard[0].version, "1.2.3");
	assert_int_equal(m.heard[0].in_hand, 4);
	assert_int_equal(m.heard[0].is_degraded, 1);
	assert_int_equal(m.heard[0].heard_ms, 100500);
	mailers_gone(&m, 7);
	mailers_heard(&m, 7, 0, 101000);
	assert_string_equal(m.heard[0].version, "");
}

static void there_is_a_bound(void **state)
{
	struct mailers m = {.since_ms = 0};

	(void)state;
	for (uint64_t i = 1; i < 1000; i++)
		mailers_heard(&m, i, 0, 0);
	assert_int_equal(mailers_known(&m, 0), MAILERS_MAX + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_young_broker_does_not_say_that_there_is_none),
		cmocka_unit_test(who_is_silent_is_not_counted_any_more),
		cmocka_unit_test(who_has_gone_is_not_counted),
		cmocka_unit_test(what_it_says_of_itself_is_kept_while_it_is_heard),
		cmocka_unit_test(there_is_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
