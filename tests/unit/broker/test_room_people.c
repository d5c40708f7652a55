/* Who is here, who they are, and who is writing. */
#include "broker/room.h"

#include "tests/unit/broker/world.h"

#include <stdio.h>

static struct name_claim *person_at(struct world *w, const char *name,
				    const char *address)
{
	struct name_keys keys;
	struct secret_hash owner = secret_hash(&w->secret, "address", slice_of(address));

	assert_int_equal(name_keys_of(w->keyer, slice_of(name), &keys), ST_OK);
	return names_claim(w->room->names, 0, slice_of(name), &keys, &owner);
}

static struct name_claim *person(struct world *w, const char *name)
{
	return person_at(w, name, name);
}

static void attach(struct world *w, struct gateway *g, uint64_t number,
		   const struct name_claim *who)
{
	struct client c = {.number = number, .person = who->id};

	room_attach(w->room, g, &c, w->t);
}

static void who(struct world *w, struct gateway *g, uint64_t client, const char *after)
{
	struct bus_who m = {.client = client, .after = slice_of(after)};

	room_who(w->room, g, &m);
}

static void types(struct world *w, struct gateway *g, uint64_t client)
{
	struct bus_types m = {.client = client};

	room_types(w->room, g, &m, w->t);
}

static size_t typing_told(struct world *w)
{
	size_t n = 0;

	world_events(w);
	for (size_t i = 0; i < w->n; i++)
		n += w->told[i].kind == BUS_TYPING;
	return n;
}

/* The page that was told: "ann bob +" when there are more. */
static void assert_page(struct world *w, struct gateway *g, const char *expected)
{
	char text[256] = "";

	world_hear(w, g);
	assert_int_equal(w->told[0].kind, BUS_HERE);
	assert_int_equal(w->told[0].u.here.people, w->n - 1);
	for (size_t i = 1; i < w->n; i++) {
		assert_int_equal(w->told[i].kind, BUS_PRESENT);
		snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s ",
			 SLICE_ARGS(w->told[i].u.present.name));
	}
	strcat(text, w->told[0].u.here.more ? "+" : "");
	assert_string_equal(text, expected);
}

static void who_is_here_is_told_in_the_order_of_names(void **state)
{
	struct world *w = *state;

	attach(w, w->g, 1, person(w, "zoe"));
	attach(w, w->g, 2, person(w, "ann"));
	attach(w, w->g2, 1, person(w, "bob"));
	person(w, "carl"); /* has a name, but is not here */
	who(w, w->g, 1, "");
	assert_page(w, w->g, "ann bob zoe ");
	who(w, w->g, 1, "ann");
	assert_page(w, w->g, "bob zoe ");
	who(w, w->g2, 1, "zoe");
	assert_page(w, w->g2, "");
	/* In grace is here; gone is not. */
	room_detach(w->room, w->g2, gateway_client(w->g2, 1), w->t);
	who(w, w->g, 1, "");
	assert_page(w, w->g, "ann bob zoe ");
	world_pass(w, 30000);
	world_tick_heard(w);
	who(w, w->g, 1, "");
	assert_page(w, w->g, "ann zoe ");
}

static void a_large_room_is_told_in_pages_of_200(void **state)
{
	struct world *w = *state;
	char after[8] = "";
	size_t told = 0;
	bool more = true;

	for (unsigned i = 0; i < 450; i++) {
		char name[8];

		snprintf(name, sizeof name, "p%03u", i);
		attach(w, w->g, 1 + i, person(w, name));
	}
	while (more) {
		who(w, w->g, 1, after);
		world_hear(w, w->g);
		assert_in_range(w->told[0].u.here.people, 50, 200);
		more = w->told[0].u.here.more;
		for (size_t i = 1; i < w->n; i++) {
			char name[8];

			snprintf(name, sizeof name, "p%03u", (unsigned)told++);
			assert_true(
				slice_equal(w->told[i].u.present.name, slice_of(name)));
			strcpy(after, name);
		}
	}
	assert_int_equal(told, 450);
}

static void lists_do_not_fill_the_queue_of_a_gateway(void **state)
{
	struct world *w = *state;
	const struct bus_msg *last;
	char name[121] = "";

	for (unsigned i = 0; i < 200; i++) {
		memset(name, 'x', 32);
		snprintf(name + 28, sizeof name - 28, "%04u", i);
		attach(w, w->g, 1 + i, person(w, name));
	}
	for (unsigned i = 0; i < 1000; i++)
		who(w, w->g, 1, "");
	assert_in_range(bus_queue_bytes(w->g->out), 1 << 20, (1 << 20) + (64 << 10));
	do {
		world_hear(w, w->g);
		last = &w->told[w->n - 1];
	} while (bus_queue_count(w->g->out) > 0);
	assert_int_equal(last->kind, BUS_REFUSED);
	assert_int_equal(last->u.refused.reason, REASON_BUSY);
	assert_in_range(last->u.refused.retry_ms, 1, 10000);
	who(w, w->g, 1, "");
	world_hear(w, w->g);
	assert_int_equal(w->told[0].kind, BUS_HERE);
}

static void who_is_outside_is_told_of_nobody(void **state)
{
	struct world *w = *state;

	attach(w, w->g, 1, person(w, "ann"));
	who(w, w->g2, 1, "");
	assert_int_equal(world_only(w, w->g2, BUS_REFUSED)->u.refused.reason,
			 REASON_NOT_IN_ROOM);
	types(w, w->g2, 1);
	assert_int_equal(typing_told(w), 0);
}

