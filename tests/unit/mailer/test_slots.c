/* Two users of one file, told apart within one process. */
#include "mailer/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static void a_slot_has_one_holder_until_it_goes(void **state)
{
	const struct world *w = *state;
	struct slots *a, *b;

	assert_int_equal(slots_open(w->path, &a), ST_OK);
	assert_int_equal(slots_open(w->path, &b), ST_OK);
	assert_true(slots_take(a, 0));
	assert_false(slots_take(b, 0));
	assert_true(slots_take(b, 63));
	assert_true(slots_is_ours(b, 63));
	assert_false(slots_is_ours(a, 63));
	slots_close(&a);
	assert_null(a);
	assert_true(slots_take(b, 0));
	slots_release(b, 0);
	assert_false(slots_is_ours(b, 0));
	slots_close(&b);
}

static void there_are_as_many_slots_as_the_bound(void **state)
{
	const struct world *w = *state;
	struct slots *a, *b;
	unsigned free_ones = 0;

	assert_int_equal(slots_open(w->path, &a), ST_OK);
	assert_int_equal(slots_open(w->path, &b), ST_OK);
	for (unsigned slot = 0; slot < SLOTS_MAX; slot++)
		assert_true(slots_take(a, slot));
	for (unsigned slot = 0; slot < SLOTS_MAX; slot++)
		free_ones += slots_take(b, slot) ? 1 : 0;
	assert_int_equal(free_ones, 0);
	slots_release(a, SLOTS_MAX - 1);
	assert_true(slots_take(b, SLOTS_MAX - 1));
	slots_close(&a);
	slots_close(&b);
}

static void the_gate_is_for_one_alone_or_for_all(void **state)
{
	const struct world *w = *state;
	struct slots *a, *b;

	assert_int_equal(slots_open(w->path, &a), ST_OK);
	assert_int_equal(slots_open(w->path, &b), ST_OK);
	assert_true(slots_gate_alone(a));
	assert_false(slots_gate_alone(b));
	assert_int_equal(slots_gate_share(a), ST_OK);
	assert_int_equal(slots_gate_share(b), ST_OK);
	assert_false(slots_gate_alone(a));
	slots_close(&b);
	assert_true(slots_gate_alone(a));
	slots_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_slot_has_one_holder_until_it_goes),
		WORLD_TEST(there_are_as_many_slots_as_the_bound),
		WORLD_TEST(the_gate_is_for_one_alone_or_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
