/* The people in the order of their names, whatever comes and goes. */
#include "broker/roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = roster_new();
	return 0;
}

static int teardown(void **state)
{
	struct roster *r = *state;

	roster_free(&r);
	assert_null(r);
	roster_free(&r);
	return 0;
}

static void assert_people(const struct roster *r, const char *expected)
{
	char text[256] = "";

	for (size_t i = 0; i < roster_count(r); i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%u ",
			 (unsigned)roster_at(r, i));
	assert_string_equal(text, expected);
}

static void people_stand_in_the_order_of_their_names(void **state)
{
	struct roster *r = *state;

	assert_people(r, "");
	roster_add(r, S("bob"), 2);
	roster_add(r, S("ann"), 1);
	roster_add(r, S("annabel"), 4);
	roster_add(r, S("\xc3\xa9va"), 5); /* after all of ASCII */
	roster_add(r, S("Zoe"), 3);        /* capitals come first */
	assert_people(r, "3 1 4 2 5 ");
	roster_add(r, S("bob"), 2); /* once is enough */
	assert_people(r, "3 1 4 2 5 ");
	roster_remove(r, S("annabel"), 4);
	roster_remove(r, S("nobody"), 4);
	roster_remove(r, S("bob"), 9);
	assert_people(r, "3 1 2 5 ");
	roster_remove(r, S("Zoe"), 3);
	roster_remove(r, S("\xc3\xa9va"), 5);
	roster_remove(r, S("ann"), 1);
	roster_remove(r, S("bob"), 2);
	assert_people(r, "");
}

static void a_page_begins_after_a_name_that_need_not_be_there(void **state)
{
	struct roster *r = *state;

	assert_int_equal(roster_after(r, S("")), 0);
	roster_add(r, S("ann"), 1);
	roster_add(r, S("bob"), 2);
	roster_add(r, S("carl"), 3);
	assert_int_equal(roster_after(r, S("")), 0);
	assert_int_equal(roster_after(r, S("an")), 0);
	assert_int_equal(roster_after(r, S("ann")), 1);
	assert_int_equal(roster_after(r, S("anna")), 1);
	assert_int_equal(roster_after(r, S("bob")), 2);
	assert_int_equal(roster_after(r, S("carl")), 3);
	assert_int_equal(roster_after(r, S("\xff")), 3);
}

/* Against a plain list of who is in. */
static void any_order_of_coming_and_going_keeps_the_order(void **state)
{
	enum { PEOPLE = 300 };
	struct roster *r = *state;
	bool is_in[PEOPLE] = {false};
	uint32_t random = 12345;

	for (int step = 0; step < 20000; step++) {
		uint32_t who;
		char name[16];
		size_t n = 0;

		random = random * 1103515245 + 12345;
		who = (random >> 8) % PEOPLE;
		snprintf(name, sizeof name, "%03u", (unsigned)who);
		is_in[who] = !is_in[who];
		if (is_in[who])
			roster_add(r, slice_of(name), who);
		else
			roster_remove(r, slice_of(name), who);
		if (step % 97 != 0)
			continue;
		for (uint32_t i = 0; i < PEOPLE; i++) {
			if (is_in[i])
				assert_int_equal(roster_at(r, n++), i);
		}
		assert_int_equal(roster_count(r), n);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(people_stand_in_the_order_of_their_names),
		TEST(a_page_begins_after_a_name_that_need_not_be_there),
		TEST(any_order_of_coming_and_going_keeps_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
