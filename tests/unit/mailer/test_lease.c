/* For how long a letter may be sent. */
#include "mailer/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LEASE = 60000, NOW = 1000000 };

static void nothing_is_sent_before_the_broker_confirmed_it(void **state)
{
	struct lease l = {.length_ms = LEASE};

	(void)state;
	assert_int_equal(lease_time(&l, 30000, NOW), 0);
	lease_confirm(&l, NOW);
	assert_in_range(lease_time(&l, 30000, NOW), 20000, 30000);
}

static void an_attempt_taken_twice_its_time_ends_within_the_lease(void **state)
{
	(void)state;
	for (uint64_t length = 1; length < 200000; length = length * 3 / 2 + 1) {
		for (uint64_t passed = 0; passed < length + 10;
		     passed += length / 7 + 1) {
			struct lease l = {.length_ms = length};

			lease_confirm(&l, NOW);
			assert_true(
				NOW + passed +
					2 * lease_time(&l, UINT64_MAX, NOW + passed) <=
				NOW + length + (passed > length ? passed : 0));
		}
	}
}

static void a_lease_that_is_half_over_is_confirmed_before_the_next_attempt(void **state)
{
	struct lease l = {.length_ms = LEASE};

	(void)state;
	lease_confirm(&l, NOW);
	assert_int_equal(lease_time(&l, 30000, NOW + LEASE / 2), 0);
	assert_int_equal(lease_time(&l, 30000, NOW + LEASE), 0);
	assert_int_equal(lease_time(&l, 5000, NOW + LEASE / 2),
			 5000); /* a short one fits */
	lease_confirm(&l, NOW + LEASE / 2);
	assert_true(lease_time(&l, 30000, NOW + LEASE / 2) > 0);
	lease_confirm(&l, NOW); /* an answer that comes late takes nothing away */
	assert_true(lease_time(&l, 30000, NOW + LEASE / 2) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_sent_before_the_broker_confirmed_it),
		cmocka_unit_test(an_attempt_taken_twice_its_time_ends_within_the_lease),
		cmocka_unit_test(
			a_lease_that_is_half_over_is_confirmed_before_the_next_attempt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
