/* What a tail writes, answer after answer. */
#include "ctl/report_tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/bus_msg.h"

static struct {
	struct tail_place place;
	char *out, *err;
	struct bus_writer *w;
} t;

static int begin(void **state)
{
	(void)state;
	t.place = (struct tail_place){.epoch = 0};
	t.w = bus_writer_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	bus_writer_free(&t.w);
	free(t.out);
	free(t.err);
	t.out = t.err = NULL;
	return 0;
}

/* The next answer: its head; lines may be added. */
static void answer(uint64_t epoch, uint64_t newest, uint64_t first)
{
	struct bus_msg told = {.kind = BUS_TOLD, .u.told = {.done = true}};
	struct bus_msg tail = {
		.kind = BUS_TAIL,
		.u.tail = {.epoch = epoch, .newest = newest, .first = first}};

	bus_writer_clear(t.w);
	bus_writer_add(t.w, &told);
	bus_writer_add(t.w, &tail);
}

static void add(uint64_t seq, enum post_event event, const char *name, const char *text)
{
	struct bus_msg line = {.kind = BUS_LINE,
			       .u.line = {.seq = seq,
					  .time_ms = 1000 + seq,
					  .event = event,
					  .name = slice_of(name),
					  .text = slice_of(text),
					  .mark = S("ab12")}};

	bus_writer_add(t.w, &line);
}

static enum status hear(void)
{
	size_t n;
	FILE *out, *err;
	enum status st;

	free(t.out);
	free(t.err);
	out = open_memstream(&t.out, &n);
	err = open_memstream(&t.err, &n);
	st = report_tail(&t.place, bus_writer_frame(t.w), out, err);
	fclose(out);
	fclose(err);
	return st;
}

static void it_begins_now_unless_told_otherwise(void **state)
{
	(void)state;
	answer(7, 40, 11);
	assert_int_equal(hear(), ST_OK);
	assert_int_equal(t.place.after, 40);
	assert_string_equal(t.out, "");

	t.place = (struct tail_place){.after = 20, .has_after = true};
	answer(7, 40, 11);
	assert_int_equal(hear(), ST_OK);
	assert_int_equal(t.place.after, 20);
	assert_int_equal(t.place.epoch, 7);
	assert_string_equal(t.out, "");
}

static void each_post_is_a_line(void **state)
{
	(void)state;
	t.place = (struct tail_place){.epoch = 7, .after = 40};
	answer(7, 42, 11);
	add(41, POST_ENTERED, "ann", "entered chat");
	add(42, POST_TEXT, "ann", "say \"hi\"");
	assert_int_equal(hear(), ST_OK);
	assert_string_equal(
		t.out,
		"{\"seq\":41,\"time_ms\":1041,\"event\":\"entered\",\"name\":\"ann\","
		"\"text\":\"entered chat\",\"mark\":\"ab12\"}\n"
		"{\"seq\":42,\"time_ms\":1042,\"event\":\"text\",\"name\":\"ann\","
		"\"text\":\"say \\\"hi\\\"\",\"mark\":\"ab12\"}\n");
	assert_int_equal(t.place.after, 42);
}

static void holes_are_told(void **state)
{
	(void)state;
	t.place = (struct tail_place){.epoch = 7, .after = 5};
	answer(7, 12, 11);
	add(11, POST_TEXT, "ann", "x");
	assert_int_equal(hear(), ST_OK);
	assert_int_equal(
		strncmp(t.out, "{\"hole\":{\"first\":6,\"last\":10}}\n{\"seq\":11,", 40),
		0);

	answer(7, 20, 21); /* a room that remembers nothing */
	assert_int_equal(hear(), ST_OK);
	assert_string_equal(t.out, "{\"hole\":{\"first\":12,\"last\":20}}\n");
	assert_int_equal(t.place.after, 20);
	answer(7, 20, 21);
	assert_int_equal(hear(), ST_OK);
	assert_string_equal(t.out, "");
}

static void another_room_is_told_and_heard_from_its_first_post(void **state)
{
	(void)state;
	t.place = (struct tail_place){.epoch = 7, .after = 500};
	answer(0xab, 3, 2);
	assert_int_equal(hear(), ST_OK);
	assert_string_equal(t.out, "{\"room\":\"00000000000000ab\"}\n");
	assert_int_equal(t.place.after, 1);
	assert_int_equal(t.place.epoch, 0xab);
}

static void nothing_commands_the_terminal(void **state)
{
	(void)state;
	t.place = (struct tail_place){.epoch = 7, .after = 0};
	answer(7, 1, 1);
	add(1, POST_TEXT,
	    "\xc2\x9b"
	    "31m",
	    "\x1b[2J\xe2\x80\xae\x7f\xf3\xa0\x80\xa1 \xc3\xa9\xf0\x9f\x98\x80");
	assert_int_equal(hear(), ST_OK);
	assert_non_null(strstr(t.out, "\"name\":\"\\u009B31m\""));
	assert_non_null(strstr(
		t.out,
		"\"text\":\"\\u001B[2J\\u202E\\u007F\\uDB40\\uDC21 \\u00E9\\uD83D\\uDE00\""));
}

static void what_is_no_answer_is_refused(void **state)
{
	struct bus_msg no = {.kind = BUS_TOLD,
			     .u.told = {.done = false, .text = S("no")}};
	struct bus_msg yes = {.kind = BUS_TOLD, .u.told = {.done = true}};

	(void)state;
	t.place = (struct tail_place){.epoch = 7, .after = 40};
	answer(7, 42, 11);
	add(40, POST_TEXT, "ann", "again"); /* it was told before */
	assert_int_equal(hear(), ST_PROTOCOL);
	bus_writer_clear(t.w);
	bus_writer_add(t.w, &yes);
	assert_int_equal(hear(), ST_END);
	bus_writer_add(t.w, &yes);
	assert_int_equal(hear(), ST_PROTOCOL);
	bus_writer_clear(t.w);
	bus_writer_add(t.w, &no);
	assert_int_equal(hear(), ST_DENIED);
	assert_string_equal(t.err, "no\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_begins_now_unless_told_otherwise),
		TEST(each_post_is_a_line),
		TEST(holes_are_told),
		TEST(another_room_is_told_and_heard_from_its_first_post),
		TEST(nothing_commands_the_terminal),
		TEST(what_is_no_answer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
