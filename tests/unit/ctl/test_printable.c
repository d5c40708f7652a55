/* test_printable.c - what strangers call themselves cannot command a terminal. */
#include "ctl/printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/attr.h"

static void assert_written(struct slice text, const char *expected)
{
	char *written = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&written, &len);

	assert_non_null(out);
	printable_write(text, out);
	fclose(out);
	assert_string_equal(written, expected);
	free(written);
}

static void letters_of_all_scripts_are_left_alone(void **state)
{
	(void)state;
	assert_written(S(""), "");
	assert_written(S("ann ~!\"'"), "ann ~!\"'");
	assert_written(S("Zo\xc3\xab \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\xaa\xb6"),
		       "Zo\xc3\xab \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\xaa\xb6");
}

static void what_commands_a_terminal_is_shown_by_its_number(void **state)
{
	(void)state;
	assert_written(S("\x1b[2J"), "\\u{1b}[2J");
	assert_written(S("a\r\n\tb\x7f"), "a\\u{d}\\u{a}\\u{9}b\\u{7f}");
	assert_written((struct slice){"a\0b", 3}, "a\\u{0}b");
	assert_written(S("\xc2\x9b"
			 "2J"),
		       "\\u{9b}2J"); /* CSI as one character */
}

static void what_hides_or_turns_letters_is_shown_by_its_number(void **state)
{
	(void)state;
	assert_written(S("\xe2\x80\xae"
			 "bob"),
		       "\\u{202e}bob");
	assert_written(S("an\xe2\x80\x8bn"), "an\\u{200b}n");
	assert_written(S("\xe2\x81\xa6x\xef\xbb\xbf"), "\\u{2066}x\\u{feff}");
}

static void bytes_that_are_no_text_are_shown_as_bytes(void **state)
{
	(void)state;
	assert_written(S("a\xff\xc3"), "a\\xff\\xc3");
	assert_written(S("\\u{1b}"), "\\\\u{1b}"); /* nobody forges an escape */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_of_all_scripts_are_left_alone),
		cmocka_unit_test(what_commands_a_terminal_is_shown_by_its_number),
		cmocka_unit_test(what_hides_or_turns_letters_is_shown_by_its_number),
		cmocka_unit_test(bytes_that_are_no_text_are_shown_as_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
