/* Records keep their place and their contents, whatever comes and goes around them. */
#include "common/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct record {
	uint64_t value;
	char rest[13];
};

static int setup(void **state)
{
	*state = pool_new(sizeof(struct record));
	return 0;
}

static int teardown(void **state)
{
	struct pool *p = *state;

	pool_free(&p);
	assert_null(p);
	pool_free(NULL);
	return 0;
}

static uint32_t add(struct pool *p, uint64_t value)
{
	uint32_t number = pool_add(p);
	struct record *r = pool_at(p, number);

	assert_int_equal(r->value, 0);
	assert_int_equal(r->rest[0], 0);
	r->value = value;
	memset(r->rest, 'x', sizeof r->rest);
	return number;
}

/* The values in their order, in decimal digits. */
static uint64_t order(const struct pool *p)
{
	uint64_t values = 0;

	for (uint32_t i = pool_first(p); i != POOL_NONE; i = pool_next(p, i))
		values = 10 * values + ((const struct record *)pool_at(p, i))->value;
	return values;
}

static void they_come_in_order(void **state)
{
	struct pool *p = *state;
	uint32_t one, two, three;

	assert_int_equal(pool_first(p), POOL_NONE);
	one = add(p, 1);
	two = add(p, 2);
	three = add(p, 3);
	assert_int_equal(order(p), 123);
	pool_renew(p, one);
	assert_int_equal(order(p), 231);
	pool_renew(p, one);
	assert_int_equal(order(p), 231);
	pool_renew(p, three);
	assert_int_equal(order(p), 213);
	pool_remove(p, one);
	assert_int_equal(order(p), 23);
	pool_remove(p, three);
	pool_remove(p, two);
	assert_int_equal(order(p), 0);
	assert_int_equal(pool_count(p), 0);
}

static void a_number_is_given_again_and_its_record_is_new(void **state)
{
	struct pool *p = *state;
	uint32_t one = add(p, 1), two = add(p, 2);

	pool_remove(p, one);
	assert_int_equal(add(p, 3), one); /* add() looks whether it is all zero */
	assert_int_equal(order(p), 23);
	pool_remove(p, two);
	assert_int_equal(order(p), 3);
}

static void records_stay_where_they_are(void **state)
{
	enum { N = 10000 };
	static const struct record *at[N];
	struct pool *p = *state;

	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(add(p, i), i + 1);
		at[i] = pool_at(p, i + 1);
	}
	for (uint32_t i = 0; i < N; i += 2)
		pool_remove(p, i + 1);
	assert_int_equal(pool_count(p), N / 2);
	for (uint32_t i = 1; i < N; i += 2) {
		assert_ptr_equal(pool_at(p, i + 1), at[i]);
		assert_int_equal(at[i]->value, i);
		assert_int_equal(at[i]->rest[12], 'x');
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_come_in_order),
		TEST(a_number_is_given_again_and_its_record_is_new),
		TEST(records_stay_where_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
