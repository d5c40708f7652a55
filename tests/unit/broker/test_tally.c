/* Sliding windows: never more than the rule says in any span of time. */
#include "broker/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static const struct tally_rule rules[TALLY_RULES] = {{1, MINUTE}, {5, HOUR}, {15, DAY}};

static struct secret_hash key(uint64_t n)
{
	struct secret_hash h = {{0}};

	memcpy(h.bytes, &n, sizeof n);
	return h;
}

static int setup(void **state)
{
	*state = tally_new(TALLY_MAILS_TO_ADDRESS, rules, NULL);
	return 0;
}

static int teardown(void **state)
{
	struct tally *t = *state;

	tally_free(&t);
	assert_null(t);
	tally_free(&t);
	return 0;
}

static void s1_who_asks_without_rest_gets_what_the_statement_says(void **state)
{
	const struct secret_hash k = key(1);
	uint64_t given[2000];
	size_t n = 0;

	/* Every second, for three days. */
	for (uint64_t t = 0; t < 3ull * DAY; t += 1000) {
		if (tally_wait(*state, &k, t) > 0)
			continue;
		tally_add(*state, &k, t, t);
		given[n++] = t;
	}
	assert_int_equal(n, 45);
	for (size_t i = 0; i < n; i++) {
		if (i >= 1)
			assert_true(given[i] - given[i - 1] >= MINUTE);
		if (i >= 5)
			assert_true(given[i] - given[i - 5] >= HOUR);
		if (i >= 15)
			assert_true(given[i] - given[i - 15] >= DAY);
	}
	assert_int_equal(given[4], 4 * MINUTE);
	assert_int_equal(given[5], HOUR);
}

static void the_wait_is_honest(void **state)
{
	const struct secret_hash k = key(1);
	uint64_t t = 1000;

	for (int i = 0; i < 100; i++) {
		uint64_t wait = tally_wait(*state, &k, t);

		if (wait > 0) {
			assert_int_equal(tally_wait(*state, &k, t + wait - 1), 1);
			t += wait;
		}
		assert_int_equal(tally_wait(*state, &k, t), 0);
		tally_add(*state, &k, t, t);
	}
}

static void one_key_does_not_pay_for_another(void **state)
{
	const struct secret_hash one = key(1), two = key(2);

	tally_add(*state, &one, 0, 0);
	assert_int_equal(tally_wait(*state, &one, 0), MINUTE);
	assert_int_equal(tally_wait(*state, &two, 0), 0);
	assert_int_equal(tally_count(*state), 1);
}

static void what_happened_before_a_restart_counts(void **state)
{
	const struct secret_hash k = key(1);

	/* The machine was started ten seconds ago. */
	tally_restore(*state, &k, 2ull * DAY, 10000); /* nobody counts it any more */
	assert_int_equal(tally_count(*state), 0);
	for (uint64_t i = 5; i > 0; i--)
		tally_restore(*state, &k, i * 10 * MINUTE, 10000);
	assert_int_equal(tally_wait(*state, &k, 10000), 10 * MINUTE);
	assert_int_equal(tally_wait(*state, &k, 10000 + 10 * MINUTE), 0);
}

static void what_no_rule_counts_is_forgotten(void **state)
{
	const struct secret_hash one = key(1), two = key(2);

	tally_add(*state, &one, 0, 0);
	tally_add(*state, &two, 1, 1);
	tally_expire(*state, DAY - 1, DAY - 1);
	assert_int_equal(tally_count(*state), 2);
	tally_expire(*state, DAY, DAY);
	assert_int_equal(tally_count(*state), 1);
	tally_expire(*state, DAY + 1, DAY + 1);
	assert_int_equal(tally_count(*state), 0);
}

static void without_limits_nothing_is_kept(void **state)
{
	const struct tally_rule none[TALLY_RULES] = {{0, HOUR}, {0, 0}};
	struct tally *t = tally_new(TALLY_MAILS_TO_ADDRESS, none, NULL);
	const struct secret_hash k = key(1);

	(void)state;
	for (int i = 0; i < 1000; i++)
		tally_add(t, &k, 0, 0);
	assert_int_equal(tally_wait(t, &k, 0), 0);
	assert_int_equal(tally_count(t), 0);
	tally_free(&t);
}

static void over_the_bound_the_first_key_is_forgotten(void **state)
{
	for (uint64_t i = 0; i <= TALLY_MAX; i++) {
		const struct secret_hash k = key(i);

		tally_add(*state, &k, 0, 0);
	}
	assert_int_equal(tally_count(*state), TALLY_MAX);
	assert_int_equal(tally_wait(*state, &(struct secret_hash){{0}}, 0), 0);
}

/* SECURITY C7: the arithmetic of docs/SECURITY.md, counted. */
static void c7_a_days_guesses_are_too_few_for_a_code(void **state)
{
	const struct tally_rule wrong[TALLY_RULES] = {{10, HOUR}};
	struct tally *t = tally_new(TALLY_WRONG_FOR_ADDRESS, wrong, NULL);
	const struct secret_hash k = key(1);
	unsigned guesses = 0;

	(void)state;
	/* From the first guess on, a guess at every moment that allows one; a day with both its ends. */
	for (uint64_t now = 5000; now <= 5000 + DAY; now += 1000) {
		while (tally_wait(t, &k, now) == 0) {
			tally_add(t, &k, now, now);
			guesses++;
		}
	}
	assert_int_equal(guesses, 250); /* 240, and the ten of the last moment */
	assert_true(guesses / 1e8 <= 2.5e-6);
	tally_free(&t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(s1_who_asks_without_rest_gets_what_the_statement_says),
		TEST(the_wait_is_honest),
		TEST(one_key_does_not_pay_for_another),
		TEST(what_happened_before_a_restart_counts),
		TEST(what_no_rule_counts_is_forgotten),
		TEST(without_limits_nothing_is_kept),
		TEST(over_the_bound_the_first_key_is_forgotten),
		TEST(c7_a_days_guesses_are_too_few_for_a_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
