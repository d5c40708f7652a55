/* What goes to a mail server as an address, and what does not. */
#include "mailer/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static void only_plain_addresses_are_valid(void **state)
{
	static const struct {
		const char *address;
		bool valid;
	} cases[] = {
		{"ann@a.example", true},
		{"ann@localhost", true},
		{"a.n+n=x!#$%&'*/?^_`{|}~-@xn--bcher-kva.example", true},
		{"A@B", true},
		{"", false},
		{"@", false},
		{"ann", false},
		{"@a.example", false},
		{"ann@", false},
		{"ann@@a.example", false},
		{"ann@a@b.example", false},
		{"ann @a.example", false},
		{" ann@a.example", false},
		{"ann@a.example\n", false},
		{"ann@a.example\r\nBcc: x@y.z", false},
		{"ann@a.example>\r\nRCPT TO:<x", false},
		{"<ann@a.example>", false},
		{"ann@a.example,bob@b.example", false},
		{"ann@a.example;", false},
		{"Ann <ann@a.example>", false},
		{"ann(x)@a.example", false},
		{"\"ann\"@a.example", false},
		{"ann\\@a.example", false},
		{".ann@a.example", false},
		{"ann.@a.example", false},
		{"a..n@a.example", false},
		{"ann@.a.example", false},
		{"ann@a.example.", false},
		{"ann@a..example", false},
		{"ann@-a.example", false},
		{"ann@a-.example", false},
		{"ann@a_b.example", false},
		{"ann@[127.0.0.1]", false},
		{"ann@b\xc3\xbc.example", false},
		{"\xc3\xa4nn@a.example", false},
		{"ann@a.example\xe2\x80\xa8", false},
		{"=?utf-8?q?x?=@a.example",
		 true}, /* atoms all of it; nothing decodes an addr-spec */
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		if (address_is_valid(slice_of(cases[i].address)) != cases[i].valid)
			fail_msg("%s", cases[i].address);
	}
	assert_false(address_is_valid((struct slice){"ann\0@a.example", 14}));
	assert_false(address_is_valid((struct slice){"ann@a.example\0", 14}));
}

static void address_has_the_limits_of_smtp(void **state)
{
	char text[300];
	size_t n = 64;

	(void)state;
	memset(text, 'a', sizeof text);
	text[64] = '@';
	assert_true(address_is_valid((struct slice){text, 64 + 1 + 63}));
	assert_false(address_is_valid((struct slice){text, 64 + 1 + 64}));
	for (n += 1 + 63; n < sizeof text; n += 64)
		text[n] = '.';
	assert_true(address_is_valid((struct slice){text, 254}));
	assert_false(address_is_valid((struct slice){text, 255}));
	text[64] = 'a';
	text[65] = '@';
	assert_false(address_is_valid((struct slice){text, 100}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_plain_addresses_are_valid),
		cmocka_unit_test(address_has_the_limits_of_smtp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
