/* Whose word about a browser's address is taken (SECURITY W10). */
#include "gateway/forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static void trust(struct forwarded_trust *t, const char *a, const char *b)
{
	struct config_list listed = {.n = b != NULL ? 2 : 1, .items = {a, b}};
	const char *bad;

	forwarded_trust_init(t, &listed, &bad);
	assert_null(bad);
}

/* The address that comes of it, as text. */
static void expect_client(const struct forwarded_trust *t, const char *peer,
			  struct slice header, const char *expected)
{
	struct forwarded_address from, client;
	char text[FORWARDED_TEXT_SIZE];

	assert_true(forwarded_read(slice_of(peer), &from));
	client = forwarded_client(t, &from, header);
	forwarded_write(&client, text);
	if (strcmp(text, expected) != 0)
		fail_msg("%s with \"%.*s\" is %s, not %s", peer, SLICE_ARGS(header), text,
			 expected);
}

static void addresses_are_read(void **state)
{
	const struct {
		struct slice text;
		const char *expected; /* NULL: it is none */
	} cases[] = {
		{S("192.0.2.1"), "192.0.2.1"},
		{S("192.0.2.1:8080"), "192.0.2.1"},
		{S("2001:DB8::1"), "2001:db8::1"},
		{S("[2001:db8::1]"), "2001:db8::1"},
		{S("[2001:db8::1]:443"), "2001:db8::1"},
		{S("::ffff:192.0.2.1"), "192.0.2.1"},
		{S("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"),
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{S(""), NULL},
		{{NULL, 0}, NULL},
		{S("unknown"), NULL},
		{S("_hidden"), NULL},
		{S("192.0.2"), NULL},
		{S("192.0.2.256"), NULL},
		{S("192.0.2.1 "), NULL},
		{S("192.0.2.1\0"), NULL},
		{S("192.0.2.1\0.5"), NULL},
		{S("[2001:db8::1"), NULL},
		{S("fe80::1%eth0"), NULL},
		{S("2001:db8::1::"), NULL},
		{S("1111:1111:1111:1111:1111:1111:1111:1111:1111:1111"), NULL},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct forwarded_address a;
		char text[FORWARDED_TEXT_SIZE] = "";
		bool is_read = forwarded_read(cases[i].text, &a);

		if (is_read)
			forwarded_write(&a, text);
		if (is_read != (cases[i].expected != NULL) ||
		    (is_read && strcmp(text, cases[i].expected) != 0))
			fail_msg("\"%.*s\" became \"%s\"", SLICE_ARGS(cases[i].text),
				 text);
	}
}

static void without_trust_the_header_says_nothing(void **state)
{
	static const struct forwarded_trust nobody;

	(void)state;
	expect_client(&nobody, "192.0.2.9", S("198.51.100.1"), "192.0.2.9");
	expect_client(&nobody, "192.0.2.9", S(""), "192.0.2.9");
	expect_client(&nobody, "2001:db8::9", S("198.51.100.1"), "2001:db8::9");
}

static void a_stranger_is_not_believed(void **state)
{
	struct forwarded_trust t;

	(void)state;
	trust(&t, "10.0.0.1", "10.1.0.0/16");
	expect_client(&t, "10.0.0.2", S("198.51.100.1"), "10.0.0.2");
	expect_client(&t, "10.2.0.1", S("198.51.100.1"), "10.2.0.1");
	expect_client(&t, "2001:db8::1", S("198.51.100.1"), "2001:db8::1");
	expect_client(&t, "::a00:1", S("198.51.100.1"), "::10.0.0.1"); /* not ::ffff: */
}

static void the_innermost_address_that_is_not_trusted_wins(void **state)
{
	struct forwarded_trust t;

	(void)state;
	trust(&t, "10.0.0.0/8", "2001:db8:1::/48");
	expect_client(&t, "10.0.0.1", S("198.51.100.1"), "198.51.100.1");
	expect_client(&t, "10.0.0.1", S("203.0.113.5, 198.51.100.1"), "198.51.100.1");
	expect_client(&t, "10.0.0.1", S("203.0.113.5,198.51.100.1,\t10.9.9.9"),
		      "198.51.100.1");
	expect_client(&t, "10.0.0.1", S("10.0.0.7, 198.51.100.1, 10.1.1.1"),
		      "198.51.100.1");
	expect_client(&t, "2001:db8:1::5", S("2001:db8:2::9, 10.1.1.1"), "2001:db8:2::9");
	expect_client(&t, "::ffff:10.0.0.1", S("[2001:db8:2::9]:1234"), "2001:db8:2::9");
}

static void where_all_are_trusted_the_outermost_is_it(void **state)
{
	struct forwarded_trust t;

	(void)state;
	trust(&t, "10.0.0.0/8", NULL);
	expect_client(&t, "10.0.0.1", S(""), "10.0.0.1");
	expect_client(&t, "10.0.0.1", S("10.0.0.3, 10.0.0.2"), "10.0.0.3");
}

static void what_is_no_address_ends_the_way_back(void **state)
{
	struct forwarded_trust t;

	(void)state;
	trust(&t, "10.0.0.0/8", NULL);
	expect_client(&t, "10.0.0.1", S("198.51.100.1, unknown"), "10.0.0.1");
	expect_client(&t, "10.0.0.1", S("198.51.100.1, unknown, 10.0.0.2"), "10.0.0.2");
	expect_client(&t, "10.0.0.1", S("198.51.100.1,"), "10.0.0.1");
	expect_client(&t, "10.0.0.1", S(",198.51.100.1"), "198.51.100.1");
	expect_client(&t, "10.0.0.1", S(","), "10.0.0.1");
	expect_client(&t, "10.0.0.1", S("198.51.100.1 10.0.0.2"), "10.0.0.1");
}

static void every_bit_of_a_network_counts(void **state)
{
	struct forwarded_trust t;

	(void)state;
	trust(&t, "192.0.2.128/25", "2001:db8::8000/113");
	expect_client(&t, "192.0.2.128", S("198.51.100.1"), "198.51.100.1");
	expect_client(&t, "192.0.2.255", S("198.51.100.1"), "198.51.100.1");
	expect_client(&t, "192.0.2.127", S("198.51.100.1"), "192.0.2.127");
	expect_client(&t, "192.0.3.128", S("198.51.100.1"), "192.0.3.128");
	expect_client(&t, "2001:db8::ffff", S("198.51.100.1"), "198.51.100.1");
	expect_client(&t, "2001:db8::7fff", S("198.51.100.1"), "2001:db8::7fff");
	trust(&t, "0.0.0.0/0", NULL);
	expect_client(&t, "203.0.113.5", S("198.51.100.1"), "198.51.100.1");
	expect_client(&t, "2001:db8::1", S("198.51.100.1"), "2001:db8::1");
	trust(&t, "::/0", NULL);
	expect_client(&t, "203.0.113.5", S("198.51.100.1"), "198.51.100.1");
}

static void what_is_no_network_is_named(void **state)
{
	static const char *const wrong[] = {
		"",
		"haproxy",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/8/8",
		"10.0.0/8",
		"::/129",
		"/8",
		"[::1]",
		"10.0.0.1, 10.0.0.2",
		" 10.0.0.1",
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(wrong); i++) {
		struct config_list listed = {.n = 3,
					     .items = {"::1", wrong[i], "10.0.0.1"}};
		struct forwarded_trust t;
		const char *bad;

		forwarded_trust_init(&t, &listed, &bad);
		if (bad != wrong[i])
			fail_msg("\"%s\" was taken", wrong[i]);
	}
}

static void as_many_as_a_list_has_are_kept(void **state)
{
	struct config_list listed = {.n = CONFIG_LIST_MAX};
	struct forwarded_trust t;
	const char *bad;

	(void)state;
	for (size_t i = 0; i < CONFIG_LIST_MAX; i++)
		listed.items[i] = i + 1 < CONFIG_LIST_MAX ? "10.0.0.1" : "10.0.0.2";
	forwarded_trust_init(&t, &listed, &bad);
	assert_null(bad);
	expect_client(&t, "10.0.0.2", S("198.51.100.1"), "198.51.100.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(without_trust_the_header_says_nothing),
		cmocka_unit_test(a_stranger_is_not_believed),
		cmocka_unit_test(the_innermost_address_that_is_not_trusted_wins),
		cmocka_unit_test(where_all_are_trusted_the_outermost_is_it),
		cmocka_unit_test(what_is_no_address_ends_the_way_back),
		cmocka_unit_test(every_bit_of_a_network_counts),
		cmocka_unit_test(what_is_no_network_is_named),
		cmocka_unit_test(as_many_as_a_list_has_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
