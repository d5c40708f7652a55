/* What may be said is what people write (SECURITY N4). */
#include "broker/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/memory.h"

/* s, `times` times, behind "a". */
static bool is_good(const char *s, size_t times)
{
	char *text = xcalloc(1, 2 + strlen(s) * times);
	bool good;

	text[0] = 'a';
	for (size_t i = 0; i < times; i++)
		memcpy(text + 1 + i * strlen(s), s, strlen(s));
	good = text_is_good(slice_of(text));
	free(text);
	return good;
}

static void n4_controls_are_refused_but_newline_and_tab(void **state)
{
	(void)state;
	assert_false(text_is_good(S("")));
	for (int c = 0; c < 0x20; c++) {
		char text[3] = {'a', (char)c, 'b'};

		assert_int_equal(text_is_good((struct slice){text, 3}),
				 c == '\n' || c == '\t');
	}
	assert_false(text_is_good(S("a\x7f")));
	assert_false(text_is_good(S("a\xc2\x85"))); /* next line, of C1 */
	assert_true(text_is_good(S("\u05e9\u05dc\u05d5\u05dd, \u202eolleh")));
}

static void n4_a_tower_of_marks_is_refused(void **state)
{
	static const char *const marks[] = {
		"\u0301",     /* acute */
		"\u0e49",     /* of Thai */
		"\u20dd",     /* an enclosing one */
		"\u093e",     /* a spacing one */
		"\U000e0100", /* a variation selector */
		"\U0001d167", /* of music */
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(marks); i++) {
		assert_true(is_good(marks[i], TEXT_MARKS_MAX));
		assert_false(is_good(marks[i], TEXT_MARKS_MAX + 1));
		assert_false(is_good(marks[i], 10000));
	}
}

static void what_cannot_be_seen_does_not_hide_a_tower(void **state)
{
	(void)state;
	assert_false(is_good("\u0301\u200d", 101)); /* zero width joiner */
	assert_false(is_good("\u0301\u034f", 101));
	assert_false(is_good("\u0301\u2060\u0302", 101));
	assert_true(is_good("\u0301x", 20000)); /* a letter ends it */
}

static void what_people_write_is_good(void **state)
{
	(void)state;
	/* A family, a flag, a hundred times each; Thai, Hindi and Hebrew with their marks. */
	assert_true(is_good("\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
			    100));
	assert_true(is_good("\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074"
			    "\U000e007f",
			    100));
	assert_true(is_good("\u0e01\u0e35\u0e49", 5000));
	assert_true(is_good("\u0915\u094d\u0937\u093f", 5000));
	assert_true(is_good("\u05e9\u05c1\u05b8", 5000));
	assert_true(is_good("x", 65000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(n4_controls_are_refused_but_newline_and_tab),
		cmocka_unit_test(n4_a_tower_of_marks_is_refused),
		cmocka_unit_test(what_cannot_be_seen_does_not_hide_a_tower),
		cmocka_unit_test(what_people_write_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
