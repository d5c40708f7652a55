/* test_ban_words.c - what operators name is read strictly; what people are told is a sentence. */
#include "broker/ban_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/config.h"
#include "common/log.h"
#include "common/memory.h"

static const struct secret secret = {{7}};
static struct name_keyer *keyer;

static int setup(void **state)
{
	(void)state;
	log_init("test_ban_words", LOG_ERROR);
	return secret_init() == ST_OK && name_keyer_new(&keyer) == ST_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	name_keyer_free(&keyer);
	return 0;
}

static struct ban read_good(enum ban_kind kind, const char *text)
{
	struct ban ban = {.kind = kind};
	const char *why;

	if (ban_read(&ban, slice_of(text), keyer, &secret, &why) != ST_OK)
		fail_msg("%s: %s", text, why);
	return ban;
}

static const char *read_bad(enum ban_kind kind, const char *text)
{
	struct ban ban = {.kind = kind};
	const char *why = NULL;

	if (ban_read(&ban, slice_of(text), keyer, &secret, &why) == ST_OK)
		fail_msg("taken: %s", text);
	assert_non_null(why);
	return why;
}

static bool are_alike(enum ban_kind kind, const char *a, const char *b)
{
	struct ban x = read_good(kind, a), y = read_good(kind, b);

	return ban_is_like(&x, &y);
}

static void n2_names_that_look_alike_are_one_ban(void **state)
{
	(void)state;
	assert_true(are_alike(BAN_NAME, "paypal", "PayPal"));
	assert_true(are_alike(BAN_NAME, "linus", "Iinus"));
	assert_true(are_alike(BAN_NAME, "scope",
			      "\xd1\x95\xd1\x81\xd0\xbe\xd1\x80\xd0\xb5")); /* Cyrillic */
	assert_false(are_alike(BAN_NAME, "paypal", "paypol"));
	read_bad(BAN_NAME, "");
	read_bad(BAN_NAME, "two words");
	read_bad(BAN_NAME, "\xff");
}

static void addresses_are_one_without_case_and_tag(void **state)
{
	(void)state;
	assert_string_equal(read_good(BAN_ADDRESS, "Eve@E.EXAMPLE").value,
			    "Eve@e.example");
	assert_true(are_alike(BAN_ADDRESS, "eve@e.example", "EVE+spam@E.example"));
	assert_false(are_alike(BAN_ADDRESS, "eve@e.example", "eva@e.example"));
	read_bad(BAN_ADDRESS, "*@e.example");
	read_bad(BAN_ADDRESS, "eve");
	read_bad(BAN_ADDRESS, "");
}

static void networks_have_their_bounds(void **state)
{
	static const struct {
		const char *text, *value; /* NULL: refused */
	} cases[] = {
		{"192.0.2.77/24", "192.0.2.0/24"},
		{"192.0.2.77", "192.0.2.77/32"},
		{"10.1.2.3/8", "10.0.0.0/8"},
		{"0.0.0.0/0", NULL},
		{"10.0.0.0/7", NULL},
		{"2001:db8:1:2:3::/48", "2001:db8:1::/48"},
		{"2001:db8:1:2:3::4", "2001:db8:1:2::/64"},
		{"2001::/16", "2001::/16"},
		{"2000::/15", NULL},
		{"::/0", NULL},
		{"2001:db8::/65", NULL},
		{"2001:db8::1/128", NULL},
		{"::ffff:192.0.2.7", "192.0.2.7/32"},
		{"::ffff:0:0/96", NULL},
		{"192.0.2", NULL},
		{"everybody", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		if (cases[i].value == NULL)
			read_bad(BAN_NETWORK, cases[i].text);
		else
			assert_string_equal(read_good(BAN_NETWORK, cases[i].text).value,
					    cases[i].value);
	}
	assert_non_null(strstr(read_bad(BAN_NETWORK, "0.0.0.0/0"), "too wide"));
	assert_non_null(strstr(read_bad(BAN_NETWORK, "2001:db8::/65"), "too narrow"));
}

static void options_name_their_kind(void **state)
{
	struct ban ban;
	const char *why;

	(void)state;
	assert_int_equal(
		ban_read_option(&ban, S("network:2001:db8::/48"), keyer, &secret, &why),
		ST_OK);
	assert_int_equal(ban.kind, BAN_NETWORK);
	assert_string_equal(ban.value, "2001:db8::/48");
	assert_int_equal(ban_read_option(&ban, S("name:eve"), keyer, &secret, &why),
			 ST_OK);
	for (size_t i = 0; i < 5; i++) {
		static const char *const bad[] = {"person:eve", "mute:eve", "eve", "",
						  "names:eve"};

		assert_int_not_equal(
			ban_read_option(&ban, slice_of(bad[i]), keyer, &secret, &why),
			ST_OK);
	}
}

static void the_first_bad_option_is_told(void **state)
{
	struct config_list list = {2, {"name:eve", "network:10.0.0.0/8"}};
	const char *why;

	(void)state;
	assert_null(ban_first_bad(&list, &why));
	list.items[1] = "network:0.0.0.0/0";
	assert_string_equal(ban_first_bad(&list, &why), "network:0.0.0.0/0");
	assert_non_null(strstr(why, "too wide"));
	list.n = 0;
	assert_null(ban_first_bad(&list, &why));
}

static void spans_are_rounded_up(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = {
		{0, "0 s"},
		{1, "1 s"},
		{1000, "1 s"},
		{59999, "1 min"},
		{61000, "1 min 1 s"},
		{3600000, "1 h"},
		{3600001, "1 h 1 min"},
		{7199000, "2 h"},
		{86400000, "1 d"},
		{86400000 + 7200000 - 1, "1 d 2 h"},
		{UINT64_C(876000) * 3600000, "36500 d"},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char text[BAN_SPAN_SIZE];

		ban_span(cases[i].ms, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void people_are_told_a_sentence(void **state)
{
	struct ban ban = {.kind = BAN_PERSON};
	char text[BAN_WORDS_SIZE];

	(void)state;
	ban_words(&ban, 1000, text);
	assert_string_equal(text, "You are banned from this room.");
	ban.until_ms = 1000 + 2 * 3600000;
	assert_true(fmt(ban.reason, sizeof ban.reason, "spam"));
	ban_words(&ban, 1000, text);
	assert_string_equal(text, "You are banned from this room for another 2 h: spam.");
	assert_true(fmt(ban.reason, sizeof ban.reason, "Enough!"));
	ban.kind = BAN_MUTE;
	ban_words(&ban, 1000, text);
	assert_string_equal(
		text, "You are muted for another 2 h: Enough! This was not delivered.");
	/* The longest there is. */
	ban.kind = BAN_NETWORK;
	ban.until_ms = UINT64_MAX;
	memset(ban.reason, 'x', BAN_REASON_MAX);
	ban_words(&ban, 0, text);
	assert_in_range(strlen(text), 200, BAN_WORDS_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(n2_names_that_look_alike_are_one_ban),
		cmocka_unit_test(addresses_are_one_without_case_and_tag),
		cmocka_unit_test(networks_have_their_bounds),
		cmocka_unit_test(options_name_their_kind),
		cmocka_unit_test(the_first_bad_option_is_told),
		cmocka_unit_test(spans_are_rounded_up),
		cmocka_unit_test(people_are_told_a_sentence),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
