/* Who makes the room wait, and who does not. */
#include "gateway/backpressure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { READERS = 8 };

struct crowd {
	struct backpressure pressure;
	struct backpressure_reader readers[READERS];
};

enum pace { UNCHOKED, MOVING, TRICKLING, STOPPED };

/* A look at which the first `behind` are at this place, at this pace, and the others near. */
static bool look(struct crowd *w, size_t behind, enum backpressure_place place,
		 enum pace pace)
{
	backpressure_begin(&w->pressure);
	for (size_t i = 0; i < READERS; i++) {
		bool is_behind = i < behind;

		if (is_behind && pace == MOVING) {
			backpressure_took(&w->readers[i], BACKPRESSURE_MOVING / 2);
			backpressure_took(&w->readers[i], 10 * BACKPRESSURE_MOVING);
		} else if (is_behind && pace == TRICKLING) {
			backpressure_took(&w->readers[i], BACKPRESSURE_MOVING - 1);
		}
		backpressure_see(&w->pressure, &w->readers[i],
				 is_behind ? place : BACKPRESSURE_NEAR,
				 is_behind && pace != UNCHOKED);
	}
	return backpressure_end(&w->pressure);
}

static void it_begins_after_some_looks_and_ends_when_few_are_late(void **state)
{
	(void)state;
	for (enum pace pace = UNCHOKED; pace <= MOVING; pace++) {
		struct crowd w = {.pressure = {.is_over = false}};

		for (int i = 1; i < BACKPRESSURE_LOOKS; i++)
			assert_false(look(&w, 3, BACKPRESSURE_FAR, pace));
		assert_true(look(&w, 3, BACKPRESSURE_FAR, pace));
		assert_true(look(&w, 3, BACKPRESSURE_LATE, pace));
		assert_false(look(&w, 2, BACKPRESSURE_LATE, pace));
		assert_false(look(&w, 3, BACKPRESSURE_FAR, pace)); /* counted anew */
	}
}

static void a_quarter_is_not_too_many_nor_is_who_is_only_late(void **state)
{
	struct crowd w = {.pressure = {.is_over = false}};

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_false(look(&w, READERS / 4, BACKPRESSURE_FAR, UNCHOKED));
		assert_false(look(&w, READERS, BACKPRESSURE_LATE, UNCHOKED));
	}
}

static void looks_must_be_in_a_row(void **state)
{
	struct crowd w = {.pressure = {.is_over = false}};

	(void)state;
	for (int i = 0; i < 10; i++) {
		for (int k = 1; k < BACKPRESSURE_LOOKS; k++)
			assert_false(look(&w, READERS, BACKPRESSURE_FAR, UNCHOKED));
		assert_false(look(&w, 0, BACKPRESSURE_FAR, UNCHOKED));
	}
}

static void who_stops_or_trickles_never_begins_one(void **state)
{
	(void)state;
	for (enum pace pace = TRICKLING; pace <= STOPPED; pace++) {
		struct crowd w = {.pressure = {.is_over = false}};

		/* All of them moved until this moment, and are far behind from now on. */
		for (int i = 0; i < 3; i++)
			assert_false(look(&w, READERS, BACKPRESSURE_NEAR, MOVING));
		for (int i = 0; i < 20; i++)
			assert_false(look(&w, READERS, BACKPRESSURE_FAR, pace));
	}
}

static void who_stops_ends_one(void **state)
{
	struct crowd w = {.pressure = {.is_over = false}};

	(void)state;
	for (int i = 0; i < BACKPRESSURE_LOOKS; i++)
		look(&w, READERS, BACKPRESSURE_FAR, MOVING);
	assert_true(w.pressure.is_over);
	for (int i = 1; i < BACKPRESSURE_STILL; i++) /* a moment's pause is no stop */
		assert_true(look(&w, READERS, BACKPRESSURE_FAR, STOPPED));
	assert_false(look(&w, READERS, BACKPRESSURE_FAR, STOPPED));
}

static void nobody_is_behind_where_nobody_is(void **state)
{
	struct backpressure b = {.is_over = false};

	(void)state;
	for (int i = 0; i < 10; i++) {
		backpressure_begin(&b);
		assert_false(backpressure_end(&b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_begins_after_some_looks_and_ends_when_few_are_late),
		cmocka_unit_test(a_quarter_is_not_too_many_nor_is_who_is_only_late),
		cmocka_unit_test(looks_must_be_in_a_row),
		cmocka_unit_test(who_stops_or_trickles_never_begins_one),
		cmocka_unit_test(who_stops_ends_one),
		cmocka_unit_test(nobody_is_behind_where_nobody_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
