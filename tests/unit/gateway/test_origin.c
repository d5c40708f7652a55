/* Which pages may open a WebSocket here: compared whole, never in part (SECURITY W1). */
#include "gateway/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/attr.h"

static void without_a_list_the_host_of_the_request_may(void **state)
{
	static const struct config_list none;
	const struct {
		struct slice origin, host;
		bool may;
	} cases[] = {
		{S("http://plume.chat"), S("plume.chat"), true},
		{S("https://plume.chat"), S("plume.chat"), false}, /* another scheme */
		{S("http://PLUME.chat"), S("plume.CHAT"), true},
		{S("http://plume.chat:8443"), S("plume.chat:8443"), true},
		{S("http://127.0.0.1:8080"), S("127.0.0.1:8080"), true},
		{S("http://[::1]:8080"), S("[::1]:8080"), true},
		{S(""), S("plume.chat"), true}, /* no browser */
		{{NULL, 0}, S("plume.chat"), true},
		{S(""), S(""), true},
		{S("null"), S("plume.chat"), false},
		{S("null"), S("null"), false},
		{S("http://evil.example"), S("plume.chat"), false},
		{S("http://plume.chat.evil"), S("plume.chat"), false},
		{S("http://evilplume.chat"), S("plume.chat"), false},
		{S("http://plume.chat.evil.example"), S("plume.chat"), false},
		{S("http://plume.cha"), S("plume.chat"), false},
		{S("http://evil.example/plume.chat"), S("plume.chat"), false},
		{S("http://plume.chat/"), S("plume.chat"), false},
		{S("http://plume.chat:80"), S("plume.chat"), false},
		{S("http://plume.chat"), S("plume.chat:80"), false},
		{S("http://plume.chat:80"), S("plume.chat:8080"), false},
		{S("http://plume.chat:8443"), S("plume.chat"), false},
		{S("http://plume.chat@evil.example"), S("plume.chat"), false},
		{S("http://user@plume.chat"), S("plume.chat"), false},
		{S("ftp://plume.chat"), S("plume.chat"), false},
		{S("ws://plume.chat"), S("plume.chat"), false},
		{S("wss://plume.chat"), S("plume.chat"), false},
		{S("file://"), S("plume.chat"), false},
		{S("chrome-extension://plume.chat"), S("plume.chat"), false},
		{S("plume.chat"), S("plume.chat"), false},
		{S("//plume.chat"), S("plume.chat"), false},
		{S("http:plume.chat"), S("plume.chat"), false},
		{S(" https://plume.chat"), S("plume.chat"), false},
		{S("http://plume.chat "), S("plume.chat"), false},
		{S("http://plume.chat, http://evil.example"), S("plume.chat"), false},
		{S("http://pl\xc3\xbcme.chat"), S("plume.chat"), false},
		{S("http://plum\xd0\xb5.chat"), S("plume.chat"), false}, /* Cyrillic */
		{S("http://"), S(""), false},
		{S("http://"), S("plume.chat"), false},
		{S("http://plume.chat"), S(""), false},
		{S("http://plume.chat"), {NULL, 0}, false},
		{S("http://plume.chat\0.evil"), S("plume.chat"), false},
		{S("http://plume.chat\0aa"), S("plume.chat\0bb"), false},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		if (origin_is_allowed(&none, cases[i].origin, cases[i].host, false) !=
		    cases[i].may)
			fail_msg("case %zu: %.*s at %.*s", i, SLICE_ARGS(cases[i].origin),
				 SLICE_ARGS(cases[i].host));
	}
}

static void with_a_list_only_what_is_listed_may(void **state)
{
	static const struct config_list listed = {
		2, {"https://plume.chat", "http://localhost:8080"}};
	const struct {
		struct slice origin;
		bool may;
	} cases[] = {
		{S("https://plume.chat"), true},
		{S("http://localhost:8080"), true},
		{S(""), true},
		{S("http://plume.chat"), false}, /* another scheme */
		{S("https://plume.chat:443"), false},
		{S("https://PLUME.chat"), false},
		{S("http://localhost"), false},
		{S("http://localhost:80800"), false},
		{S("https://plume.chat.evil"), false},
		{S("https://gateway.example"), false}, /* the host itself is not listed */
		{S("null"), false},
		{S("https://plume.chat,http://localhost:8080"), false},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++)
		assert_int_equal(origin_is_allowed(&listed, cases[i].origin,
						   S("gateway.example"), false),
				 cases[i].may);
}

