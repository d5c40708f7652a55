/* test_slice.c - slices are compared, cut and copied by length, never by NUL. */
#include "common/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static void assert_slice(struct slice s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	if (s.len > 0)
		assert_memory_equal(s.ptr, expected, s.len);
}

static void a_null_string_is_the_empty_slice(void **state)
{
	(void)state;
	assert_int_equal(slice_of(NULL).len, 0);
	assert_true(slice_equal(slice_of(NULL), S("")));
	assert_slice(slice_of("plume"), "plume");
}

static void slices_are_equal_when_all_bytes_are(void **state)
{
	(void)state;
	assert_true(slice_equal(S("a\0b"), S("a\0b")));
	assert_false(slice_equal(S("a\0b"), S("a\0c")));
	assert_false(slice_equal(S("ab"), S("abc")));
	assert_false(slice_equal(S("ab"), S("aB")));
}

static void case_of_ascii_letters_alone_may_differ(void **state)
{
	(void)state;
	assert_true(slice_equal_folded(S("Keep-Alive"), S("kEEP-aLIVE")));
	assert_true(slice_equal_folded(S(""), slice_of(NULL)));
	assert_false(slice_equal_folded(S("a"), S("ab")));
	assert_false(slice_equal_folded(S("a\0b"), S("a\0c")));
	assert_false(slice_equal_folded(S("@"), S("`")));
	assert_false(slice_equal_folded(S("\xc3\x84"), S("\xc3\xa4")));
}

static void a_slice_starts_with_its_prefixes_only(void **state)
{
	(void)state;
	assert_true(slice_starts(S("plume"), S("")));
	assert_true(slice_starts(S("plume"), S("plu")));
	assert_true(slice_starts(S("plume"), S("plume")));
	assert_false(slice_starts(S("plume"), S("plumes")));
	assert_false(slice_starts(S("plume"), S("lu")));
	assert_true(slice_starts((struct slice){NULL, 0}, S("")));
}

static void a_cut_splits_at_the_first_separator(void **state)
{
	static const struct {
		const char *text, *head, *tail;
		bool found;
	} cases[] = {
		{"a=b", "a", "b", true}, {"a=b=c", "a", "b=c", true},
		{"=b", "", "b", true},   {"a=", "a", "", true},
		{"=", "", "", true},     {"ab", "ab", "", false},
		{"", "", "", false},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct slice head;
		struct slice tail;

		assert_int_equal(slice_cut(slice_of(cases[i].text), '=', &head, &tail),
				 cases[i].found);
		assert_slice(head, cases[i].head);
		assert_slice(tail, cases[i].tail);
	}
}

static void a_cut_may_write_over_what_it_cuts(void **state)
{
	struct slice rest = S("one,two");
	struct slice item;

	(void)state;
	assert_true(slice_cut(rest, ',', &item, &rest));
	assert_slice(item, "one");
	assert_false(slice_cut(rest, ',', &item, &rest));
	assert_slice(item, "two");
	assert_slice(rest, "");
}

static void a_trim_takes_spaces_and_tabs_from_both_ends(void **state)
{
	(void)state;
	assert_slice(slice_trim(S(" \ta b\t ")), "a b");
	assert_slice(slice_trim(S("ab")), "ab");
	assert_slice(slice_trim(S(" \t ")), "");
	assert_slice(slice_trim(S("")), "");
	assert_slice(slice_trim(S("a\n")), "a\n");
}

static void a_copy_is_terminated_and_keeps_inner_zeros(void **state)
{
	char *copy = slice_dup(S("a\0b"));
	char *empty = slice_dup(slice_of(NULL));

	(void)state;
	assert_memory_equal(copy, "a\0b", 4);
	assert_string_equal(empty, "");
	free(copy);
	free(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_null_string_is_the_empty_slice),
		cmocka_unit_test(slices_are_equal_when_all_bytes_are),
		cmocka_unit_test(case_of_ascii_letters_alone_may_differ),
		cmocka_unit_test(a_slice_starts_with_its_prefixes_only),
		cmocka_unit_test(a_cut_splits_at_the_first_separator),
		cmocka_unit_test(a_cut_may_write_over_what_it_cuts),
		cmocka_unit_test(a_trim_takes_spaces_and_tabs_from_both_ends),
		cmocka_unit_test(a_copy_is_terminated_and_keeps_inner_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