/* -- marks -- */

static void every_line_of_a_person_has_their_mark(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person_at(w, "ann", "ann@a.example");
	struct name_claim *anna = person_at(w, "anna", "ann@a.example");
	struct name_claim *eve = person_at(w, "eve", "eve@a.example");
	struct bus_sync all = {.after = 0, .most = 100};

	assert_int_equal(strlen(ann->mark), 8);
	assert_string_equal(ann->mark, anna->mark); /* the same address */
	assert_string_not_equal(ann->mark, eve->mark);
	attach(w, w->g, 1, ann);
	world_say(w, w->g, 1, "", "hello");
	types(w, w->g, 1);
	room_detach(w->room, w->g, gateway_client(w->g, 1), w->t);
	world_pass(w, 30000);
	world_tick_heard(w);
	world_events(w);
	assert_int_equal(w->n, 4); /* entered, hello, typing, left */
	for (size_t i = 0; i < w->n; i++)
		assert_true(slice_equal(w->told[i].kind == BUS_TYPING
						? w->told[i].u.typing.mark
						: w->told[i].u.post.mark,
					slice_of(ann->mark)));
	world_hear(w, w->g);
	room_sync(w->room, w->g, &all);
	world_hear(w, w->g);
	assert_int_equal(w->n, 4); /* head, entered, hello, left */
	for (size_t i = 1; i < w->n; i++)
		assert_true(slice_equal(w->told[i].u.post.mark, slice_of(ann->mark)));
}

static void old_lines_of_a_name_that_was_released_have_no_mark(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person_at(w, "ann", "ann@a.example");
	struct bus_sync all = {.after = 0, .most = 100};
	char mark[MARK_SIZE];

	strcpy(mark, ann->mark);
	room_post(w->room, ann, POST_TEXT, S("mine"), S(""), w->t);
	names_release(w->room->names, ann);
	ann = person_at(w, "ann", "eve@a.example"); /* the next who is called so */
	room_post(w->room, ann, POST_TEXT, S("mine now"), S(""), w->t);
	room_sync(w->room, w->g, &all);
	world_hear(w, w->g);
	assert_true(slice_equal(w->told[1].u.post.mark, S("")));
	assert_true(slice_equal(w->told[2].u.post.mark, slice_of(ann->mark)));
	assert_string_not_equal(mark, ann->mark);
}

static void the_bot_has_no_mark(void **state)
{
	struct world *w = *state;

	assert_string_equal(names_by_id(w->room->names, NAMES_BOT_ID)->mark, "");
}

/* -- writing -- */

static void writing_is_told_to_all_and_kept_nowhere(void **state)
{
	struct world *w = *state;

	attach(w, w->g, 1, person(w, "ann"));
	attach(w, w->g2, 1, person(w, "bob"));
	world_events(w);
	types(w, w->g, 1);
	world_events(w);
	assert_int_equal(w->n, 1);
	assert_int_equal(w->told[0].kind, BUS_TYPING);
	assert_true(slice_equal(w->told[0].u.typing.name, S("ann")));
	assert_int_equal(history_newest(w->room->history), 2);
	world_hear(w, w->g);
	assert_int_equal(w->n, 0); /* there is no answer to it */
}

static void a_person_is_told_to_write_once_in_two_seconds(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann");
	size_t told = 0;

	attach(w, w->g, 1, ann);
	attach(w, w->g2, 1, ann); /* another tab is no way round */
	for (int i = 0; i < 100; i++) {
		types(w, w->g, 1);
		types(w, w->g2, 1);
		told += typing_told(w);
		world_pass(w, 100);
	}
	assert_int_equal(told, 5);
}

static void a_room_full_of_writers_is_told_of_a_few(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < 500; i++) {
		char name[8];

		snprintf(name, sizeof name, "p%03u", i);
		attach(w, w->g, 1 + i, person(w, name));
	}
	for (unsigned i = 0; i < 500; i++)
		types(w, w->g, 1 + i);
	assert_int_equal(typing_told(w), 25);
	world_pass(w, 1000);
	for (unsigned i = 0; i < 500; i++)
		types(w, w->g, 500 - i);
	assert_int_equal(typing_told(w), 25);
}

static void an_operator_may_turn_it_off(void **state)
{
	struct world *w = *state;

	world_end(w);
	w->room_options.tells_typing = false;
	world_begin(w);
	world_add_gateways(w);
	attach(w, w->g, 1, person(w, "ann"));
	types(w, w->g, 1);
	assert_int_equal(typing_told(w), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_is_here_is_told_in_the_order_of_names),
		TEST(a_large_room_is_told_in_pages_of_200),
		TEST(lists_do_not_fill_the_queue_of_a_gateway),
		TEST(who_is_outside_is_told_of_nobody),
		TEST(every_line_of_a_person_has_their_mark),
		TEST(old_lines_of_a_name_that_was_released_have_no_mark),
		TEST(the_bot_has_no_mark),
		TEST(writing_is_told_to_all_and_kept_nowhere),
		TEST(a_person_is_told_to_write_once_in_two_seconds),
		TEST(a_room_full_of_writers_is_told_of_a_few),
		TEST(an_operator_may_turn_it_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
