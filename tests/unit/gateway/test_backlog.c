/* Who makes the room wait, and who does not. */
#include "gateway/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { READERS = 8 };

struct crowd {
	struct backlog backlog;
	struct backlog_reader readers[READERS];
};

enum pace { UNCHOKED, MOVING, TRICKLING, STOPPED };

/* A look at which the first `behind` are at this place, at this pace, and the others near. */
static bool look(struct crowd *w, size_t behind, enum backlog_place place, enum pace pace)
{
	backlog_begin(&w->backlog);
	for (size_t i = 0; i < READERS; i++) {
		bool is_behind = i < behind;

		if (is_behind && pace == MOVING) {
			backlog_took(&w->readers[i], BACKLOG_MOVING / 2);
			backlog_took(&w->readers[i], 10 * BACKLOG_MOVING);
		} else if (is_behind && pace == TRICKLING) {
			backlog_took(&w->readers[i], BACKLOG_MOVING - 1);
		}
		backlog_see(&w->backlog, &w->readers[i], is_behind ? place : BACKLOG_NEAR,
			    is_behind && pace != UNCHOKED);
	}
	return backlog_end(&w->backlog);
}

static void it_begins_after_some_looks_and_ends_when_few_are_late(void **state)
{
	(void)state;
	for (enum pace pace = UNCHOKED; pace <= MOVING; pace++) {
		struct crowd w = {.backlog = {.is_over = false}};

		for (int i = 1; i < BACKLOG_LOOKS; i++)
			assert_false(look(&w, 3, BACKLOG_FAR, pace));
		assert_true(look(&w, 3, BACKLOG_FAR, pace));
		assert_true(look(&w, 3, BACKLOG_LATE, pace));
		assert_false(look(&w, 2, BACKLOG_LATE, pace));
		assert_false(look(&w, 3, BACKLOG_FAR, pace)); /* counted anew */
	}
}

static void a_quarter_is_not_too_many_nor_is_who_is_only_late(void **state)
{
	struct crowd w = {.backlog = {.is_over = false}};

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_false(look(&w, READERS / 4, BACKLOG_FAR, UNCHOKED));
		assert_false(look(&w, READERS, BACKLOG_LATE, UNCHOKED));
	}
}

static void looks_must_be_in_a_row(void **state)
{
	struct crowd w = {.backlog = {.is_over = false}};

	(void)state;
	for (int i = 0; i < 10; i++) {
		for (int k = 1; k < BACKLOG_LOOKS; k++)
			assert_false(look(&w, READERS, BACKLOG_FAR, UNCHOKED));
		assert_false(look(&w, 0, BACKLOG_FAR, UNCHOKED));
	}
}

static void who_stops_or_trickles_never_begins_one(void **state)
{
	(void)state;
	for (enum pace pace = TRICKLING; pace <= STOPPED; pace++) {
		struct crowd w = {.backlog = {.is_over = false}};

		/* All of them moved until this moment, and are far behind from now on. */
		for (int i = 0; i < 3; i++)
			assert_false(look(&w, READERS, BACKLOG_NEAR, MOVING));
		for (int i = 0; i < 20; i++)
			assert_false(look(&w, READERS, BACKLOG_FAR, pace));
	}
}

static void who_stops_ends_one(void **state)
{
	struct crowd w = {.backlog = {.is_over = false}};

	(void)state;
	for (int i = 0; i < BACKLOG_LOOKS; i++)
		look(&w, READERS, BACKLOG_FAR, MOVING);
	assert_true(w.backlog.is_over);
	for (int i = 1; i < BACKLOG_STILL; i++) /* a moment's pause is no stop */
		assert_true(look(&w, READERS, BACKLOG_FAR, STOPPED));
	assert_false(look(&w, READERS, BACKLOG_FAR, STOPPED));
}

static void nobody_is_behind_where_nobody_is(void **state)
{
	struct backlog b = {.is_over = false};

	(void)state;
	for (int i = 0; i < 10; i++) {
		backlog_begin(&b);
		assert_false(backlog_end(&b));
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
