/* test_ip_network.c - networks are read strictly, and have the addresses that they say. */
#include "common/ip_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/attr.h"

static void a_network_is_written_as_it_is_meant(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.0/24"},
		{"192.0.2.77/24", "192.0.2.0/24"},
		{"192.0.2.255/25", "192.0.2.128/25"},
		{"10.255.0.1/9", "10.128.0.0/9"},
		{"192.0.2.7", "192.0.2.7/32"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"2001:db8::/48", "2001:db8::/48"},
		{"2001:db8:1:2:3::4/49", "2001:db8:1::/49"},
		{"2001:DB8::1", "2001:db8::1/128"},
		{"::/0", "::/0"},
		{"::ffff:192.0.2.7", "192.0.2.7/32"},
		{"::ffff:192.0.2.7/120", "192.0.2.0/24"},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct ip_network n;
		char shown[IP_NETWORK_TEXT_SIZE];

		assert_int_equal(ip_network_read(slice_of(cases[i].text), &n), ST_OK);
		ip_network_write(&n, shown);
		assert_string_equal(shown, cases[i].shown);
	}
}

static void what_is_no_network_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"/24",
		"192.0.2.0/",
		"192.0.2.0/33",
		"192.0.2.0/-1",
		"192.0.2.0/024",
		"192.0.2/24",
		"2001:db8::/129",
		"[2001:db8::]/48",
		"192.0.2.1:80",
		"192.0.2.0/24/24",
		"localhost",
		" 192.0.2.0/24",
		"192.0.2.0 /24",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64",
	};
	struct ip_network n;

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++)
		assert_int_equal(ip_network_read(slice_of(cases[i]), &n), ST_TYPE);
	assert_int_equal(ip_network_read(S("192.0.2.1\0/24"), &n), ST_TYPE);
}

static void a_network_has_the_addresses_of_its_bits(void **state)
{
	static const struct {
		const char *network, *address;
		bool has;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.0", true},
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.0/24", "::ffff:192.0.2.9", true},
		{"192.0.2.0/24", "2001:db8::1", false},
		{"192.0.2.64/26", "192.0.2.127", true},
		{"192.0.2.64/26", "192.0.2.128", false},
		{"192.0.2.7", "192.0.2.7", true},
		{"192.0.2.7", "192.0.2.6", false},
		{"0.0.0.0/0", "203.0.113.1", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"2001:db8::1", "2001:db8::1", true},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct ip_network n;
		uint8_t address[IP_ADDRESS_SIZE];

		assert_int_equal(ip_network_read(slice_of(cases[i].network), &n), ST_OK);
		assert_true(ip_address_read(slice_of(cases[i].address), address));
		assert_int_equal(ip_network_has(&n, address), cases[i].has);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_is_written_as_it_is_meant),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(a_network_has_the_addresses_of_its_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
