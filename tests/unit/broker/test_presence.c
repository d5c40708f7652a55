/* Who is here: entered once, left once, and silent in between. */
#include "broker/presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/attr.h"

enum { GRACE = 1000 };

struct left {
	size_t n;
	uint64_t person[16];
	size_t clients[16];
};

static void note(void *ctx, uint64_t person, size_t clients)
{
	struct left *l = ctx;

	assert_in_range(l->n, 0, NELEMS(l->person) - 1);
	l->person[l->n] = person;
	l->clients[l->n++] = clients;
}

static size_t expire(struct presence *p, uint64_t now_ms)
{
	struct left l = {.n = 0};

	presence_expire(p, now_ms, note, &l);
	return l.n;
}

static int setup(void **state)
{
	*state = presence_new(GRACE);
	return 0;
}

static int teardown(void **state)
{
	struct presence *p = *state;

	presence_free(&p);
	assert_null(p);
	presence_free(&p);
	return 0;
}

static void a_person_enters_with_the_first_client_only(void **state)
{
	assert_true(presence_attach(*state, 1));
	assert_false(presence_attach(*state, 1));
	assert_false(presence_attach(*state, 1));
	assert_true(presence_attach(*state, 2));
	assert_int_equal(presence_count(*state), 2);
	assert_int_equal(presence_clients(*state), 4);
}

static void a_person_leaves_a_grace_period_after_the_last_client(void **state)
{
	presence_attach(*state, 1);
	presence_attach(*state, 1);
	presence_detach(*state, 1, 100);
	assert_int_equal(expire(*state, 1000000), 0); /* one client is still here */
	presence_detach(*state, 1, 5000);
	assert_int_equal(presence_clients(*state), 0);
	assert_true(presence_has(*state, 1));
	assert_int_equal(expire(*state, 5000 + GRACE - 1), 0);
	assert_int_equal(expire(*state, 5000 + GRACE), 1);
	assert_false(presence_has(*state, 1));
	assert_int_equal(expire(*state, 9999999), 0); /* told once */
	assert_true(presence_attach(*state, 1));
}

static void who_returns_in_time_returns_silently(void **state)
{
	presence_attach(*state, 1);
	for (uint64_t t = 0; t < 100 * GRACE; t += GRACE) {
		presence_detach(*state, 1, t);
		assert_int_equal(expire(*state, t + GRACE - 1), 0);
		assert_false(presence_attach(*state, 1));
		assert_int_equal(expire(*state, t + 5 * GRACE), 0);
	}
}

static void without_grace_people_leave_at_once(void **state)
{
	struct presence *p = presence_new(0);

	(void)state;
	presence_attach(p, 1);
	assert_int_equal(expire(p, 10), 0);
	presence_detach(p, 1, 10);
	assert_int_equal(expire(p, 10), 1);
	presence_free(&p);
}

static void people_of_before_a_restart_have_a_whole_grace_period(void **state)
{
	presence_restore(*state, 1, 100);
	presence_restore(*state, 2, 100);
	presence_attach(*state, 3);
	presence_restore(*state, 3, 100); /* has a client already: stays */
	assert_int_equal(presence_count(*state), 3);
	assert_false(presence_attach(*state, 1));
	assert_int_equal(expire(*state, 100 + GRACE - 1), 0);
	assert_int_equal(expire(*state, 100 + GRACE), 1);
	assert_false(presence_has(*state, 2));
	assert_true(presence_has(*state, 3));
}

static void a_clock_that_is_behind_throws_nobody_out(void **state)
{
	struct left l = {.n = 0};

	presence_attach(*state, 1);
	presence_detach(*state, 1, 5000);
	presence_expire(*state, 5000, note, &l);
	assert_int_equal(l.n, 0);
}

static void people_are_listed_in_the_order_of_their_coming(void **state)
{
	static const uint64_t order[] = {9, 3, 7};
	struct left l = {.n = 0};

	for (size_t i = 0; i < NELEMS(order); i++)
		presence_attach(*state, order[i]);
	presence_attach(*state, 9);
	presence_detach(*state, 3, 0);
	presence_each(*state, note, &l);
	assert_int_equal(l.n, 3);
	for (size_t i = 0; i < NELEMS(order); i++)
		assert_int_equal(l.person[i], order[i]);
	assert_int_equal(l.clients[0], 2);
	assert_int_equal(l.clients[1], 0);
	assert_int_equal(l.clients[2], 1);
}

/* Random comings and goings against counters. */
static void any_order_of_events_keeps_the_counts(void **state)
{
	enum { PEOPLE = 8 };
	size_t clients[PEOPLE] = {0}, total = 0;
	unsigned seed = 12345;

	for (int i = 0; i < 20000; i++) {
		uint64_t person;

		seed = seed * 1103515245u + 12345u;
		person = (seed >> 16) % PEOPLE;
		if ((seed >> 20) % 2 == 0) {
			presence_attach(*state, person);
			clients[person]++;
			total++;
		} else if (clients[person] > 0) {
			presence_detach(*state, person, (uint64_t)i);
			clients[person]--;
			total--;
		}
		expire(*state, (uint64_t)i);
		assert_int_equal(presence_clients(*state), total);
		for (uint64_t p = 0; p < PEOPLE; p++) {
			if (clients[p] > 0)
				assert_true(presence_has(*state, p));
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void who_signs_out_leaves_at_once_unless_somebody_of_theirs_is_there(void **state)
{
	struct left l = {.n = 0};

	presence_leave(*state, 1, note, &l); /* never here */
	assert_true(presence_attach(*state, 1));
	assert_false(presence_attach(*state, 1));
	presence_detach(*state, 1, 10);
	presence_leave(*state, 1, note, &l);
	assert_int_equal(l.n, 0);
	presence_detach(*state, 1, 20);
	presence_leave(*state, 1, note, &l);
	presence_leave(*state, 1, note, &l);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.person[0], 1);
	assert_false(presence_has(*state, 1));
	assert_int_equal(expire(*state, 20 + GRACE), 0); /* not announced again */
	assert_true(presence_attach(*state, 1));
}

static void typing_is_told_once_in_a_while_for_each_person(void **state)
{
	assert_false(presence_may_type(*state, 1, 5)); /* not here */
	presence_attach(*state, 1);
	presence_attach(*state, 2);
	assert_true(presence_may_type(*state, 1, 100));
	assert_false(presence_may_type(*state, 1, 100));
	assert_true(presence_may_type(*state, 2, 101));
	assert_false(presence_may_type(*state, 1, 100 + PRESENCE_TYPING_MS - 1));
	assert_true(presence_may_type(*state, 1, 100 + PRESENCE_TYPING_MS));
	assert_false(presence_may_type(*state, 1, 101 + PRESENCE_TYPING_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_person_enters_with_the_first_client_only),
		TEST(a_person_leaves_a_grace_period_after_the_last_client),
		TEST(who_returns_in_time_returns_silently),
		TEST(without_grace_people_leave_at_once),
		TEST(people_of_before_a_restart_have_a_whole_grace_period),
		TEST(a_clock_that_is_behind_throws_nobody_out),
		TEST(people_are_listed_in_the_order_of_their_coming),
		TEST(any_order_of_events_keeps_the_counts),
		TEST(who_signs_out_leaves_at_once_unless_somebody_of_theirs_is_there),
		TEST(typing_is_told_once_in_a_while_for_each_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
