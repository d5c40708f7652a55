/* test_bans.c - bans are found by what they are of, for as long as they last. */
#include "broker/bans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"

enum { NOW = 1000000 };

static int setup(void **state)
{
	if (secret_init() != ST_OK)
		return -1;
	*state = bans_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	struct bans *b = *state;

	bans_free(&b);
	assert_null(b);
	return 0;
}

static struct ban ban(enum ban_kind kind, uint64_t first, uint64_t second, uint64_t until)
{
	return (struct ban){.id = BANS_NEW_ID,
			    .kind = kind,
			    .until_ms = until,
			    .numbers = {{first, second}}};
}

static struct ban network(const char *text)
{
	struct ban n = ban(BAN_NETWORK, 0, 0, 0);

	assert_int_equal(ip_network_read(slice_of(text), &n.network), ST_OK);
	return n;
}

static void put(struct bans *b, struct ban one)
{
	assert_int_equal(bans_put(b, &one), ST_OK);
}

static bool has(const struct bans *b, enum ban_kind kind, uint64_t first, uint64_t second)
{
	struct ban_numbers n = {{first, second}};

	return bans_find(b, kind, &n, NOW) != NULL;
}

static bool bars(const struct bans *b, const char *address)
{
	return bans_of_network(b, slice_of(address), NOW) != NULL;
}

static void a_ban_is_found_by_either_of_its_numbers(void **state)
{
	struct bans *b = *state;

	put(b, ban(BAN_ADDRESS, 11, 12, 0));
	assert_true(has(b, BAN_ADDRESS, 11, 12));
	assert_true(has(b, BAN_ADDRESS, 11, 0));
	assert_true(has(b, BAN_ADDRESS, 99, 12));
	assert_false(
		has(b, BAN_ADDRESS, 12, 11)); /* they are numbers of different things */
	assert_false(has(b, BAN_ADDRESS, 0, 0));
	assert_false(has(b, BAN_MUTE, 11, 12));
	put(b, ban(BAN_NAME, 21, 22, 0));
	assert_true(has(b, BAN_NAME, 22, 99)); /* of a name, they are not */
	assert_true(has(b, BAN_NAME, 99, 21));
	assert_false(has(b, BAN_ADDRESS, 21, 22));
}

static void persons_and_addresses_are_asked_for_together(void **state)
{
	struct bans *b = *state;

	put(b, ban(BAN_PERSON, 11, 0, 0));
	assert_true(has(b, BAN_ADDRESS, 11, 12));
	assert_true(has(b, BAN_PERSON, 11, 12));
	/* What is not known is no number that others share. */
	assert_false(has(b, BAN_ADDRESS, 13, 0));
}

static void a_network_keeps_out_its_addresses(void **state)
{
	struct bans *b = *state;

	assert_false(bars(b, "192.0.2.1"));
	put(b, network("192.0.2.0/24"));
	put(b, network("198.51.100.7"));
	put(b, network("2001:db8::/48"));
	assert_true(bars(b, "192.0.2.1"));
	assert_true(bars(b, "::ffff:192.0.2.1"));
	assert_true(bars(b, "198.51.100.7"));
	assert_true(bars(b, "2001:db8:0:ffff::1"));
	assert_false(bars(b, "192.0.3.1"));
	assert_false(bars(b, "198.51.100.6"));
	assert_false(bars(b, "2001:db8:1::1"));
	assert_false(bars(b, "unknown"));
	assert_false(bars(b, ""));
}

static void the_one_that_lasts_longest_is_told(void **state)
{
	struct bans *b = *state;
	struct ban_numbers n = {{11, 12}};

	put(b, ban(BAN_PERSON, 11, 0, NOW + 5));
	put(b, ban(BAN_ADDRESS, 99, 12, NOW + 9));
	put(b, ban(BAN_ADDRESS, 11, 98, NOW + 7));
	assert_int_equal(bans_find(b, BAN_ADDRESS, &n, NOW)->until_ms, NOW + 9);
	put(b, ban(BAN_ADDRESS, 11, 97, 0));
	assert_int_equal(bans_find(b, BAN_ADDRESS, &n, NOW)->until_ms, 0);
}

static void a_ban_is_over_to_the_millisecond(void **state)
{
	struct bans *b = *state;
	struct ban_numbers n = {{11, 12}};

	put(b, ban(BAN_MUTE, 11, 12, NOW + 5));
	put(b, ban(BAN_NAME, 1, 2, NOW + 50));
	assert_non_null(bans_find(b, BAN_MUTE, &n, NOW + 4));
	assert_null(bans_find(b, BAN_MUTE, &n, NOW + 5));
	assert_int_equal(bans_count(b), 2);
	bans_expire(b, NOW + 4);
	assert_int_equal(bans_count(b), 2);
	bans_expire(b, NOW + 5);
	assert_int_equal(bans_count(b), 1);
	assert_int_equal(bans_count_of(b, BAN_MUTE), 0);
	bans_expire(b, NOW + 49);
	assert_int_equal(bans_count(b), 1);
	bans_expire(b, NOW + 50);
	assert_int_equal(bans_count(b), 0);
}

