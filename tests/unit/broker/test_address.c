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
		/* IDNA, by UTS 46 without its transition: SECURITY S4 */
		{"ann@\u00e4.example", "ann@xn--4ca.example"},
		{"Ann@B\u00dcCHER.Example", "Ann@xn--bcher-kva.example"},
		{"a@fa\u00df.de", "a@xn--fa-hia.de"},
		{"a@\u4f8b\u3048.\u30c6\u30b9\u30c8", "a@xn--r8jz45g.xn--zckzah"},
		{"a@b\u3002example", "a@b.example"}, /* ideographic full stop */
		{"a@\uff21.example", "a@a.example"}, /* full-width A */
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
		S("ann@\xc3\xa4..example"),
		S("ann@\xc3\xa4"),
		S("ann@-\xc3\xa4.example"),
		S("ann@\xc3\xa4_b.example"),
		S("ann@a\xe2\x80\x8d"
		  "b.example"), /* a joiner out of place */
		S("ann@xn--\xc3\xa4.example"),
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

/* A letter to A-labels needs no mail server that knows of them. */
static void a_letter_is_addressed_as_typed_but_for_its_domains_alphabet(void **state)
{
	char out[ADDRESS_SIZE];

	(void)state;
	address_for_letter(S("Ann@A.Example"), "Ann@a.example", out);
	assert_string_equal(out, "Ann@A.Example");
	address_for_letter(S("Ann@\u00c4.Example"), "Ann@xn--4ca.example", out);
	assert_string_equal(out, "Ann@xn--4ca.example");
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223; /* the same variants in every run */
	return *seed >> 8;
}

/* What gets through is one line that no mail server, header or API reads as more than an address. */
static void assert_harmless(const char *address)
{
	size_t at = 0;

	assert_in_range(strlen(address), 3, ADDRESS_MAX);
	for (const char *c = address; *c != '\0'; c++) {
		assert_in_range(*c, '!', '~');
		assert_null(strchr("<>()[]\\,;:\"", *c));
		at += *c == '@';
	}
	assert_int_equal(at, 1);
	assert_in_range(strcspn(address, "@"), 1, 64);
}

static void s4_5000_fuzzed_variants_are_refused_or_harmless(void **state)
{
	static const char *const evil[] = {
		"\r\n",      "\n",
		"\r",        "\t",
		" ",         "\x7f",
		"\xc2\x85",  "\u2028",
		"\xc2\xa0",  "<",
		">",         ",",
		";",         ":",
		"\"",        "\\",
		"(",         ")",
		"[",         "]",
		"@",         "..",
		"%0d%0a",    "\r\nRCPT TO:<x>",
		"\r\n.\r\n", "=?utf-8?q?a?=",
		"\u00e4",    "\u0430",
		"\u200d",    "\ufeff",
		"\u202e",    "\uff20",
		"\uff0e",    "\u3002",
		"xn--",      "\xff",
		"\xc0\x80",  "-",
		"_",         "+",
		"Bcc: x",    "a.example",
	};
	char text[512], out[ADDRESS_SIZE], letter[ADDRESS_SIZE];
	size_t accepted = 0;
	uint32_t seed = 20261122;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		size_t len = strlen("a.nn@b.example");

		memcpy(text, "a.nn@b.example", len);
		for (uint32_t k = next_random(&seed) % 4; k > 0; k--) {
			const char *piece = evil[next_random(&seed) % NELEMS(evil)];
			size_t at = next_random(&seed) % (len + 1), n = strlen(piece);

			memmove(text + at + n, text + at, len - at);
			memcpy(text + at, piece, n);
			len += n;
		}
		if (next_random(&seed) % 8 == 0)
			text[next_random(&seed) % len] = (char)next_random(&seed);
		if (address_normalize((struct slice){text, len}, out) != ST_OK) {
			assert_string_equal(out, "");
			continue;
		}
		accepted++;
		assert_harmless(out);
		address_for_letter((struct slice){text, len}, out, letter);
		assert_harmless(letter);
	}
	assert_in_range(accepted, 500, 4500); /* both ways were tried */
}

static void records_name_networks_too_wide_to_be_one_person(void **state)
{
	static const struct {
		const char *ip, *network;
	} cases[] = {
		{"192.0.2.77", "192.0.2.0/24"},
		{"::ffff:192.0.2.77", "192.0.2.0/24"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"},
		{"::1", "::/48"},
		{"", "unknown"},
		{"nonsense", "unknown"},
	};
	char out[NETWORK_SIZE];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		address_truncate(slice_of(cases[i].ip), out);
		assert_string_equal(out, cases[i].network);
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
		cmocka_unit_test(
			a_letter_is_addressed_as_typed_but_for_its_domains_alphabet),
		cmocka_unit_test(s4_5000_fuzzed_variants_are_refused_or_harmless),
		cmocka_unit_test(records_name_networks_too_wide_to_be_one_person),
		cmocka_unit_test(budgets_count_one_mailbox_once),
		cmocka_unit_test(a_network_is_an_ipv4_address_or_an_ipv6_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
