/* What waits for all browsers together has a bound; a little everybody may have. */
#include "gateway/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { MOST = 100 << 10 };

static void up_to_the_bound_anybody_may_have_anything(void **state)
{
	struct backlog b = {0};

	(void)state;
	assert_true(backlog_may(&b, MOST, 0, MOST));
	assert_false(backlog_may(&b, MOST, 0, MOST + 1));
	backlog_add(&b, MOST - 1);
	assert_true(backlog_may(&b, MOST, MOST - 1, 1));
	assert_false(backlog_may(&b, MOST, MOST - 1, 2));
}

static void over_the_bound_a_little_is_everybodys(void **state)
{
	struct backlog b = {.bytes = MOST};

	(void)state;
	assert_true(backlog_may(&b, MOST, 0, BACKLOG_FREE));
	assert_false(backlog_may(&b, MOST, 0, BACKLOG_FREE + 1));
	assert_true(backlog_may(&b, MOST, BACKLOG_FREE - 1, 1));
	assert_false(backlog_may(&b, MOST, BACKLOG_FREE, 1));
	assert_false(backlog_may(&b, MOST, BACKLOG_FREE + 1, 1));
	/* The little that everybody has may pass the bound, and nothing else may then. */
	backlog_add(&b, BACKLOG_FREE);
	assert_true(backlog_may(&b, MOST, 0, BACKLOG_FREE));
	assert_false(backlog_may(&b, MOST, BACKLOG_FREE, 1));
	assert_false(backlog_may(&b, MOST, 0, SIZE_MAX));
}

static void what_left_makes_room(void **state)
{
	struct backlog b = {.bytes = MOST};

	(void)state;
	backlog_remove(&b, 20 << 10);
	assert_true(backlog_may(&b, MOST, BACKLOG_FREE, 20 << 10));
	assert_false(backlog_may(&b, MOST, BACKLOG_FREE, (20 << 10) + 1));
	backlog_remove(&b, b.bytes);
	assert_true(backlog_may(&b, MOST, 0, MOST));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(up_to_the_bound_anybody_may_have_anything),
		cmocka_unit_test(over_the_bound_a_little_is_everybodys),
		cmocka_unit_test(what_left_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
