/* test_host_port.c - what is HOST:PORT and what is not. */
#include "common/host_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/attr.h"

static void hosts_and_ports_are_told_apart(void **state)
{
	static const struct {
		const char *text, *host, *port;
	} good[] = {
		{"127.0.0.1:8080", "127.0.0.1", "8080"},
		{"[::1]:80", "::1", "80"},
		{"chat.example:0", "chat.example", "0"},
		{"::1:65535", "::1", "65535"},
		{"[]x:1", "[]x", "1"},
	};
	struct host_port at;

	(void)state;
	assert_true(host_port_split("host:8080", &at));
	assert_int_equal(at.number, 8080);
	for (size_t i = 0; i < NELEMS(good); i++) {
		assert_true(host_port_split(good[i].text, &at));
		assert_string_equal(at.host, good[i].host);
		assert_string_equal(at.port, good[i].port);
	}
}

static void what_lacks_a_host_or_a_port_is_refused(void **state)
{
	static const char *const bad[] = {
		"",           "8080",          ":8080",    "host:",
		"[]:80",      "host:x",        "host:+80", "host:-1",
		"host:65536", "host:00000080", "host: 8",  "host:8 ",
	};
	char longest[256 + 4];
	struct host_port at;

	(void)state;
	for (size_t i = 0; i < NELEMS(bad); i++)
		assert_false(host_port_split(bad[i], &at));
	for (size_t i = 0; i < 256; i++)
		longest[i] = 'a';
	longest[256] = ':';
	longest[257] = '1';
	longest[258] = '\0';
	assert_false(host_port_split(longest, &at));
	assert_true(host_port_split(longest + 1, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_and_ports_are_told_apart),
		cmocka_unit_test(what_lacks_a_host_or_a_port_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