static void a_second_one_of_the_same_replaces_the_first(void **state)
{
	struct bans *b = *state;
	struct ban_numbers n = {{11, 12}};

	put(b, ban(BAN_ADDRESS, 11, 12, NOW + 5));
	put(b, ban(BAN_ADDRESS, 11, 12, NOW + 3));
	put(b, ban(BAN_MUTE, 11, 12, NOW + 9));
	put(b, network("192.0.2.0/24"));
	put(b, network("192.0.2.9/24"));
	put(b, network("192.0.2.0/25"));
	assert_int_equal(bans_count(b), 4);
	assert_int_equal(bans_find(b, BAN_ADDRESS, &n, NOW)->until_ms, NOW + 3);
}

static void what_is_lifted_lets_in_again(void **state)
{
	struct bans *b = *state;
	struct ban like = ban(BAN_ADDRESS, 10, 12, 0), net = network("192.0.2.0/24");

	put(b, ban(BAN_ADDRESS, 11, 12, 0)); /* two forms of one mailbox */
	put(b, ban(BAN_ADDRESS, 13, 12, 0));
	put(b, ban(BAN_PERSON, 11, 12, 0));
	put(b, net);
	put(b, network("192.0.2.0/25"));
	assert_int_equal(bans_lift(b, &like), ST_OK);
	assert_int_equal(bans_lift(b, &like), ST_ABSENT);
	assert_true(has(b, BAN_ADDRESS, 11, 12)); /* the person */
	assert_false(has(b, BAN_ADDRESS, 13, 99));
	like.kind = BAN_PERSON;
	assert_int_equal(bans_lift(b, &like), ST_OK);
	assert_false(has(b, BAN_ADDRESS, 11, 12));
	assert_int_equal(bans_lift(b, &net), ST_OK);
	assert_false(bars(b, "192.0.2.200"));
	assert_true(bars(b, "192.0.2.100")); /* the narrower one */
}

static void a_number_that_two_have_is_there_until_both_are_gone(void **state)
{
	struct bans *b = *state;
	struct ban first = ban(BAN_NAME, 1, 2, NOW + 5);

	put(b, first);
	put(b, ban(BAN_NAME, 2, 3, 0));
	bans_expire(b, NOW + 5);
	assert_true(has(b, BAN_NAME, 2, 0));
	assert_false(has(b, BAN_NAME, 1, 0));
	assert_int_equal(bans_lift(b, &first), ST_OK); /* it shares a number */
	assert_int_equal(bans_count(b), 0);
}

static void those_of_the_options_are_lifted_there(void **state)
{
	struct bans *b = *state;
	struct ban option = ban(BAN_NAME, 1, 2, 0);

	option.id = 0;
	put(b, option);
	assert_int_equal(bans_lift(b, &option), ST_DENIED);
	put(b, ban(BAN_NAME, 1, 2, NOW + 5)); /* beside it */
	assert_int_equal(bans_count(b), 2);
	assert_int_equal(bans_lift(b, &option), ST_OK);
	assert_true(has(b, BAN_NAME, 1, 2));
	bans_drop_options(b);
	assert_false(has(b, BAN_NAME, 1, 2));
}

struct listed {
	uint64_t ids[4];
	size_t n;
};

static void list(void *ctx, const struct ban *one)
{
	struct listed *l = ctx;

	assert_true(l->n < 4);
	l->ids[l->n++] = one->id;
}

static void they_are_listed_newest_first_and_numbered_on_after_a_restart(void **state)
{
	struct bans *b = *state;
	struct ban old = ban(BAN_NAME, 1, 2, 0);
	struct listed l = {.n = 0};

	bans_each(b, list, &l);
	assert_int_equal(l.n, 0);
	old.id = 7;
	bans_restore(b, &old);
	put(b, ban(BAN_NAME, 3, 4, 0));
	put(b, ban(BAN_NAME, 5, 6, 0));
	bans_each(b, list, &l);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.ids[0], 9);
	assert_int_equal(l.ids[1], 8);
	assert_int_equal(l.ids[2], 7);
}

static void their_number_is_bounded(void **state)
{
	struct bans *b = *state;
	struct ban more = ban(BAN_NAME, 2 * BANS_MAX + 1, 0, 0), option = more;

	for (uint64_t i = 0; i < BANS_MAX; i++)
		put(b, ban(BAN_NAME, 2 * i + 1, 2 * i + 2, i % 2 == 0 ? 0 : NOW + 5));
	assert_int_equal(bans_put(b, &more), ST_FULL);
	put(b, ban(BAN_NAME, 1, 2, NOW + 5)); /* the same again */
	option.id = 0;
	put(b, option);
	bans_expire(b, NOW + 5);
	assert_int_equal(bans_count(b), BANS_MAX / 2);
	put(b, more);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_ban_is_found_by_either_of_its_numbers),
		TEST(persons_and_addresses_are_asked_for_together),
		TEST(a_network_keeps_out_its_addresses),
		TEST(the_one_that_lasts_longest_is_told),
		TEST(a_ban_is_over_to_the_millisecond),
		TEST(a_second_one_of_the_same_replaces_the_first),
		TEST(what_is_lifted_lets_in_again),
		TEST(a_number_that_two_have_is_there_until_both_are_gone),
		TEST(those_of_the_options_are_lifted_there),
		TEST(they_are_listed_newest_first_and_numbered_on_after_a_restart),
		TEST(their_number_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
