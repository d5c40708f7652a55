/* Values in, shares out: never more than three per cent off, never beyond the greatest. */
#include "tests/bench/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void an_empty_one_gives_0(void **state)
{
	static struct histogram h;

	(void)state;
	assert_int_equal(histogram_at(&h, 0.5), 0);
	assert_int_equal(h.most, 0);
}

static void small_values_are_exact(void **state)
{
	static struct histogram h;

	(void)state;
	for (uint64_t v = 0; v < 64; v++)
		histogram_add(&h, v);
	for (uint64_t v = 0; v < 64; v++)
		assert_int_equal(histogram_at(&h, (double)(v + 1) / 64), v);
	histogram_clear(&h);
	assert_int_equal(h.total, 0);
	assert_int_equal(histogram_at(&h, 1), 0);
}

static void every_value_is_in_a_bucket_not_far_above_it(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++) {
		for (int off = -1; off <= 1; off++) {
			static struct histogram h;
			uint64_t v = (UINT64_C(1) << bit) + (uint64_t)(int64_t)off, low;

			histogram_clear(&h);
			histogram_add(&h, v);
			histogram_add(&h, UINT64_MAX);
			low = histogram_at(&h, 0.5);
			assert_true(low >= v);
			assert_true(low - v <= v / 31);
			assert_true(histogram_at(&h, 1) == UINT64_MAX);
		}
	}
}

static void a_share_counts_values_not_buckets(void **state)
{
	static struct histogram h;

	(void)state;
	for (int i = 0; i < 99; i++)
		histogram_add(&h, 10);
	histogram_add(&h, 5000);
	assert_int_equal(histogram_at(&h, 0.50), 10);
	assert_int_equal(histogram_at(&h, 0.99), 10);
	assert_int_equal(histogram_at(&h, 0.991), 5000);
	assert_int_equal(h.most, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_gives_0),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(every_value_is_in_a_bucket_not_far_above_it),
		cmocka_unit_test(a_share_counts_values_not_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
