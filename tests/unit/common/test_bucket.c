/* test_bucket.c - a burst, then one each interval; time is moved by hand. */
#include "common/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct bucket_rule ten_a_second = {.interval_ms = 100, .burst = 10};

static void a_new_bucket_gives_its_burst_and_no_more(void **state)
{
	struct bucket b = {0};

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(bucket_take(&b, &ten_a_second, 5000), 0);
	assert_int_equal(bucket_take(&b, &ten_a_second, 5000), 100);
	assert_int_equal(bucket_take(&b, &ten_a_second, 5000), 100);
}

static void a_token_comes_back_each_interval(void **state)
{
	struct bucket b = {0};
	uint64_t now = 5000;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(bucket_take(&b, &ten_a_second, now), 0);
	for (int i = 0; i < 50; i++) {
		now += 99;
		assert_int_equal(bucket_take(&b, &ten_a_second, now), 1);
		now += 1;
		assert_int_equal(bucket_take(&b, &ten_a_second, now), 0);
		assert_int_equal(bucket_take(&b, &ten_a_second, now), 100);
	}
}

static void refused_takes_cost_nothing(void **state)
{
	struct bucket b = {0};

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(bucket_take(&b, &ten_a_second, 5000), 0);
	for (int i = 0; i < 1000; i++)
		assert_true(bucket_take(&b, &ten_a_second, 5050) > 0);
	assert_int_equal(bucket_take(&b, &ten_a_second, 5100), 0);
}

static void rest_never_saves_more_than_the_burst(void **state)
{
	struct bucket b = {0};

	(void)state;
	assert_int_equal(bucket_take(&b, &ten_a_second, 5000), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(bucket_take(&b, &ten_a_second, 9000000), 0);
	assert_true(bucket_take(&b, &ten_a_second, 9000000) > 0);
}

static void asking_takes_nothing(void **state)
{
	const struct bucket_rule single = {.interval_ms = 60000, .burst = 1};
	struct bucket b = {0};

	(void)state;
	assert_int_equal(bucket_wait(&b, &single, 1000), 0);
	assert_int_equal(bucket_wait(&b, &single, 1000), 0);
	assert_int_equal(bucket_take(&b, &single, 1000), 0);
	assert_int_equal(bucket_wait(&b, &single, 1000), 60000);
	assert_int_equal(bucket_wait(&b, &single, 31000), 30000);
	assert_int_equal(bucket_wait(&b, &single, 61000), 0);
}

static void an_interval_of_zero_lifts_the_limit(void **state)
{
	const struct bucket_rule none = {.interval_ms = 0, .burst = 1};
	struct bucket b = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_int_equal(bucket_take(&b, &none, 0), 0);
	assert_true(bucket_is_full(&b, 0));
}

static void a_bucket_is_full_again_when_all_came_back(void **state)
{
	struct bucket b = {0};

	(void)state;
	assert_true(bucket_is_full(&b, 0));
	assert_int_equal(bucket_take(&b, &ten_a_second, 1000), 0);
	assert_int_equal(bucket_take(&b, &ten_a_second, 1000), 0);
	assert_false(bucket_is_full(&b, 1199));
	assert_true(bucket_is_full(&b, 1200));
}

static void a_clock_that_starts_at_zero_is_no_special_case(void **state)
{
	struct bucket b = {0};

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(bucket_take(&b, &ten_a_second, 0), 0);
	assert_int_equal(bucket_take(&b, &ten_a_second, 0), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_bucket_gives_its_burst_and_no_more),
		cmocka_unit_test(a_token_comes_back_each_interval),
		cmocka_unit_test(refused_takes_cost_nothing),
		cmocka_unit_test(rest_never_saves_more_than_the_burst),
		cmocka_unit_test(asking_takes_nothing),
		cmocka_unit_test(an_interval_of_zero_lifts_the_limit),
		cmocka_unit_test(a_bucket_is_full_again_when_all_came_back),
		cmocka_unit_test(a_clock_that_starts_at_zero_is_no_special_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
