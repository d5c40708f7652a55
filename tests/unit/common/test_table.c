/* Against the plainest model: a flag for each number. */
#include "common/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/memory.h"
#include "common/secret.h"

enum { NUMBERS = 5000 };

/* What numbers stand for here: themselves, with hashes good or bad. */
struct model {
	uint64_t spread; /* how many different hashes there are; 0: any */
	bool is_in[NUMBERS + 1];
	size_t count;
};

static uint64_t hash_of(const void *owner, uint32_t number)
{
	const struct model *m = owner;
	uint64_t hash = secret_scatter(&number, sizeof number);

	return m->spread == 0 ? hash : hash % m->spread;
}

static bool is_same(const void *owner, uint32_t number, void *ctx)
{
	(void)owner;
	return number == *(uint32_t *)ctx;
}

static uint32_t find(const struct table *t, const struct model *m, uint32_t number)
{
	return table_find(t, hash_of(m, number), is_same, &number);
}

static void compare(const struct table *t, const struct model *m)
{
	assert_int_equal(table_count(t), m->count);
	for (uint32_t i = 1; i <= NUMBERS; i++)
		assert_int_equal(find(t, m, i), m->is_in[i] ? i : TABLE_NONE);
}

static void turn_over(struct table *t, struct model *m, uint32_t number)
{
	if (m->is_in[number])
		table_remove(t, number);
	else
		table_add(t, number);
	m->count += m->is_in[number] ? (size_t)-1 : 1;
	m->is_in[number] = !m->is_in[number];
}

static void what_was_added_is_found_until_it_is_removed(void **state)
{
	static const uint64_t spreads[] = {0, 1, 64, 1000, UINT64_C(1) << 40};
	uint64_t seed = 7;

	(void)state;
	for (size_t s = 0; s < NELEMS(spreads); s++) {
		struct model *m = xcalloc(1, sizeof *m);
		struct table *t = table_new(m, hash_of);
		uint32_t most = spreads[s] == 1 ? 200 : NUMBERS;

		m->spread = spreads[s];
		for (int round = 0; round < 5; round++) {
			for (uint32_t i = 0; i < 2 * most; i++) {
				seed = seed * UINT64_C(6364136223846793005) + 1;
				turn_over(t, m, (uint32_t)(seed >> 33) % most + 1);
			}
			compare(t, m);
		}
		for (uint32_t i = 1; i <= most; i++) {
			if (m->is_in[i])
				turn_over(t, m, i);
		}
		compare(t, m);
		table_free(&t);
		assert_null(t);
		free(m);
	}
	table_free(NULL);
}

static bool count_it(const void *owner, uint32_t number, void *ctx)
{
	(void)owner;
	(void)number;
	++*(size_t *)ctx;
	return false;
}

static void who_never_says_yes_sees_all_of_a_hash(void **state)
{
	struct model m = {.spread = 1};
	struct table *t = table_new(&m, hash_of);
	size_t seen = 0;

	(void)state;
	for (uint32_t i = 1; i <= 100; i++)
		table_add(t, i);
	assert_int_equal(table_find(t, hash_of(&m, 1), count_it, &seen), TABLE_NONE);
	assert_int_equal(seen, 100);
	table_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_found_until_it_is_removed),
		cmocka_unit_test(who_never_says_yes_sees_all_of_a_hash),
	};

	return secret_init() != ST_OK ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
