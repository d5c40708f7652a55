/* Which mail addresses are accepted, and what budgets count. */
#include "broker/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define A16 "aaaaaaaaaaaaaaaa"
#define A63 A16 A16 A16 "aaaaaaaaaaaaaaa"
#define A64 A16 A16 A16 A16

static void good_addresses_keep_their_local_part_and_lose_the_domains_case(void **state)
{
	static const struct {
		const char *typed, *normal;
	} cases[] = {
		{"ann@a.example", "ann@a.example"},
		{"Ann@A.Example", "Ann@a.example"},
		{"ANN@EXAMPLE.ORG", "ANN@example.org"},
		{"a@b.cd", "a@b.cd"},
		{"a.b.c@d.e.fg", "a.b.c@d.e.fg"},
		{"a+b@c.de", "a+b@c.de"},
		{"!#$%&'*+-/=?^_`{|}~@c.de", "!#$%&'*+-/=?^_`{|}~@c.de"},
		{"1@2.com", "1@2.com"},
		{"a@1.2.3.com", "a@1.2.3.com"},
		{"a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		{"a@b.xn--p1ai", "a@b.xn--p1ai"},
		{"a@b--c.de", "a@b--c.de"},
		{A64 "@b.cd", A64 "@b.cd"},
		{"a@" A63 ".cd", "a@" A63 ".cd"},
	};
	char out[ADDRESS_SIZE];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		if (address_normalize(slice_of(cases[i].typed), out) != ST_OK)
			fail_msg("refused: %s", cases[i].typed);
		assert_string_equal(out, cases[i].normal);
	}
}

static void what_is_no_address_is_refused(void **state)
{
	const struct slice cases[] = {
		{NULL, 0},
		S(""),
		S("@"),
		S("ann"),
		S("ann@"),
		S("@a.example"),
		S("ann@localhost"),
		S("ann@a"),
		S("ann@a."),
		S("ann@.a"),
		S("ann@a..b"),
		S("ann@a.b."),
		S("ann@@a.b"),
		S("ann@a@b.cd"),
		S(".ann@a.b"),
		S("ann.@a.b"),
		S("a..b@a.b"),
		S("ann@-a.b"),
		S("ann@a-.b"),
		S("ann@a.-b"),
		S("ann@a.b-"),
		S("ann@a_b.cd"),
		S("ann@127.0.0.1"),
		S("ann@1.2.3.4"),
		S("ann@[127.0.0.1]"),
		S("ann@[IPv6:::1]"),
		S("\"ann\"@a.example"),
		S("\"a b\"@a.example"),
		S("ann(comment)@a.example"),
		S("Ann <ann@a.example>"),
		S("<ann@a.example>"),
		S("ann@a.example,eve@b.example"),
		S("ann@a.example;eve@b.example"),
		S("ann@a.example eve@b.example"),
		S(" ann@a.example"),
		S("ann@a.example "),
		S("ann @a.example"),
		S("ann@ a.example"),
		S("ann\t@a.example"),
		S("ann@a.example\n"),
		S("ann@a.example\r\n"),
		S("ann@a.example\r\nRCPT TO:<eve@b.example>"),
		S("a@b\r\nRCPT TO:<x>"),
		S("ann\r\n@a.example"),
		S("ann\n@a.example"),
		S("ann@a.example\0"),
		S("ann@a.example\0.evil.example"),
		S("ann\0@a.example"),
		S("ann@a.\0example"),
		S("ann\x7f@a.example"),
		S("ann\x01@a.example"),
		S("\xc3\xa4nn@a.example"),
		S("ann@\xc3\xa4.example"),
		S("ann@a.example\xc2\x85"),
		S("ann@a.example\xe2\x80\xa8"),
		S("ann\xff@a.example"),
		S("=?utf-8?q?ann?=@a.example,"),
		S("%0d%0a@a.example "),
		S("a:b@c.de"),
		S("a\\b@c.de"),
		S("ann@a.example/../x"),
		S("mailto:ann@a.example"),
		S(A64 "a@b.cd"),
		S("a@" A63 "a.cd"),
		S("a@" A63 "." A63 ".cd"), /* 132 bytes */
	};
	char out[ADDRESS_SIZE];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		memset(out, 'x', sizeof out);
		if (address_normalize(cases[i], out) != ST_RANGE)
			fail_msg("allowed: case %zu: %.*s", i, SLICE_ARGS(cases[i]));
		assert_string_equal(out, "");
	}
}

