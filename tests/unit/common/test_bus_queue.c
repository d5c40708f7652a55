/* test_bus_queue.c - first in, first out, in frames that fit. */
#include "common/bus_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char text[65536]; /* filled by main() */

static void add_say(struct bus_queue *q, uint64_t client, size_t len)
{
	const struct bus_msg m = {
		.kind = BUS_SAY,
		.u.say = {.client = client, .id = S(""), .text = {text, len}}};

	bus_queue_add(q, &m);
}

/* Takes a frame, which must hold the messages of clients from *next on; moves *next. */
static void take_in_order(struct bus_queue *q, uint64_t *next)
{
	const struct bus_msg head = {.kind = BUS_BATCH,
				     .u.batch = {.gateway = 1, .number = 1, .newest = 0}};
	struct bus_writer *w = bus_writer_new();
	struct bus_reader *r;
	struct bus_msg m;

	bus_writer_add(w, &head);
	bus_queue_take(q, w);
	assert_true(bus_writer_frame(w).len <= BUS_FRAME_MAX);
	assert_int_equal(bus_reader_new(bus_writer_frame(w), &r), ST_OK);
	assert_int_equal(bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &m), ST_OK);
	while (bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &m) == ST_OK) {
		assert_int_equal(m.kind, BUS_SAY);
		assert_int_equal(m.u.say.client, *next);
		++*next;
	}
	bus_reader_free(&r);
	bus_writer_free(&w);
}

static void an_empty_queue_gives_nothing(void **state)
{
	struct bus_queue *q = bus_queue_new();
	struct bus_writer *w = bus_writer_new();

	(void)state;
	bus_queue_take(q, w);
	assert_int_equal(bus_writer_count(w), 0);
	assert_int_equal(bus_queue_count(q), 0);
	assert_int_equal(bus_queue_bytes(q), 0);
	bus_writer_free(&w);
	bus_queue_free(&q);
	assert_null(q);
	bus_queue_free(&q);
	bus_queue_free(NULL);
}

static void small_messages_share_a_frame_up_to_its_count(void **state)
{
	struct bus_queue *q = bus_queue_new();
	uint64_t next = 1;

	(void)state;
	for (uint64_t i = 1; i <= 2 * BUS_QUEUE_FRAME_MESSAGES + 5; i++)
		add_say(q, i, 1);
	assert_int_equal(bus_queue_count(q), 2 * BUS_QUEUE_FRAME_MESSAGES + 5);
	take_in_order(q, &next);
	assert_int_equal(next, BUS_QUEUE_FRAME_MESSAGES + 1);
	take_in_order(q, &next);
	assert_int_equal(next, 2 * BUS_QUEUE_FRAME_MESSAGES + 1);
	take_in_order(q, &next);
	assert_int_equal(next, 2 * BUS_QUEUE_FRAME_MESSAGES + 6);
	assert_int_equal(bus_queue_count(q), 0);
	assert_int_equal(bus_queue_bytes(q), 0);
	bus_queue_free(&q);
}

static void large_messages_share_a_frame_up_to_its_bytes(void **state)
{
	struct bus_queue *q = bus_queue_new();
	uint64_t next = 1, frames = 0;

	(void)state;
	for (uint64_t i = 1; i <= 100; i++)
		add_say(q, i, sizeof text);
	assert_true(bus_queue_bytes(q) > 100 * sizeof text);
	assert_true(bus_queue_bytes(q) < 100 * (sizeof text + 64));
	for (; bus_queue_count(q) > 0; frames++) {
		uint64_t before = next;

		take_in_order(q, &next);
		assert_true(next > before);
	}
	assert_int_equal(next, 101);
	assert_true(frames >= 100 * sizeof text / (BUS_QUEUE_FRAME_BYTES + sizeof text));
	assert_int_equal(bus_queue_bytes(q), 0);
	bus_queue_free(&q);
}

static void what_comes_while_taking_stays_in_order(void **state)
{
	struct bus_queue *q = bus_queue_new();
	uint64_t next = 1;

	(void)state;
	add_say(q, 1, 10);
	add_say(q, 2, 10);
	take_in_order(q, &next);
	assert_int_equal(next, 3);
	add_say(q, 3, 10);
	assert_int_equal(bus_queue_count(q), 1);
	take_in_order(q, &next);
	assert_int_equal(next, 4);
	bus_queue_free(&q);
}

static void a_queue_that_is_not_empty_can_be_freed(void **state)
{
	struct bus_queue *q = bus_queue_new();

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		add_say(q, i, 2000);
	bus_queue_free(&q);
	assert_null(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_queue_gives_nothing),
		cmocka_unit_test(small_messages_share_a_frame_up_to_its_count),
		cmocka_unit_test(large_messages_share_a_frame_up_to_its_bytes),
		cmocka_unit_test(what_comes_while_taking_stays_in_order),
		cmocka_unit_test(a_queue_that_is_not_empty_can_be_freed),
	};

	memset(text, 'x', sizeof text);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
