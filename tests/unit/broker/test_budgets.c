/* Budgets per key: bursts, refills, and a bound on how many are remembered. */
#include "broker/budgets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct secret_hash key(uint64_t n)
{
	struct secret_hash h = {{0}};

	memcpy(h.bytes, &n, sizeof n);
	return h;
}

static void a_burst_is_free_and_then_time_must_pass(void **state)
{
	struct budgets *b = budgets_new((struct bucket_rule){100, 3});
	struct secret_hash k = key(1);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(budgets_take(b, &k, 1000), 0);
	assert_int_equal(budgets_wait(b, &k, 1000), 100);
	assert_int_equal(budgets_take(b, &k, 1000), 100);
	assert_int_equal(budgets_take(b, &k, 1099), 1);
	assert_int_equal(budgets_wait(b, &k, 1099), 1); /* refusals cost nothing */
	assert_int_equal(budgets_take(b, &k, 1100), 0);
	assert_int_equal(budgets_take(b, &k, 1100), 100);
	budgets_free(&b);
	assert_null(b);
}

static void asking_takes_nothing(void **state)
{
	struct budgets *b = budgets_new((struct bucket_rule){100, 1});
	struct secret_hash k = key(1);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(budgets_wait(b, &k, 0), 0);
	assert_int_equal(budgets_take(b, &k, 0), 0);
	assert_int_equal(budgets_wait(b, &k, 0), 100);
	budgets_free(&b);
}

static void one_key_does_not_pay_for_another(void **state)
{
	struct budgets *b = budgets_new((struct bucket_rule){100, 1});
	struct secret_hash k1 = key(1), k2 = key(2);

	(void)state;
	assert_int_equal(budgets_take(b, &k1, 0), 0);
	assert_int_equal(budgets_take(b, &k2, 0), 0);
	assert_int_equal(budgets_take(b, &k1, 0), 100);
	budgets_free(&b);
}

static void no_interval_means_no_limit(void **state)
{
	struct budgets *b = budgets_new((struct bucket_rule){0, 0});
	struct secret_hash k = key(1);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(budgets_take(b, &k, 0), 0);
	assert_int_equal(budgets_wait(b, &k, 0), 0);
	budgets_free(&b);
}

static void what_is_full_may_be_forgotten_and_nothing_else(void **state)
{
	struct budgets *b = budgets_new((struct bucket_rule){100, 1});
	struct secret_hash k = key(1);

	(void)state;
	budgets_take(b, &k, 0);
	budgets_expire(b, 99);
	assert_int_equal(budgets_take(b, &k, 99), 1);
	budgets_expire(b, 100);
	assert_int_equal(budgets_take(b, &k, 100), 0);
	budgets_free(&b);
}

static void over_the_bound_the_full_go_first_and_then_the_oldest(void **state)
{
	struct budgets *b = budgets_new((struct bucket_rule){100, 1});
	struct secret_hash k;

	(void)state;
	k = key(0);
	budgets_take(b, &k, 0); /* full again at 100 */
	for (uint64_t i = 1; i < BUDGETS_MAX; i++) {
		k = key(i);
		budgets_take(b, &k, 50);
	}
	k = key(BUDGETS_MAX);
	assert_int_equal(budgets_take(b, &k, 120), 0); /* in the place of key 0 */
	k = key(1);
	assert_int_equal(budgets_wait(b, &k, 120), 30); /* remembered */
	k = key(BUDGETS_MAX + 1);
	assert_int_equal(budgets_take(b, &k, 120), 0); /* none is full: key 1 goes */
	k = key(1);
	assert_int_equal(budgets_wait(b, &k, 120), 0);
	k = key(2);
	assert_int_equal(budgets_wait(b, &k, 120), 30);
	budgets_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_free_and_then_time_must_pass),
		cmocka_unit_test(asking_takes_nothing),
		cmocka_unit_test(one_key_does_not_pay_for_another),
		cmocka_unit_test(no_interval_means_no_limit),
		cmocka_unit_test(what_is_full_may_be_forgotten_and_nothing_else),
		cmocka_unit_test(over_the_bound_the_full_go_first_and_then_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
