/* Who is slow, of many. */
#include "gateway/slowest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/memory.h"

static struct slowest *fresh(size_t most)
{
	struct slowest *s = xcalloc(1, sizeof *s);

	slowest_begin(s, most);
	return s;
}

static void add(struct slowest *s, uint64_t client, uint64_t lag, uint64_t unsent)
{
	slowest_add(s, &(struct bus_client_state){
			       .client = client, .lag = lag, .unsent = unsent});
}

static void all_are_told_of_few(void **state)
{
	struct slowest *s = fresh(10);

	(void)state;
	add(s, 1, 0, 0);
	add(s, 2, 5, 0);
	add(s, 3, 0, 0);
	assert_int_equal(s->n, 3);
	assert_int_equal(s->clients[0].client, 2);
	assert_int_equal(s->clients[1].client, 1);
	assert_int_equal(s->clients[2].client, 3);
	free(s);
}

static void posts_count_before_bytes(void **state)
{
	struct slowest *s = fresh(3);

	(void)state;
	add(s, 1, 0, 900);
	add(s, 2, 1, 0);
	add(s, 3, 0, 1000);
	add(s, 4, 0, 950);
	assert_int_equal(s->clients[0].client, 2);
	assert_int_equal(s->clients[1].client, 3);
	assert_int_equal(s->clients[2].client, 4);
	free(s);
}

/* Against all of them in order. */
static void of_many_the_slowest_stay_whatever_their_order(void **state)
{
	struct slowest *s = fresh(SLOWEST_MAX);
	uint64_t n = 7919; /* a prime: a step of another size meets each once */

	(void)state;
	for (uint64_t i = 0; i < n; i++)
		add(s, i + 1, i * 1117 % n, 0);
	assert_int_equal(s->n, SLOWEST_MAX);
	for (size_t i = 0; i < s->n; i++)
		assert_int_equal(s->clients[i].lag, n - 1 - i);
	free(s);
}

static void one_may_be_wanted(void **state)
{
	struct slowest *s = fresh(1);

	(void)state;
	for (uint64_t i = 1; i < 10; i++)
		add(s, i, i % 7, 0);
	assert_int_equal(s->n, 1);
	assert_int_equal(s->clients[0].client, 6);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_told_of_few),
		cmocka_unit_test(posts_count_before_bytes),
		cmocka_unit_test(of_many_the_slowest_stay_whatever_their_order),
		cmocka_unit_test(one_may_be_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
