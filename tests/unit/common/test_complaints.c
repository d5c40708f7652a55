/* Complaints are said once per peer and minute, and counted in between. */
#include "common/complaints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void the_first_is_said_at_once(void **state)
{
	struct complaints c = {0};

	(void)state;
	assert_int_equal(complaints_add(&c, S("eve"), 0), 1);
	assert_int_equal(complaints_add(&c, S("mallory"), 0), 1);
}

static void those_of_the_next_minute_are_counted_and_told_after_it(void **state)
{
	struct complaints c = {0};

	(void)state;
	assert_int_equal(complaints_add(&c, S("eve"), 1000), 1);
	for (int i = 0; i < 500; i++)
		assert_int_equal(complaints_add(&c, S("eve"), 1001 + (uint64_t)i), 0);
	assert_int_equal(complaints_add(&c, S("eve"), 1000 + COMPLAINTS_EVERY_MS - 1), 0);
	assert_int_equal(complaints_add(&c, S("eve"), 1000 + COMPLAINTS_EVERY_MS), 502);
	assert_int_equal(complaints_add(&c, S("eve"), 1001 + COMPLAINTS_EVERY_MS), 0);
}

static void one_peer_does_not_hush_another(void **state)
{
	struct complaints c = {0};

	(void)state;
	assert_int_equal(complaints_add(&c, S("eve"), 5), 1);
	assert_int_equal(complaints_add(&c, S("eve2"), 6), 1);
	assert_int_equal(complaints_add(&c, S("eve"), 7), 0);
}

static void over_the_bound_the_one_of_longest_ago_goes(void **state)
{
	struct complaints c = {0};
	char peer[16];

	(void)state;
	for (unsigned i = 0; i <= COMPLAINTS_PEERS; i++) {
		(void)snprintf(peer, sizeof peer, "peer-%u", i);
		assert_int_equal(complaints_add(&c, slice_of(peer), i), 1);
	}
	assert_int_equal(complaints_add(&c, S("peer-2"), 100), 0);
	assert_int_equal(complaints_add(&c, S("peer-0"), 100), 1); /* it was forgotten */
}

static void names_are_clipped_and_may_be_empty(void **state)
{
	static char endless[1000];
	struct complaints c = {0};

	(void)state;
	assert_int_equal(complaints_add(&c, (struct slice){endless, sizeof endless}, 1),
			 1);
	assert_int_equal(complaints_add(&c, S(""), 1),
			 0); /* it is as long as its first NUL */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_said_at_once),
		cmocka_unit_test(those_of_the_next_minute_are_counted_and_told_after_it),
		cmocka_unit_test(one_peer_does_not_hush_another),
		cmocka_unit_test(over_the_bound_the_one_of_longest_ago_goes),
		cmocka_unit_test(names_are_clipped_and_may_be_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
