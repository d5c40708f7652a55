/* Rounds of notices: few, small, each person once. */
#include "gateway/typing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/slice.h"

static int setup(void **state)
{
	*state = typing_new();
	return 0;
}

static int teardown(void **state)
{
	struct typing *t = *state;

	typing_free(&t);
	assert_null(t);
	typing_free(&t);
	return 0;
}

static void hear(struct typing *t, const char *name, const char *mark)
{
	struct bus_typing m = {.name = slice_of(name), .mark = slice_of(mark)};

	typing_hear(t, &m);
}

/* The payloads of a round's frames, a line each. */
static void assert_round(struct typing *t, uint64_t now_ms, const char *expected)
{
	struct slice run = typing_round(t, now_ms);
	char text[2048] = "";

	while (run.len > 0) {
		unsigned char len = (unsigned char)run.ptr[1];

		assert_int_equal((unsigned char)run.ptr[0], 0x81);
		assert_in_range(len, 1, 125);
		strncat(text, run.ptr + 2, len);
		strcat(text, "\n");
		run.ptr += 2 + len;
		run.len -= 2 + (size_t)len;
	}
	assert_string_equal(text, expected);
}

static void the_first_notice_leaves_at_once_and_then_in_rounds(void **state)
{
	assert_round(*state, 1000, "");
	hear(*state, "ann", "m1");
	assert_round(*state, 1000,
		     "{\"type\":13,\"user\":{\"name\":\"ann\"},\"text\":\"\","
		     "\"mark\":\"m1\"}\n");
	assert_round(*state, 5000, ""); /* told once */
	hear(*state, "bob", "");
	assert_round(*state, 5000,
		     "{\"type\":13,\"user\":{\"name\":\"bob\"},\"text\":\"\"}\n");
	hear(*state, "ann", "");
	hear(*state, "bob", "");
	hear(*state, "ann", "");
	assert_round(*state, 5000 + TYPING_ROUND_MS - 1, "");
	assert_round(*state, 5000 + TYPING_ROUND_MS,
		     "{\"type\":13,\"user\":{\"name\":\"ann\"},\"text\":\"\"}\n"
		     "{\"type\":13,\"user\":{\"name\":\"bob\"},\"text\":\"\"}\n");
}

/* The name and the mark are the person; the name alone is not. */
static void two_who_are_called_alike_are_two(void **state)
{
	hear(*state, "ann", "m1");
	hear(*state, "ann", "m2");
	hear(*state, "ann", "m1");
	assert_round(*state, 1000,
		     "{\"type\":13,\"user\":{\"name\":\"ann\"},\"text\":\"\","
		     "\"mark\":\"m1\"}\n"
		     "{\"type\":13,\"user\":{\"name\":\"ann\"},\"text\":\"\","
		     "\"mark\":\"m2\"}\n");
}

static void a_round_has_few_people(void **state)
{
	/* The most that the bus carries, and every byte of it has to be escaped. */
	char name[121], mark[17];
	struct slice run;

	memset(name, 1, 120);
	memset(mark, 1, 16);
	name[120] = mark[16] = '\0';
	for (int i = 0; i < 100; i++) {
		name[0] = (char)(1 + i % 31);
		name[1] = (char)(1 + i / 31);
		hear(*state, name, mark);
	}
	run = typing_round(*state, 1000);
	assert_in_range(run.len, TYPING_MOST * 800, TYPING_MOST * 1034);
	hear(*state, "ann", "");
	assert_round(*state, 9000,
		     "{\"type\":13,\"user\":{\"name\":\"ann\"},\"text\":\"\"}\n");
}

static void rounds_that_take_long_are_seldom(void **state)
{
	hear(*state, "ann", "");
	assert_int_not_equal(typing_round(*state, 1000).len, 0);
	typing_took(*state, 100);
	hear(*state, "ann", "");
	assert_int_equal(typing_round(*state, 1000 + 100 * TYPING_SHARE - 1).len, 0);
	assert_int_not_equal(typing_round(*state, 1000 + 100 * TYPING_SHARE).len, 0);
	typing_took(*state, 0);
	hear(*state, "ann", "");
	assert_int_not_equal(
		typing_round(*state, 1000 + 100 * TYPING_SHARE + TYPING_ROUND_MS).len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_notice_leaves_at_once_and_then_in_rounds),
		TEST(two_who_are_called_alike_are_two),
		TEST(a_round_has_few_people),
		TEST(rounds_that_take_long_are_seldom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
