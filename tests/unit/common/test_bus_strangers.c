/* Who may take how long to show who it is. */
#include "common/bus_strangers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SECOND = 1000, START = 5000 };

static nng_sockaddr from_port(unsigned port)
{
	nng_sockaddr a = {.s_in = {.sa_family = NNG_AF_INET, .sa_addr = 0x0100007f}};

	a.s_in.sa_port = (uint16_t)port;
	return a;
}

/* The port whose connection is to be hung up; 0: none. */
static unsigned see(struct bus_strangers *s, unsigned port, uint64_t now_ms)
{
	nng_sockaddr a = from_port(port);
	struct bus_stranger over;

	if (!bus_strangers_see(s, (int)port, &a, now_ms, &over))
		return 0;
	assert_int_equal(over.fd, over.remote.s_in.sa_port);
	return over.remote.s_in.sa_port;
}

static void who_takes_too_long_is_hung_up(void **state)
{
	struct bus_strangers s = {0};
	uint64_t now = START;

	(void)state;
	for (; now < START + BUS_STRANGER_MS; now += SECOND) {
		bus_strangers_look(&s);
		assert_int_equal(see(&s, 7, now), 0);
		if (now >= START + 2 * SECOND)
			assert_int_equal(see(&s, 8, now), 0);
	}
	bus_strangers_look(&s);
	assert_int_equal(see(&s, 8, now), 0);
	assert_int_equal(see(&s, 7, now), 7);
}

static void who_goes_and_comes_has_its_time_again(void **state)
{
	struct bus_strangers s = {0};

	(void)state;
	bus_strangers_look(&s);
	assert_int_equal(see(&s, 7, START), 0);
	bus_strangers_look(&s); /* it is not there */
	bus_strangers_look(&s);
	assert_int_equal(see(&s, 7, START + BUS_STRANGER_MS), 0);
	bus_strangers_look(&s);
	assert_int_equal(see(&s, 7, START + BUS_STRANGER_MS + SECOND), 0);
}

static void one_too_many_takes_the_place_of_the_longest(void **state)
{
	struct bus_strangers s = {0};

	(void)state;
	bus_strangers_look(&s);
	assert_int_equal(see(&s, 9, START), 0);
	bus_strangers_look(&s);
	for (unsigned i = 1; i < BUS_STRANGERS_MAX; i++)
		assert_int_equal(see(&s, 100 + i, START + SECOND), 0);
	assert_int_equal(see(&s, 9, START + SECOND), 0);
	assert_int_equal(see(&s, 200, START + SECOND), 9);
	bus_strangers_look(&s);
	assert_int_equal(see(&s, 200, START + 2 * SECOND), 0);
	assert_in_range(see(&s, 201, START + 2 * SECOND), 101, 100 + BUS_STRANGERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_takes_too_long_is_hung_up),
		cmocka_unit_test(who_goes_and_comes_has_its_time_again),
		cmocka_unit_test(one_too_many_takes_the_place_of_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
