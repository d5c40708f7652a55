/* test_utf8.c - exactly the sequences of RFC 3629 are valid. */
#include "common/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static void the_first_and_last_of_each_length_are_read(void **state)
{
	static const struct {
		const char *bytes;
		uint32_t character;
	} cases[] = {
		{"\x01", 0x01},
		{"\x7f", 0x7f},
		{"\xc2\x80", 0x80},
		{"\xdf\xbf", 0x7ff},
		{"\xe0\xa0\x80", 0x800},
		{"\xed\x9f\xbf", 0xd7ff},
		{"\xee\x80\x80", 0xe000},
		{"\xef\xbf\xbf", 0xffff},
		{"\xf0\x90\x80\x80", 0x10000},
		{"\xf4\x8f\xbf\xbf", 0x10ffff},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct slice s = slice_of(cases[i].bytes);
		uint32_t c;

		assert_true(utf8_is_valid(s));
		assert_true(utf8_next(&s, &c));
		assert_int_equal(c, cases[i].character);
		assert_int_equal(s.len, 0);
	}
}

static void what_is_not_utf8_is_refused(void **state)
{
	static const char *const cases[] = {
		"\x80",             /* a tail without a head */
		"\xbf",             /* the same */
		"\xc0\x80",         /* overlong NUL */
		"\xc1\xbf",         /* overlong ASCII */
		"\xe0\x9f\xbf",     /* overlong, two bytes would do */
		"\xf0\x8f\xbf\xbf", /* overlong, three would do */
		"\xed\xa0\x80",     /* first surrogate */
		"\xed\xbf\xbf",     /* last surrogate */
		"\xf4\x90\x80\x80", /* above U+10FFFF */
		"\xf8\x88\x80\x80\x80",
		"\xff",
		"\xc3",         /* ends too early */
		"\xe2\x82",     /* the same */
		"\xf0\x9f\x98", /* the same */
		"\xc3(",        /* the tail is missing */
		"\xe2\x82(",    /* the second one */
		"fine until \xfe here",
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++)
		assert_false(utf8_is_valid(slice_of(cases[i])));
}

static void a_sequence_is_not_read_beyond_the_slice(void **state)
{
	struct slice s = {"\xc3\xa4", 1};
	uint32_t c;

	(void)state;
	assert_false(utf8_next(&s, &c));
	assert_int_equal(s.len, 1);
	assert_int_equal(c, 0);
}

static void the_empty_text_and_zeros_are_valid(void **state)
{
	(void)state;
	assert_true(utf8_is_valid(slice_of(NULL)));
	assert_true(utf8_is_valid(S("")));
	assert_true(utf8_is_valid(S("a\0b")));
}

static void characters_are_taken_one_by_one(void **state)
{
	struct slice s = S("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	const uint32_t expected[] = {'a', 0xe4, 0x20ac, 0x1f600};
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < NELEMS(expected); i++) {
		assert_true(utf8_next(&s, &c));
		assert_int_equal(c, expected[i]);
	}
	assert_false(utf8_next(&s, &c));
}

static void a_clip_never_cuts_a_character(void **state)
{
	static const struct {
		const char *text;
		size_t max, len;
	} cases[] = {
		{"abc", 5, 3},
		{"abc", 3, 3},
		{"abc", 2, 2},
		{"abc", 0, 0},
		{"a\xc3\xa4z", 2, 1},
		{"a\xc3\xa4z", 3, 3},
		{"\xf0\x9f\x98\x80", 3, 0},
		{"\xf0\x9f\x98\x80", 4, 4},
		{"x\xe2\x82\xac", 3, 1},
		{"", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct slice s = utf8_clip(slice_of(cases[i].text), cases[i].max);

		assert_int_equal(s.len, cases[i].len);
		assert_true(utf8_is_valid(s));
	}
}

static void what_commands_hides_or_turns_is_not_harmless(void **state)
{
	static const uint32_t harmful[] = {
		0,      '\n',   0x1b,   0x7f,   0x9b,   0xad,   0x200b,  0x200f,
		0x2028, 0x202e, 0x2066, 0xfeff, 0xe000, 0xffff, 0xe0041, 0x10ffff};
	static const uint32_t harmless[] = {' ',   '~',   0xa0,   0xe9,
					    0x301, 0x5d0, 0x3042, 0x1f600};

	(void)state;
	for (size_t i = 0; i < NELEMS(harmful); i++)
		assert_false(utf8_is_harmless(harmful[i]));
	for (size_t i = 0; i < NELEMS(harmless); i++)
		assert_true(utf8_is_harmless(harmless[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_and_last_of_each_length_are_read),
		cmocka_unit_test(what_is_not_utf8_is_refused),
		cmocka_unit_test(a_sequence_is_not_read_beyond_the_slice),
		cmocka_unit_test(the_empty_text_and_zeros_are_valid),
		cmocka_unit_test(characters_are_taken_one_by_one),
		cmocka_unit_test(a_clip_never_cuts_a_character),
		cmocka_unit_test(what_commands_hides_or_turns_is_not_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
