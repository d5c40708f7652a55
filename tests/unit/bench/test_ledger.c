/* The ledger sees what was lost, doubled or late, and knows when a post has reached everybody. */
#include "tests/bench/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"

/* A post as a gateway writes it; sent_ns 0: somebody else's. */
static void take(struct ledger *l, struct ledger_cursor *c, uint64_t seq,
		 uint64_t sent_ns, uint64_t now_ns)
{
	char stamp[LEDGER_STAMP + 1] = "no stamp of ours", json[256];

	if (sent_ns != 0)
		ledger_stamp(stamp, sent_ns);
	assert_true(fmt(json, sizeof json,
			"{\"type\":1,\"user\":{\"name\":\"ann\"},\"text\":\"%s...\","
			"\"seq\":%llu,\"ts\":1}",
			stamp, (unsigned long long)seq));
	ledger_take(l, c, slice_of(json), now_ns);
}

static void a_post_is_complete_when_all_have_it(void **state)
{
	struct ledger *l = ledger_new();
	struct ledger_cursor a = {10, true}, b = {10, false};

	(void)state;
	ledger_begin(l, 2);
	take(l, &a, 10, 1000, 1500);
	assert_int_equal(l->seen, 1);
	assert_int_equal(l->complete, 0);
	take(l, &b, 10, 1000, 4000);
	assert_int_equal(l->complete, 1);
	assert_int_equal(l->deliveries, 2);
	assert_int_equal(l->newest, 10);
	assert_int_equal(l->each.total, 2);
	assert_int_equal(l->last.total, 1);
	assert_int_equal(l->last.most, 3000);
	take(l, &a, 11, 0, 5000); /* a line of somebody else counts as a delivery only */
	assert_int_equal(l->deliveries, 3);
	assert_int_equal(l->seen, 1);
	assert_int_equal(l->each.total, 2);
	ledger_free(&l);
	assert_null(l);
}

static void holes_and_repetitions_are_seen_by_those_who_look(void **state)
{
	struct ledger *l = ledger_new();
	struct ledger_cursor a = {1, true}, late = {1, true}, blind = {1, false};

	(void)state;
	ledger_begin(l, 3);
	take(l, &a, 1, 7, 8);
	take(l, &a, 4, 7, 8);
	assert_int_equal(l->lost, 2);
	assert_int_equal(a.next, 5);
	take(l, &a, 4, 7, 8);
	assert_int_equal(l->doubled, 1);
	take(l, &late, 2, 7, 8);
	take(l, &late, 1, 7, 8);
	assert_int_equal(l->lost, 3);
	assert_int_equal(l->doubled, 2);
	take(l, &blind, 9, 7, 8); /* counted as 1: its end will not fit the others' */
	assert_int_equal(blind.next, 2);
	assert_int_equal(l->lost, 3);
	ledger_free(&l);
}

static void a_reader_without_a_number_takes_the_first_it_sees(void **state)
{
	struct ledger *l = ledger_new();
	struct ledger_cursor c = {0, false};

	(void)state;
	ledger_begin(l, 1);
	take(l, &c, 77, 1, 2);
	assert_int_equal(c.next, 78);
	assert_int_equal(l->lost, 0);
	assert_int_equal(l->complete, 1);
	ledger_free(&l);
}

static void fields_are_found_where_they_are(void **state)
{
	struct slice json = S("{\"type\":3,\"user\":{\"name\":\"ann\"},\"token\":\"t-1\","
			      "\"from\":12,\"last\":9}");

	(void)state;
	assert_int_equal(ledger_number(json, "type"), 3);
	assert_int_equal(ledger_number(json, "from"), 12);
	assert_int_equal(ledger_number(json, "last"), 9);
	assert_int_equal(ledger_number(json, "absent"), 0);
	assert_int_equal(ledger_number(json, "token"), 0);
	assert_true(slice_equal(ledger_field(json, "token"), S("t-1")));
	assert_true(slice_equal(ledger_field(json, "absent"), S("")));
	assert_true(slice_equal(ledger_field(S("{\"cut\":\"of"), "cut"), S("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_post_is_complete_when_all_have_it),
		cmocka_unit_test(holes_and_repetitions_are_seen_by_those_who_look),
		cmocka_unit_test(a_reader_without_a_number_takes_the_first_it_sees),
		cmocka_unit_test(fields_are_found_where_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
