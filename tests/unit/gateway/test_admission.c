/* How many sockets there may be (SECURITY W5). */
#include "gateway/admission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/memory.h"

static const struct admission_limits limits = {.per_network = 3, .unknown = 5};

static struct forwarded_address at(const char *text)
{
	struct forwarded_address a;

	assert_true(forwarded_read(slice_of(text), &a));
	return a;
}

static enum admission_answer ask(const struct admission *a, const char *text)
{
	struct forwarded_address from = at(text);

	return admission_of_network(a, &limits, &from);
}

static void enter(struct admission *a, const char *text)
{
	struct forwarded_address from = at(text);

	admission_enter(a, &from);
}

static void leave(struct admission *a, const char *text)
{
	struct forwarded_address from = at(text);

	admission_leave(a, &from);
}

static void w5_a_network_has_so_many_sockets(void **state)
{
	struct admission *a = admission_new();

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(a, "192.0.2.1"), ADMISSION_GOOD);
		enter(a, "192.0.2.1");
	}
	assert_int_equal(ask(a, "192.0.2.1"), ADMISSION_NETWORK);
	assert_int_equal(ask(a, "192.0.2.2"), ADMISSION_GOOD);
	leave(a, "192.0.2.1");
	assert_int_equal(ask(a, "192.0.2.1"), ADMISSION_GOOD);
	admission_free(&a);
}

static void w5_of_ipv6_it_is_the_64(void **state)
{
	struct admission *a = admission_new();

	(void)state;
	enter(a, "2001:db8::1");
	enter(a, "2001:db8::2");
	enter(a, "2001:db8:0:0:ffff::");
	assert_int_equal(ask(a, "2001:db8::3"), ADMISSION_NETWORK);
	assert_int_equal(ask(a, "2001:db8:0:1::3"), ADMISSION_GOOD);
	assert_int_equal(admission_networks(a), 1);
	admission_free(&a);
}

static void w5_so_many_may_be_unknown(void **state)
{
	struct admission *a = admission_new();

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(admission_of_unknown(a, &limits), ADMISSION_GOOD);
		admission_unknown_enters(a);
	}
	assert_int_equal(admission_of_unknown(a, &limits), ADMISSION_UNKNOWN);
	admission_unknown_leaves(a);
	assert_int_equal(admission_of_unknown(a, &limits), ADMISSION_GOOD);
	assert_int_equal(admission_unknown(a), 4);
	admission_free(&a);
}

static void zero_lifts_a_limit(void **state)
{
	const struct admission_limits none = {0};
	struct admission *a = admission_new();
	struct forwarded_address from = at("192.0.2.1");

	(void)state;
	for (int i = 0; i < 1000; i++) {
		admission_enter(a, &from);
		admission_unknown_enters(a);
	}
	assert_int_equal(admission_of_network(a, &none, &from), ADMISSION_GOOD);
	assert_int_equal(admission_of_unknown(a, &none), ADMISSION_GOOD);
	admission_free(&a);
}

static void nothing_is_kept_of_networks_that_left(void **state)
{
	struct admission *a = admission_new();
	char text[FORWARDED_TEXT_SIZE];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 10000; i++) {
			assert_true(
				fmt(text, sizeof text, "10.0.%d.%d", i / 250, i % 250));
			if (round == 0)
				enter(a, text);
			else
				leave(a, text);
		}
		assert_int_equal(admission_networks(a), round == 0 ? 10000 : 0);
	}
	leave(a, "192.0.2.9"); /* nobody: nothing happens */
	admission_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(w5_a_network_has_so_many_sockets),
		cmocka_unit_test(w5_of_ipv6_it_is_the_64),
		cmocka_unit_test(w5_so_many_may_be_unknown),
		cmocka_unit_test(zero_lifts_a_limit),
		cmocka_unit_test(nothing_is_kept_of_networks_that_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
