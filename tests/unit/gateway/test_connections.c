/* Connections by number: none is used twice. */
#include "gateway/connections.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/memory.h"

static int setup(void **state)
{
	*state = connections_new();
	return 0;
}

static int teardown(void **state)
{
	struct connections *t = *state;

	connections_free(&t);
	assert_null(t);
	return 0;
}

static void an_empty_table_finds_nobody(void **state)
{
	assert_int_equal(connections_count(*state), 0);
	assert_null(connections_find(*state, 0));
	assert_null(connections_find(*state, 1));
	assert_null(connections_find(*state, UINT64_MAX));
}

static void a_connection_is_found_by_its_number_only(void **state)
{
	struct connection c = {0};

	assert_true(connections_add(*state, &c));
	assert_int_not_equal(c.id, 0);
	assert_ptr_equal(connections_find(*state, c.id), &c);
	for (int bit = 0; bit < 64; bit++)
		assert_null(connections_find(*state, c.id ^ UINT64_C(1) << bit));
	assert_null(connections_find(*state, 0));
	connections_remove(*state, &c);
	assert_null(connections_find(*state, c.id));
	assert_int_equal(connections_count(*state), 0);
}

static void a_number_is_never_used_again(void **state)
{
	struct connection c = {0}, other = {0};
	uint64_t last = 0;

	assert_true(connections_add(*state, &other));
	for (int i = 0; i < 100000; i++) {
		uint64_t before = c.id;

		assert_true(connections_add(*state, &c));
		assert_true(c.id > last);
		last = c.id;
		assert_ptr_equal(connections_find(*state, c.id), &c);
		if (i > 0)
			assert_null(connections_find(*state, before));
		connections_remove(*state, &c);
	}
	assert_ptr_equal(connections_find(*state, other.id), &other);
	assert_int_equal(connections_count(*state), 1);
}

static size_t visited;

static void visit(struct gateway *g, struct connection *c)
{
	(void)g;
	(void)c;
	visited++;
}

/* Block after block, as by connections_each(). */
static void each_is_given_once(const struct connections *t, const bool *is_in,
			       const struct connection *c, size_t count)
{
	struct connection *block[7], *last = NULL;
	size_t at = 0, given = 0, n;

	while ((n = connections_next(t, &at, block, 7)) > 0) {
		for (size_t i = 0; i < n; i++, given++) {
			assert_true(is_in[block[i] - c]);
			assert_ptr_not_equal(block[i], last);
			last = block[i];
		}
	}
	assert_int_equal(given, count);
}

/* Comings and goings in any order, against an array. */
static void any_order_of_events_keeps_everybody_findable(void **state)
{
	enum { N = 1000 };
	static struct connection c[N];
	static bool is_in[N];
	static uint64_t gone[N];
	size_t count = 0;
	uint64_t r = 1;

	for (int step = 0; step < 50000; step++) {
		size_t i;

		r = r * 6364136223846793005u + 1442695040888963407u;
		i = (size_t)(r >> 33) % N;
		if (!is_in[i]) {
			assert_true(connections_add(*state, &c[i]));
			count++;
		} else {
			connections_remove(*state, &c[i]);
			gone[i] = c[i].id;
			count--;
		}
		is_in[i] = !is_in[i];
		i = (size_t)(r >> 13) % N;
		assert_ptr_equal(connections_find(*state, c[i].id),
				 is_in[i] ? &c[i] : NULL);
		assert_null(connections_find(*state, gone[i]));
		assert_int_equal(connections_count(*state), count);
	}
	visited = 0;
	connections_each(*state, visit, NULL);
	assert_int_equal(visited, count);
	each_is_given_once(*state, is_in, c, count);
}

static void the_table_has_a_bound(void **state)
{
	struct connection *c = xcalloc(CONNECTIONS_MAX + 1, sizeof *c);

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (!connections_add(*state, &c[i]))
			fail_msg("full after %zu", i);
	}
	assert_false(connections_add(*state, &c[CONNECTIONS_MAX]));
	assert_int_equal(c[CONNECTIONS_MAX].id, 0);
	for (size_t i = 0; i < CONNECTIONS_MAX; i += 1009)
		assert_ptr_equal(connections_find(*state, c[i].id), &c[i]);
	connections_remove(*state, &c[7]);
	assert_true(connections_add(*state, &c[CONNECTIONS_MAX]));
	assert_null(connections_find(*state, c[7].id));
	free(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_table_finds_nobody),
		TEST(a_connection_is_found_by_its_number_only),
		TEST(a_number_is_never_used_again),
		TEST(any_order_of_events_keeps_everybody_findable),
		TEST(the_table_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
