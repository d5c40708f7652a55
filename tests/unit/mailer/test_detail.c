/* What a server said, without what it must not repeat. */
#include "mailer/detail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static void replies_are_made_fit_to_keep(void **state)
{
	static const struct {
		const char *said, *kept;
	} cases[] = {
		{"", ""},
		{" \r\n", ""},
		{"250 ok\r\n", "250 ok"},
		{"550-no\r\n550 such\tuser\r\n", "550-no 550 such user"},
		{"550 <ann@a.example>: no", "550 <***>: no"},
		{"ANN@A.Example", "***"},
		{"code 48291357 is 48291357.", "code *** is ***."},
		{"\x1b[31mred\x7f", "\\x1b[31mred\\x7f"},
		{"gr\xc3\xbc\xc3\x9f", "gr\\xc3\\xbc\\xc3\\x9f"},
		{"ann@a.exampl", "ann@a.exampl"},
	};
	char out[DETAIL_CAP];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		detail_write(slice_of(cases[i].said),
			     (struct slice[]){S("ann@a.example"), S("48291357"), S("")},
			     3, out);
		assert_string_equal(out, cases[i].kept);
	}
}

static void long_replies_are_clipped(void **state)
{
	static const char bytes[] = {'x', '\x01'};
	char said[1000], out[DETAIL_CAP];

	(void)state;
	for (size_t i = 0; i < NELEMS(bytes); i++) {
		memset(said, bytes[i], sizeof said);
		detail_write((struct slice){said, sizeof said}, NULL, 0, out);
		assert_true(strlen(out) < DETAIL_CAP);
		assert_true(strlen(out) > DETAIL_CAP - 8);
		assert_string_equal(out + strlen(out) - 3, "...");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_made_fit_to_keep),
		cmocka_unit_test(long_replies_are_clipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