static void null_may_only_when_it_is_listed(void **state)
{
	static const struct config_list listed = {1, {"null"}};

	(void)state;
	assert_true(origin_is_allowed(&listed, S("null"), S("plume.chat"), false));
	assert_false(origin_is_allowed(&listed, S("https://plume.chat"), S("plume.chat"),
				       false));
}

static void by_https_the_host_of_the_request_may_too(void **state)
{
	static const struct config_list none;
	static const struct config_list listed = {.n = 1,
						  .items = {"http://other.example"}};

	(void)state;
	assert_true(
		origin_is_allowed(&none, S("https://plume.chat"), S("plume.chat"), true));
	assert_true(origin_is_allowed(&none, S("https://plume.chat:8443"),
				      S("plume.chat:8443"), true));
	assert_false(
		origin_is_allowed(&none, S("http://plume.chat"), S("plume.chat"), true));
	assert_false(origin_is_allowed(&none, S("https://evil.example"), S("plume.chat"),
				       true));
	assert_false(origin_is_allowed(&listed, S("https://plume.chat"), S("plume.chat"),
				       true));
}

static void what_browsers_can_send_may_be_listed(void **state)
{
	const struct {
		struct slice origin;
		bool is_valid;
		const char *guess; /* NULL: none */
	} cases[] = {
		{S("https://chat.example"), true, NULL},
		{S("https://chat.example:8443"), true, NULL},
		{S("http://chat.example:443"), true, NULL},
		{S("http://localhost:8080"), true, NULL},
		{S("http://127.0.0.1"), true, NULL},
		{S("http://[::1]:8080"), true, NULL},
		{S("https://[2001:db8::1]"), true, NULL},
		{S("https://xn--plme-0ra.chat"), true, NULL},
		{S("null"), true, NULL},
		{S("https://chat.example/"), false, "https://chat.example"},
		{S("https://chat.example/room?x"), false, "https://chat.example"},
		{S("HTTPS://Chat.Example"), false, "https://chat.example"},
		{S("https://chat.example:443"), false, "https://chat.example"},
		{S("https://chat.example:443/"), false, "https://chat.example"},
		{S("http://chat.example:80"), false, "http://chat.example"},
		{S("chat.example"), false, "https://chat.example"},
		{S("chat.example:8443"), false, "https://chat.example:8443"},
		{S("https://chat.example\r"), false, NULL},
		{S("https://chat.example "), false, "https://chat.example"},
		{S(""), false, NULL},
		{S("foo"), false, NULL},
		{S("*"), false, NULL},
		{S("https://"), false, NULL},
		{S("https://*.example"), false, NULL},
		{S("https://pl\xc3\xbcme.chat"), false, NULL},
		{S("https://user@chat.example"), false, NULL},
		{S("wss://chat.example"), false, NULL},
		{S("https://chat.example:"), false, NULL},
		{S("https://chat.example:0"), false, NULL},
		{S("https://chat.example:080"), false, NULL},
		{S("https://chat.example:65536"), false, NULL},
		{S("https://[::1"), false, NULL},
		{S("https://[]"), false, NULL},
		{S("https://[::1]8080"), false, NULL},
	};
	char guess[ORIGIN_CAP];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		bool has_guess;

		assert_int_equal(origin_is_valid(cases[i].origin), cases[i].is_valid);
		if (cases[i].is_valid)
			continue;
		has_guess = origin_guess(cases[i].origin, guess);
		assert_int_equal(has_guess, cases[i].guess != NULL);
		if (has_guess)
			assert_string_equal(guess, cases[i].guess);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_https_the_host_of_the_request_may_too),
		cmocka_unit_test(without_a_list_the_host_of_the_request_may),
		cmocka_unit_test(with_a_list_only_what_is_listed_may),
		cmocka_unit_test(null_may_only_when_it_is_listed),
		cmocka_unit_test(what_browsers_can_send_may_be_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
