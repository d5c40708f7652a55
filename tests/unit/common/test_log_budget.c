/* test_log_budget.c - lines by hand-moved time. */
#include "common/log_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/attr.h"

enum { SECOND = 1000000 };

/* As many as are let through at this moment, of so many that try. */
static int count(struct log_budget *b, bool is_error, int tries, uint64_t now_us)
{
	int n = 0;

	for (int i = 0; i < tries; i++)
		n += log_budget_take(b, is_error, now_us);
	return n;
}

static void without_a_rate_there_is_no_bound(void **state)
{
	struct log_budget b = {0};

	(void)state;
	assert_int_equal(count(&b, false, 10000, 7), 10000);
	log_budget_set(&b, 0);
	assert_int_equal(count(&b, true, 10000, 7), 10000);
}

static void
a_flood_is_let_through_for_some_seconds_worth_and_then_at_its_rate(void **state)
{
	static const uint64_t rates[] = {1, 20, 999, 1000, 3000, LOG_BUDGET_RATE_MOST};

	(void)state;
	for (size_t i = 0; i < NELEMS(rates); i++) {
		struct log_budget b = {0};
		int rate = (int)rates[i], most = 10 * rate;
		uint64_t now = 5000 * (uint64_t)SECOND;

		log_budget_set(&b, rates[i]);
		assert_int_equal(count(&b, false, most, now), LOG_BUDGET_BURST_S * rate);
		for (int second = 0; second < 3; second++) {
			now += SECOND;
			/* Intervals are whole microseconds. */
			assert_in_range(count(&b, false, most, now), rate,
					rate + rate / 300);
		}
	}
}

static void errors_and_others_leave_each_other_their_lines(void **state)
{
	struct log_budget b = {0};

	(void)state;
	log_budget_set(&b, 10);
	assert_int_equal(count(&b, false, 1000, 1), 50);
	assert_int_equal(count(&b, true, 1000, 1), 50);
	assert_int_equal(count(&b, true, 1000, 1 + SECOND), 10);
	assert_int_equal(count(&b, false, 1000, 1 + SECOND), 10);
}

static void another_rate_begins_anew_and_the_same_one_does_not(void **state)
{
	struct log_budget b = {0};

	(void)state;
	log_budget_set(&b, 10);
	assert_int_equal(count(&b, false, 1000, 1), 50);
	log_budget_set(&b, 10);
	assert_int_equal(count(&b, false, 1000, 1), 0);
	log_budget_set(&b, 4);
	assert_int_equal(count(&b, false, 1000, 1), 20);
	log_budget_set(&b, 0);
	assert_int_equal(count(&b, false, 1000, 1), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_rate_there_is_no_bound),
		cmocka_unit_test(
			a_flood_is_let_through_for_some_seconds_worth_and_then_at_its_rate),
		cmocka_unit_test(errors_and_others_leave_each_other_their_lines),
		cmocka_unit_test(another_rate_begins_anew_and_the_same_one_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