static void an_address_has_120_bytes_at_most(void **state)
{
	char text[200], out[ADDRESS_SIZE];

	(void)state;
	memset(text, 'a', sizeof text);
	text[50] = '@';
	text[100] = '.';
	assert_int_equal(address_normalize((struct slice){text, 120}, out), ST_OK);
	assert_int_equal(strlen(out), 120);
	assert_int_equal(address_normalize((struct slice){text, 121}, out), ST_RANGE);
}

/* SECURITY S4: every single byte at every place of an address. */
static void no_byte_that_ends_a_line_or_a_field_gets_in_anywhere(void **state)
{
	static const char base[] = "ann@a.example";
	char text[32], out[ADDRESS_SIZE];

	(void)state;
	for (size_t at = 0; at < sizeof base; at++) {
		for (int c = 0; c < 256; c++) {
			size_t len = sizeof base - 1;

			memcpy(text, base, at);
			text[at] = (char)c;
			memcpy(text + at + 1, base + at, len - at);
			if (address_normalize((struct slice){text, len + 1}, out) !=
			    ST_OK)
				continue;
			assert_true(c > ' ' && c < 0x7f);
			assert_null(strchr("<>()[]\\,;:\"", c));
			assert_int_equal(strlen(out), len + 1);
		}
	}
}

static void budgets_count_one_mailbox_once(void **state)
{
	static const struct {
		const char *normal, *budget;
	} cases[] = {
		{"ann@a.example", "ann@a.example"},
		{"Ann@a.example", "ann@a.example"},
		{"ANN+1@a.example", "ann@a.example"},
		{"ann+a+b@a.example", "ann@a.example"},
		{"ann+@a.example", "ann@a.example"},
		{"+tag@a.example", "+tag@a.example"},
		{"+A@a.example", "+a@a.example"},
		{"+@a.example", "+@a.example"},
		{"a.n.n@a.example", "a.n.n@a.example"},
	};
	char out[ADDRESS_SIZE];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		address_for_budget(cases[i].normal, out);
		assert_string_equal(out, cases[i].budget);
	}
}

static void a_network_is_an_ipv4_address_or_an_ipv6_prefix(void **state)
{
	const struct {
		struct slice ip;
		const char *network;
	} cases[] = {
		{S("192.0.2.7"), "192.0.2.7"},
		{S("0.0.0.0"), "0.0.0.0"},
		{S("255.255.255.255"), "255.255.255.255"},
		{S("::ffff:192.0.2.7"), "192.0.2.7"},
		{S("::FFFF:c000:207"), "192.0.2.7"},
		{S("0:0:0:0:0:ffff:192.0.2.7"), "192.0.2.7"},
		{S("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"},
		{S("2001:0DB8:0001:0002:ffff:ffff:ffff:ffff"), "2001:db8:1:2::/64"},
		{S("2001:db8:1:2::"), "2001:db8:1:2::/64"},
		{S("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
		 "ffff:ffff:ffff:ffff::/64"},
		{S("1111:2222:3333:4444:5555:6666:7777:8888"),
		 "1111:2222:3333:4444::/64"},
		{S("::1"), "::/64"},
		{S("fe80::1"), "fe80::/64"},
		{S("fe80::1%eth0"), "unknown"},
		{S(""), "unknown"},
		{{NULL, 0}, "unknown"},
		{S("unknown"), "unknown"},
		{S("192.0.2"), "unknown"},
		{S("192.0.2.7 "), "unknown"},
		{S(" 192.0.2.7"), "unknown"},
		{S("192.0.2.256"), "unknown"},
		{S("192.0.2.7:80"), "unknown"},
		{S("[::1]"), "unknown"},
		{S("::1::"), "unknown"},
		{S("0x7f.0.0.1"), "unknown"},
		{S("2130706433"), "unknown"},
		{S("1111:2222:3333:4444:5555:6666:7777:8888:9999:0000"), "unknown"},
		{S("1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111:2222:3333"),
		 "unknown"},
	};
	char out[NETWORK_SIZE];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		memset(out, 'x', sizeof out);
		address_network(cases[i].ip, out);
		assert_string_equal(out, cases[i].network);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			good_addresses_keep_their_local_part_and_lose_the_domains_case),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(an_address_has_120_bytes_at_most),
		cmocka_unit_test(no_byte_that_ends_a_line_or_a_field_gets_in_anywhere),
		cmocka_unit_test(budgets_count_one_mailbox_once),
		cmocka_unit_test(a_network_is_an_ipv4_address_or_an_ipv6_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
