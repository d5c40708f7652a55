/* Browsers that have proven an address: found by token and owner together, and bounded. */
#include "broker/proofs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

#define DAY UINT64_C(86400000)

static struct secret_hash hash(uint64_t n)
{
	struct secret_hash h = {{0}};

	memcpy(h.bytes, &n, sizeof n);
	return h;
}

static void add(struct proofs *p, uint64_t token, uint64_t owner, uint64_t wall_ms)
{
	struct proof proof = {hash(token), hash(owner), wall_ms};

	proofs_add(p, &proof);
}

static bool use(struct proofs *p, uint64_t token, uint64_t owner, uint64_t wall_ms)
{
	struct secret_hash t = hash(token), o = hash(owner);

	return proofs_use(p, &t, &o, wall_ms);
}

static int setup(void **state)
{
	*state = proofs_new(90 * DAY, NULL);
	return 0;
}

static int teardown(void **state)
{
	struct proofs *p = *state;

	proofs_free(&p);
	assert_null(p);
	return 0;
}

static void a_proof_is_of_its_own_address_only(void **state)
{
	add(*state, 1, 10, 0);
	add(*state, 2, 20, 0);
	assert_true(use(*state, 1, 10, 0));
	assert_true(use(*state, 1, 10, 0)); /* as often as it likes */
	assert_false(use(*state, 1, 20, 0));
	assert_false(use(*state, 2, 10, 0));
	assert_false(use(*state, 3, 10, 0));
}

static void a_proof_unused_for_long_is_none(void **state)
{
	add(*state, 1, 10, 0);
	add(*state, 2, 10, 0);
	assert_true(use(*state, 1, 10, 90 * DAY - 1));
	assert_false(use(*state, 2, 10, 90 * DAY));
	proofs_expire(*state, 90 * DAY);
	assert_int_equal(proofs_count(*state), 1);
	assert_true(use(*state, 1, 10, 120 * DAY));
}

static void a_proof_used_while_the_clock_was_ahead_keeps_no_other(void **state)
{
	add(*state, 1, 10, 9000 * DAY);
	add(*state, 2, 20, 0);
	proofs_expire(*state, 0);
	proofs_expire(*state, 90 * DAY);
	assert_int_equal(proofs_count(*state), 0);
}

static void of_one_address_the_one_unused_for_longest_goes(void **state)
{
	for (uint64_t i = 1; i <= PROOFS_OF_ONE; i++)
		add(*state, i, 10, i);
	add(*state, 100, 20, 50);
	assert_true(use(*state, 1, 10, 100));
	add(*state, 99, 10, 101);
	assert_int_equal(proofs_count(*state), PROOFS_OF_ONE + 1);
	assert_false(use(*state, 2, 10, 102));
	assert_true(use(*state, 1, 10, 102));
	assert_true(use(*state, 99, 10, 102));
	assert_true(use(*state, 100, 20, 102)); /* somebody else's */
}

static void there_is_a_bound_in_all(void **state)
{
	for (uint64_t i = 0; i <= PROOFS_MAX; i++)
		add(*state, i + 1, i + 1, i);
	assert_int_equal(proofs_count(*state), PROOFS_MAX);
	assert_false(use(*state, 1, 1, 1));
	assert_true(use(*state, 2, 2, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_proof_is_of_its_own_address_only),
		TEST(a_proof_unused_for_long_is_none),
		TEST(a_proof_used_while_the_clock_was_ahead_keeps_no_other),
		TEST(of_one_address_the_one_unused_for_longest_goes),
		TEST(there_is_a_bound_in_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
