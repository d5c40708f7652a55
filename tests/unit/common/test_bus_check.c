/* test_bus_check.c - what no peer of ours sends is refused before anything is allocated for it. */
#include "common/bus_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

enum { MAX = 1 << 20 };

struct check_case {
	const char *bytes;
	size_t len;
	enum status expected;
};

/* BYTES("\x93\x01"): the bytes of a literal without its NUL. */
#define BYTES(literal) (literal), sizeof(literal) - 1

/* From memory of exactly its size, so that a sanitizer sees each byte too many. */
static enum status check(const char *bytes, size_t len, size_t max)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum status st;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	st = bus_check((struct slice){copy, len}, max);
	free(copy);
	return st;
}

static void check_all(const struct check_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum status st = check(cases[i].bytes, cases[i].len, MAX);

		if (st != cases[i].expected)
			fail_msg("case %zu: %s", i, status_text(st));
	}
}

static void values_of_ours_pass(void **state)
{
	static const struct check_case cases[] = {
		{BYTES("\x90"), ST_OK},
		{BYTES("\x93\x01\x00\x92\x0f\x07"), ST_OK},
		{BYTES("\x00"), ST_OK},
		{BYTES("\x7f"), ST_OK},
		{BYTES("\xcc\xff"), ST_OK},
		{BYTES("\xcd\xff\xff"), ST_OK},
		{BYTES("\xce\xff\xff\xff\xff"), ST_OK},
		{BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), ST_OK},
		{BYTES("\xc2"), ST_OK},
		{BYTES("\xc3"), ST_OK},
		{BYTES("\xa0"), ST_OK},
		{BYTES("\xa3"
		       "abc"),
		 ST_OK},
		{BYTES("\xd9\x01z"), ST_OK},
		{BYTES("\xda\x00\x01z"), ST_OK},
		{BYTES("\xdb\x00\x00\x00\x01z"), ST_OK},
		{BYTES("\xdc\x00\x01\x01"), ST_OK},
		{BYTES("\xdd\x00\x00\x00\x01\x01"), ST_OK},
		/* exactly as deep as allowed, with an empty array at the bottom */
		{BYTES("\x91\x91\x91\x91\x01"), ST_OK},
		{BYTES("\x91\x91\x91\x91\x90"), ST_OK},
	};

	(void)state;
	check_all(cases, NELEMS(cases));
}

static void b4_lengths_that_lie_are_refused(void **state)
{
	static const struct check_case cases[] = {
		{BYTES(""), ST_SHORT},
		{BYTES("\xdd\xff\xff\xff\xff"), ST_LONG}, /* msgpack-c: 137 GB */
		{BYTES("\xdc\xff\xff"), ST_LONG},
		{BYTES("\xdc\x04\x01"), ST_LONG},
		{BYTES("\xdc\x04\x00"), ST_SHORT},
		{BYTES("\xdb\xff\xff\xff\xff"), ST_LONG},
		{BYTES("\xdb\x00\x01\x00\x01"), ST_LONG},
		{BYTES("\xdb\x00\x01\x00\x00"), ST_SHORT},
		{BYTES("\xda\xff\xffz"), ST_SHORT},
		{BYTES("\xd9\x02z"), ST_SHORT},
		{BYTES("\xbfz"), ST_SHORT},
		{BYTES("\x9f\x01"), ST_SHORT},
		{BYTES("\x93\x01\x02"), ST_SHORT},
		{BYTES("\x92\x91\x01"), ST_SHORT},
		/* the length itself is cut off */
		{BYTES("\xdd\x00\x00"), ST_SHORT},
		{BYTES("\xdc"), ST_SHORT},
		{BYTES("\xdb\x00"), ST_SHORT},
		{BYTES("\xd9"), ST_SHORT},
		{BYTES("\xcf\x00\x00\x00\x00\x00\x00\x00"), ST_SHORT},
		{BYTES("\xcc"), ST_SHORT},
	};

	(void)state;
	check_all(cases, NELEMS(cases));
}

static void b4_what_is_nested_too_deeply_is_refused(void **state)
{
	char deep[4096];

	(void)state;
	assert_int_equal(check(BYTES("\x91\x91\x91\x91\x91\x01"), MAX), ST_DEPTH);
	memset(deep, '\x91', sizeof deep);
	assert_int_equal(check(deep, sizeof deep, MAX), ST_DEPTH);
}

static void b4_types_that_nobody_sends_are_refused(void **state)
{
	static const unsigned char tags[] = {
		0x80, 0x81, 0x8f, 0xde, 0xdf, /* maps */
		0xc0, 0xc1,                   /* nil, and the one never used */
		0xc4, 0xc5, 0xc6,             /* binary */
		0xc7, 0xc8, 0xc9,             /* extensions */
		0xca, 0xcb,                   /* floating point */
		0xd0, 0xd1, 0xd2, 0xd3,       /* signed */
		0xd4, 0xd5, 0xd6, 0xd7, 0xd8, /* fixed extensions */
		0xe0, 0xff,                   /* negative */
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(tags); i++) {
		char frame[32] = {'\x91', (char)tags[i]};

		assert_int_equal(check(frame, sizeof frame, MAX), ST_TYPE);
		assert_int_equal(check(frame, 2, MAX), ST_TYPE);
	}
}

static void bytes_after_the_end_are_refused(void **state)
{
	static const struct check_case cases[] = {
		{BYTES("\x01\x01"), ST_TRAILING},
		{BYTES("\x90\x00"), ST_TRAILING},
		{BYTES("\x91\x01\xc1"), ST_TRAILING},
		{BYTES("\xa0z"), ST_TRAILING},
	};

	(void)state;
	check_all(cases, NELEMS(cases));
}

static void b4_frames_over_the_limit_are_refused_unread(void **state)
{
	(void)state;
	assert_int_equal(check(BYTES("\x91\x01"), 2), ST_OK);
	assert_int_equal(check(BYTES("\x91\x01"), 1), ST_LONG);
	assert_int_equal(check(BYTES("\xff\xff"), 1), ST_LONG);
}

/* Every prefix of a good frame is short, and every single byte changed breaks nothing but
 * the frame. */
static void damage_is_survived(void **state)
{
	static const char good[] = "\x93\x01\x00\x94\x0e\xcc\x80\xa2id\xd9\x04text";
	const size_t len = sizeof good - 1;

	(void)state;
	assert_int_equal(check(good, len, MAX), ST_OK);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(check(good, cut, MAX), ST_SHORT);
	for (size_t i = 0; i < len; i++) {
		for (int byte = 0; byte < 256; byte++) {
			char damaged[sizeof good];

			memcpy(damaged, good, sizeof good);
			damaged[i] = (char)byte;
			(void)!check(damaged, len, MAX);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_ours_pass),
		cmocka_unit_test(b4_lengths_that_lie_are_refused),
		cmocka_unit_test(b4_what_is_nested_too_deeply_is_refused),
		cmocka_unit_test(b4_types_that_nobody_sends_are_refused),
		cmocka_unit_test(bytes_after_the_end_are_refused),
		cmocka_unit_test(b4_frames_over_the_limit_are_refused_unread),
		cmocka_unit_test(damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
