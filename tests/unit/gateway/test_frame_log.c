/* The ring of frames: headers as in RFC 6455, and any order of events against a simple model. */
#include "gateway/frame_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"

static void headers_are_those_of_rfc_6455(void **state)
{
	static const struct {
		size_t payload, len;
		unsigned char bytes[FRAME_HEADER_MAX];
	} cases[] = {
		{0, 2, {0x81, 0}},
		{1, 2, {0x81, 1}},
		{125, 2, {0x81, 125}},
		{126, 4, {0x81, 126, 0, 126}},
		{127, 4, {0x81, 126, 0, 127}},
		{256, 4, {0x81, 126, 1, 0}},
		{65535, 4, {0x81, 126, 0xff, 0xff}},
		{65536, 10, {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
		{0x12345678, 10, {0x81, 127, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78}},
	};
	unsigned char out[FRAME_HEADER_MAX];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		assert_int_equal(frame_header(FRAME_TEXT, cases[i].payload, out),
				 cases[i].len);
		assert_memory_equal(out, cases[i].bytes, cases[i].len);
	}
	assert_int_equal(frame_header(FRAME_PING, 4, out), 2);
	assert_memory_equal(out, "\x89\x04", 2);
	assert_int_equal(frame_header(FRAME_CLOSE, 2, out), 2);
	assert_memory_equal(out, "\x88\x02", 2);
}

static void a_close_frame_says_its_code_and_why(void **state)
{
	unsigned char out[FRAME_CLOSE_MAX];

	(void)state;
	assert_int_equal(frame_close(1008, "bad-input", out), 13);
	assert_memory_equal(out,
			    "\x88\x0b\x03\xf0"
			    "bad-input",
			    13);
}

static void an_empty_log_has_no_frames(void **state)
{
	struct frame_log *l = frame_log_new(1000, 10);

	(void)state;
	assert_int_equal(frame_log_newest(l), 0);
	assert_int_equal(frame_log_first(l), 1);
	frame_log_restart(l, 41);
	assert_int_equal(frame_log_newest(l), 41);
	assert_int_equal(frame_log_first(l), 42);
	frame_log_add(l, S("x"));
	assert_int_equal(frame_log_newest(l), 42);
	assert_int_equal(frame_log_first(l), 42);
	frame_log_free(&l);
	assert_null(l);
	frame_log_free(&l);
	frame_log_free(NULL);
}

static void assert_read(const struct frame_log *l, uint64_t seq, size_t cap,
			struct slice expected, uint64_t next)
{
	uint64_t n;
	struct slice run = frame_log_read(l, seq, cap, &n);

	assert_int_equal(n, next);
	assert_int_equal(run.len, expected.len);
	assert_memory_equal(run.ptr, expected.ptr, expected.len);
}

static void a_run_is_whole_frames_up_to_the_cap_but_at_least_one(void **state)
{
	struct frame_log *l = frame_log_new(1000, 10);

	(void)state;
	frame_log_add(l, S("a"));
	frame_log_add(l, S("bb"));
	frame_log_add(l, S(""));
	assert_read(l, 1, 1000,
		    S("\x81\x01"
		      "a\x81\x02"
		      "bb\x81\x00"),
		    4);
	assert_read(l, 1, 9,
		    S("\x81\x01"
		      "a\x81\x02"
		      "bb\x81\x00"),
		    4);
	assert_read(l, 1, 8,
		    S("\x81\x01"
		      "a\x81\x02"
		      "bb"),
		    3);
	assert_read(l, 1, 7,
		    S("\x81\x01"
		      "a\x81\x02"
		      "bb"),
		    3);
	assert_read(l, 1, 6,
		    S("\x81\x01"
		      "a"),
		    2);
	assert_read(l, 1, 3,
		    S("\x81\x01"
		      "a"),
		    2);
	assert_read(l, 1, 2,
		    S("\x81\x01"
		      "a"),
		    2); /* at least one */
	assert_read(l, 1, 0,
		    S("\x81\x01"
		      "a"),
		    2);
	assert_read(l, 2, 1000,
		    S("\x81\x02"
		      "bb\x81\x00"),
		    4);
	assert_read(l, 3, 1000, S("\x81\x00"), 4);
	frame_log_free(&l);
}

static void a_frame_never_wraps(void **state)
{
	struct frame_log *l = frame_log_new(20, 10);

	(void)state;
	frame_log_add(l, S("12345678")); /* 0 to 10 */
	frame_log_add(l, S("1234"));     /* 10 to 16 */
	assert_int_equal(frame_log_first(l), 1);
	frame_log_add(l, S("abc")); /* 4 are left: it begins at the front */
	assert_int_equal(frame_log_first(l), 2);
	assert_read(l, 2, 1000,
		    S("\x81\x04"
		      "1234"),
		    3); /* a run ends with the ring */
	assert_read(l, 3, 1000,
		    S("\x81\x03"
		      "abc"),
		    4);
	frame_log_add(l, S("xyz")); /* 5 to 10: touches nothing */
	assert_int_equal(frame_log_first(l), 2);
	frame_log_add(l, S("")); /* 10 to 12: on frame 2 */
	assert_int_equal(frame_log_first(l), 3);
	assert_read(l, 3, 1000,
		    S("\x81\x03"
		      "abc\x81\x03"
		      "xyz\x81\x00"),
		    6);
	frame_log_free(&l);
}

static void the_largest_frame_fills_the_ring(void **state)
{
	struct frame_log *l = frame_log_new(102, 10);
	char text[100];

	(void)state;
	memset(text, 'x', sizeof text);
	for (uint64_t i = 1; i <= 5; i++) {
		uint64_t next;

		frame_log_add(l, (struct slice){text, 100});
		assert_int_equal(frame_log_first(l), i);
		assert_int_equal(frame_log_read(l, i, 1, &next).len, 102);
		frame_log_add(l, S("y"));
		assert_int_equal(frame_log_first(l), ++i);
	}
	frame_log_free(&l);
}

static void the_number_of_frames_is_bounded_too(void **state)
{
	struct frame_log *l = frame_log_new(1000, 3);

	(void)state;
	for (int i = 0; i < 10; i++)
		frame_log_add(l, S("x"));
	assert_int_equal(frame_log_newest(l), 10);
	assert_int_equal(frame_log_first(l), 8);
	assert_read(l, 8, 1000, S("\x81\x01x\x81\x01x\x81\x01x"), 11);
	frame_log_restart(l, 100);
	frame_log_add(l, S("z"));
	assert_int_equal(frame_log_first(l), 101);
	assert_read(l, 101, 1000, S("\x81\x01z"), 102);
	frame_log_free(&l);
}

static void bytes_in_front_of_a_run_belong_to_us(void **state)
{
	struct frame_log *l = frame_log_new(100, 10);
	uint64_t next;
	const char *p;
	unsigned char sum = 0;

	(void)state;
	frame_log_add(l, S("x"));
	p = frame_log_read(l, 1, 100, &next).ptr;
	for (int i = 1; i <= FRAME_LOG_HEADROOM; i++)
		sum = (unsigned char)(sum +
				      (unsigned char)p[-i]); /* the sanitizer looks */
	assert_int_equal(sum, 0);
	frame_log_free(&l);
}

/* -- the model: every payload ever added, by seq -- */

enum { STEPS = 20000, RING = 4096, FRAMES = 64, LONGEST = 700 };

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* The payload of a seq: its length and bytes follow from it and from the round. */
static size_t payload_of(uint64_t seq, uint64_t round, char out[LONGEST])
{
	uint64_t h = (seq + 1000003 * round) * 0x9e3779b97f4a7c15u;
	size_t len = (size_t)(h >> 40) % (h % 5 == 0 ? LONGEST : 60);

	for (size_t i = 0; i < len; i++)
		out[i] = (char)((h >> 8 * (i % 8)) + i);
	return len;
}

static void check_run(const struct frame_log *l, uint64_t round, uint64_t seq, size_t cap)
{
	uint64_t next;
	struct slice run = frame_log_read(l, seq, cap, &next);
	const char *p = run.ptr;

	assert_true(next > seq && next <= frame_log_newest(l) + 1);
	for (uint64_t s = seq; s < next; s++) {
		unsigned char header[FRAME_HEADER_MAX];
		char payload[LONGEST];
		size_t len = payload_of(s, round, payload);
		size_t n = frame_header(FRAME_TEXT, len, header);

		assert_true((size_t)(p - run.ptr) + n + len <= run.len);
		assert_memory_equal(p, header, n);
		if (len > 0)
			assert_memory_equal(p + n, payload, len);
		p += n + len;
		assert_true(s == seq || (size_t)(p - run.ptr) <= cap);
	}
	assert_int_equal(p - run.ptr, run.len);
}

static void any_order_of_events_gives_back_what_was_added(void **state)
{
	struct frame_log *l = frame_log_new(RING, FRAMES);
	uint64_t round = 0, after = 0, runs = 0;

	(void)state;
	for (int step = 0; step < STEPS; step++) {
		if (next_random(2000) == 0) {
			after = next_random(1u << 20);
			round++;
			frame_log_restart(l, after);
		} else {
			char payload[LONGEST];
			uint64_t seq = frame_log_newest(l) + 1;
			size_t len = payload_of(seq, round, payload);

			frame_log_add(l, (struct slice){payload, len});
			assert_int_equal(frame_log_newest(l), seq);
		}
		assert_true(frame_log_first(l) > after);
		assert_true(frame_log_newest(l) + 1 - frame_log_first(l) <= FRAMES);
		if (frame_log_first(l) <= frame_log_newest(l)) {
			uint64_t n = frame_log_newest(l) + 1 - frame_log_first(l);

			check_run(l, round, frame_log_first(l) + next_random(n),
				  (size_t)next_random(2 * RING));
			check_run(l, round, frame_log_first(l), (size_t)next_random(300));
			runs++;
		}
		/* Now and then the whole log, as a slow reader would. */
		if (step % 50 == 0) {
			uint64_t seq = frame_log_first(l);

			while (seq <= frame_log_newest(l)) {
				uint64_t next;

				frame_log_read(l, seq, 500, &next);
				check_run(l, round, seq, 500);
				seq = next;
			}
		}
	}
	assert_true(runs > STEPS / 2);
	frame_log_free(&l);
}

/* It keeps as much as fits: no more than one frame's room, and what a wrap leaves, is unused. */
static void what_fits_is_kept(void **state)
{
	struct frame_log *l = frame_log_new(RING, 10000);
	char text[98];

	(void)state;
	memset(text, 'x', sizeof text);
	for (int i = 0; i < 1000; i++) {
		frame_log_add(l, (struct slice){text, sizeof text}); /* 100 each */
		if (i >= 100)
			assert_in_range(frame_log_newest(l) + 1 - frame_log_first(l),
					RING / 100 - 1, RING / 100);
	}
	frame_log_free(&l);
}

/* Wherever the kernel stops: what it took and the rest are whole frames together. */
static void the_rest_of_a_run_ends_with_the_frame_that_was_begun(void **state)
{
	struct frame_log *l = frame_log_new(1000, 10);
	size_t ends[4] = {0};
	uint64_t next;
	struct slice run, rest;

	(void)state;
	frame_log_add(l, S("a"));
	frame_log_add(l, S("bb"));
	frame_log_add(l, S("ccc"));
	ends[1] = 3;
	ends[2] = ends[1] + 4;
	ends[3] = ends[2] + 5;
	run = frame_log_read(l, 1, 1000, &next);
	assert_int_equal(run.len, ends[3]);
	for (size_t sent = 0; sent < run.len; sent++) {
		size_t whole = 0;

		while (ends[whole] < sent)
			whole++;
		rest = frame_log_rest(l, 1, sent, &next);
		assert_int_equal(next, 1 + whole);
		assert_int_equal(rest.len, ends[whole] - sent);
		assert_ptr_equal(rest.ptr, run.ptr + sent);
	}
	frame_log_free(&l);
}

static void a_part_of_the_log_is_bytes_or_frames(void **state)
{
	struct frame_log *bytes = frame_log_new(1000, 1000);
	struct frame_log *frames = frame_log_new(1000, 100);

	(void)state;
	assert_int_equal(frame_log_part(bytes, 4), 1); /* empty: what comes next */
	for (int i = 0; i < 150; i++) {                /* a frame of ten bytes each */
		frame_log_add(bytes, S("12345678"));
		frame_log_add(frames, S(""));
	}
	assert_int_equal(frame_log_part(bytes, 1), 51);
	assert_int_equal(frame_log_part(bytes, 4), 126);
	assert_int_equal(frame_log_part(bytes, 1000), 151); /* not even one */
	assert_int_equal(frame_log_part(frames, 1), 51);
	assert_int_equal(frame_log_part(frames, 4), 126);
	frame_log_free(&bytes);
	frame_log_free(&frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_those_of_rfc_6455),
		cmocka_unit_test(a_close_frame_says_its_code_and_why),
		cmocka_unit_test(an_empty_log_has_no_frames),
		cmocka_unit_test(a_run_is_whole_frames_up_to_the_cap_but_at_least_one),
		cmocka_unit_test(a_frame_never_wraps),
		cmocka_unit_test(the_largest_frame_fills_the_ring),
		cmocka_unit_test(the_number_of_frames_is_bounded_too),
		cmocka_unit_test(bytes_in_front_of_a_run_belong_to_us),
		cmocka_unit_test(any_order_of_events_gives_back_what_was_added),
		cmocka_unit_test(what_fits_is_kept),
		cmocka_unit_test(a_part_of_the_log_is_bytes_or_frames),
		cmocka_unit_test(the_rest_of_a_run_ends_with_the_frame_that_was_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
