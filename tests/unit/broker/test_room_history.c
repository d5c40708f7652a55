/* Another history while the room goes on: what fits stays, what does not is gone, numbers go on. */
#include "broker/room.h"

#include "tests/unit/broker/world.h"

#include <stdio.h>

enum { POSTS = 20 };

/* ann enters (1) and says POSTS - 1 texts of ten bytes, a second apart. */
static void talk(struct world *w)
{
	char id[8], text[16];

	world_enter(w, w->g, 1, "ann", "ann@a.example");
	for (int i = 2; i <= POSTS; i++) {
		assert_true(fmt(id, sizeof id, "id-%d", i));
		assert_true(fmt(text, sizeof text, "line %5d", i));
		world_pass(w, 1000);
		world_say(w, w->g, 1, id, text);
	}
	assert_int_equal(history_newest(w->room->history), POSTS);
}

static void set(struct world *w, size_t posts, size_t bytes, uint64_t age_ms)
{
	struct room_options o = w->room->options;

	o.history = (struct history_bounds){posts, bytes, age_ms};
	room_set_options(w->room, &o);
}

static void assert_remembers(struct world *w, uint64_t first, uint64_t newest)
{
	assert_int_equal(history_first(w->room->history), first);
	assert_int_equal(history_newest(w->room->history), newest);
	for (uint64_t seq = first; seq <= newest; seq++)
		assert_int_equal(history_get(w->room->history, seq)->seq, seq);
	assert_null(history_get(w->room->history, first - 1));
}

static void a_shorter_one_keeps_the_latest(void **state)
{
	struct world *w = *state;

	talk(w);
	set(w, 5, 0, 0);
	assert_remembers(w, 16, 20);
	world_say(w, w->g, 1, "id-20", "line    20"); /* a retry is still known */
	assert_int_equal(history_newest(w->room->history), POSTS);
	world_say(w, w->g, 1, "new", "x");
	assert_remembers(w, 17, 21);
}

static void a_longer_one_keeps_all(void **state)
{
	struct world *w = *state;

	talk(w);
	set(w, 10, 0, 0);
	set(w, 1000, 0, 0);
	assert_remembers(w, 11, 20);
	for (int i = 0; i < 100; i++)
		world_say(w, w->g, 1, "", "x");
	assert_remembers(w, 11, 120);
}

static void bytes_and_age_count_too(void **state)
{
	struct world *w = *state;
	size_t bytes;

	talk(w);
	bytes = history_bytes(w->room->history);
	set(w, 1000, bytes / 2, 0);
	assert_true(history_bytes(w->room->history) <= bytes / 2);
	assert_true(history_count(w->room->history) > POSTS / 3);
	set(w, 1000, 0, 4500);
	world_tick_heard(w);
	assert_remembers(w, 16, 20);
}

static void none_at_all_remembers_the_number(void **state)
{
	struct world *w = *state;

	talk(w);
	set(w, 0, 0, 0);
	assert_int_equal(history_count(w->room->history), 0);
	assert_remembers(w, 21, 20);
	world_say(w, w->g, 1, "", "not kept");
	assert_int_equal(history_newest(w->room->history), 21);
	set(w, 3, 0, 0);
	for (int i = 0; i < 5; i++)
		world_say(w, w->g, 1, "", "kept");
	assert_remembers(w, 24, 26);
}

static void the_same_bounds_change_nothing(void **state)
{
	struct world *w = *state;
	struct history *before = w->room->history;

	talk(w);
	room_set_options(w->room, &w->room_options);
	assert_ptr_equal(w->room->history, before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_shorter_one_keeps_the_latest),
		TEST(a_longer_one_keeps_all),
		TEST(bytes_and_age_count_too),
		TEST(none_at_all_remembers_the_number),
		TEST(the_same_bounds_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
