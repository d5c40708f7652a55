/* The gateways' table, their clients, and what waits for them. */
#include "broker/gateways.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = gateways_new();
	return 0;
}

static int teardown(void **state)
{
	struct gateways *g = *state;

	gateways_free(&g);
	assert_null(g);
	return 0;
}

static void gateways_are_found_by_their_id(void **state)
{
	struct gateway *a = gateways_add(*state, 7, 100);
	struct gateway *b = gateways_add(*state, UINT64_MAX, 200);

	assert_ptr_equal(gateways_find(*state, 7), a);
	assert_ptr_equal(gateways_find(*state, UINT64_MAX), b);
	assert_null(gateways_find(*state, 8));
	assert_int_equal(a->heard_ms, 100);
	assert_int_equal(a->number, 0);
	gateways_remove(*state, a);
	assert_null(gateways_find(*state, 7));
	assert_int_equal(gateways_count(*state), 1);
}

static void there_are_256_at_most(void **state)
{
	for (uint64_t i = 1; i <= GATEWAYS_MAX; i++)
		assert_non_null(gateways_add(*state, i, 0));
	assert_null(gateways_add(*state, GATEWAYS_MAX + 1, 0));
	gateways_remove(*state, gateways_find(*state, 3));
	assert_non_null(gateways_add(*state, GATEWAYS_MAX + 1, 0));
}

static void clients_are_numbered_within_their_gateway(void **state)
{
	struct gateway *a = gateways_add(*state, 1, 0), *b = gateways_add(*state, 2, 0);
	struct client ann = {.number = 5, .person = 1000};
	struct client eve = {.number = 5, .person = 1001};

	gateway_add_client(a, &ann);
	gateway_add_client(b, &eve);
	assert_int_equal(gateway_client(a, 5)->person, 1000);
	assert_int_equal(gateway_client(b, 5)->person, 1001);
	assert_null(gateway_client(a, 6));
	gateway_remove_client(a, gateway_client(a, 5));
	assert_null(gateway_client(a, 5));
	assert_int_equal(gateway_clients(a), 0);
	assert_int_equal(gateway_clients(b), 1);
}

static void drop(void *ctx, struct gateway *g, struct client *c)
{
	size_t *n = ctx;

	++*n;
	gateway_remove_client(g, c);
}

static void drop_gateway(void *ctx, struct gateway *g)
{
	size_t n = 0;

	gateway_each_client(g, drop, &n);
	assert_int_equal(n, 10);
	gateways_remove(ctx, g);
}

static void each_may_be_removed_while_they_are_called(void **state)
{
	for (uint64_t i = 1; i <= 20; i++) {
		struct gateway *g = gateways_add(*state, i, 0);

		for (uint64_t k = 1; k <= 10; k++)
			gateway_add_client(g, &(struct client){.number = k});
	}
	gateways_each(*state, drop_gateway, *state);
	assert_int_equal(gateways_count(*state), 0);
}

static void the_latest_answer_is_kept_whole(void **state)
{
	struct gateway *g = gateways_add(*state, 1, 0);
	char text[] = "one\0two";

	gateway_keep_reply(g, (struct slice){text, 7});
	memset(text, 'x', sizeof text);
	assert_int_equal(g->reply_len, 7);
	assert_memory_equal(g->reply, "one\0two", 7);
	gateway_keep_reply(g, S("3"));
	assert_int_equal(g->reply_len, 1);
	assert_memory_equal(g->reply, "3", 1);
}

static void what_is_told_waits_in_order(void **state)
{
	struct gateway *g = gateways_add(*state, 1, 0);
	struct bus_writer *w = bus_writer_new();

	for (uint64_t i = 1; i <= 3; i++) {
		struct bus_msg m = {.kind = BUS_POKE, .u.poke = {.gateway = i}};

		gateway_tell(g, &m);
	}
	assert_int_equal(bus_queue_count(g->out), 3);
	bus_queue_take(g->out, w);
	assert_int_equal(bus_writer_count(w), 3);
	assert_int_equal(bus_queue_count(g->out), 0);
	bus_writer_free(&w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gateways_are_found_by_their_id),
		TEST(there_are_256_at_most),
		TEST(clients_are_numbered_within_their_gateway),
		TEST(each_may_be_removed_while_they_are_called),
		TEST(the_latest_answer_is_kept_whole),
		TEST(what_is_told_waits_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
