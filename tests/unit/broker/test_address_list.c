/* Patterns that deny and allow addresses: SECURITY S6. */
#include "broker/address_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static void stars_and_question_marks_fit_what_they_say(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} cases[] = {
		{"", "", true},
		{"*", "", true},
		{"**", "x", true},
		{"?", "", false},
		{"?", "x", true},
		{"ann@a.example", "ann@a.example", true},
		{"ann@a.example", "ann@a.examples", false},
		{"ann@a.example", "nn@a.example", false},
		{"ANN@A.*", "ann@a.example", true},
		{"ann@a.*", "ANN@A.EXAMPLE", true},
		{"*@spam.example", "eve@spam.example", true},
		{"*@spam.example", "eve@sub.spam.example", false},
		{"*@*spam.example", "eve@sub.spam.example", true},
		{"*.example", "eve@spam.examples", false},
		{"*+*@*", "a+b@c.de", true},
		{"*+*@*", "ab@c.de", false},
		{"a*b*c", "aXbYbZc", true},
		{"a*b*c", "aXbYbZ", false},
		{"???@a.example", "ann@a.example", true},
		{"[a]", "a", false}, /* no brackets */
		{"[a]", "[a]", true},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		if (address_list_fits(cases[i].pattern, cases[i].text) != cases[i].fits)
			fail_msg("%s and %s", cases[i].pattern, cases[i].text);
	}
}

/* A matcher that tries every place of every star would not come to an end. */
static void no_pattern_takes_for_ever(void **state)
{
	char text[255];

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_false(address_list_fits("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

static void s6_deny_wins_and_allow_is_all_there_is(void **state)
{
	static const char *const deny[] = {"*@spam.example", "eve@*"};
	static const char *const allow[] = {"*@a.example", "*@spam.example"};
	const struct address_list none = {.n_deny = 0}, denying = {deny, NULL, 2, 0},
				  allowing = {NULL, allow, 0, 2},
				  both = {deny, allow, 2, 2};

	(void)state;
	assert_false(address_list_denies(&none, "eve@spam.example"));
	assert_true(address_list_denies(&denying, "ann@spam.example"));
	assert_true(address_list_denies(&denying, "Eve@a.example"));
	assert_false(address_list_denies(&denying, "ann@a.example"));
	assert_false(address_list_denies(&allowing, "ann@a.example"));
	assert_true(address_list_denies(&allowing, "ann@b.example"));
	assert_true(address_list_denies(&both, "ann@spam.example"));
	assert_true(address_list_denies(&both, "eve@a.example"));
	assert_false(address_list_denies(&both, "ann@a.example"));
}

static void patterns_that_fit_no_address_are_known(void **state)
{
	static const char *const good[] = {
		"*@spam.example",
		"eve@*",
		"*",
		"*.example",
		"?@a.example",
		"eve?a.example",
		"ann@a.example",
		"*@*.example",
		"*@xn--bcher-kva.example",
		"e*",
	};
	static const char *const bad[] = {
		"",
		"foo",
		"school.example",
		"a@b@c.example",
		"*@a.example*@",
		"@a.example",
		"eve@",
		"*@localhost",
		"*@k\xc3\xbche.example",
		"*@a.example ",
		"ann@a.example\r",
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(good); i++)
		assert_null(address_pattern_why_not(good[i]));
	for (size_t i = 0; i < NELEMS(bad); i++)
		assert_non_null(address_pattern_why_not(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stars_and_question_marks_fit_what_they_say),
		cmocka_unit_test(no_pattern_takes_for_ever),
		cmocka_unit_test(s6_deny_wins_and_allow_is_all_there_is),
		cmocka_unit_test(patterns_that_fit_no_address_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
