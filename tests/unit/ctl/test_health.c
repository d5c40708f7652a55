/* test_health.c - answers of HTTP as far as health is read from them. */
#include "ctl/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static enum status read_text(const char *text, struct health *out)
{
	return health_read(text, strlen(text), out);
}

static void status_and_first_line_are_read(void **state)
{
	struct health h;

	(void)state;
	assert_int_equal(
		read_text("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nready\n", &h),
		ST_OK);
	assert_int_equal(h.status, 200);
	assert_string_equal(h.text, "ready");
	assert_int_equal(read_text("HTTP/1.0 503 X\n\nnot ready: draining\nmore\n", &h),
			 ST_OK);
	assert_int_equal(h.status, 503);
	assert_string_equal(h.text, "not ready: draining");
	assert_int_equal(read_text("HTTP/1.1 404 \r\n\r\n", &h), ST_OK);
	assert_int_equal(h.status, 404);
	assert_string_equal(h.text, "");
}

static void what_is_not_http_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"ready",
		"HTTP/2 200 OK\n\n",
		"HTTP/1.1 20 OK\n\n",
		"HTTP/1.1\n\n",
		"HTTP/1.1 2x0 OK\n\n",
		"HTTP/1.1 200 OK\n",
		"HTTP/1.1 200 OK\nA: b",
		"SSH-2.0-x\r\n",
	};
	struct health h;

	(void)state;
	for (size_t i = 0; i < NELEMS(bad); i++) {
		if (read_text(bad[i], &h) == ST_OK)
			fail_msg("%s", bad[i]);
	}
}

static void a_long_line_is_clipped(void **state)
{
	static char text[2000] = "HTTP/1.1 200 OK\n\n";
	size_t head = strlen(text);
	struct health h;

	(void)state;
	memset(text + head, 'x', sizeof text - head - 1);
	assert_int_equal(read_text(text, &h), ST_OK);
	assert_int_equal(strlen(h.text), HEALTH_TEXT_CAP - 1);
}

static void an_address_has_host_and_port(void **state)
{
	static const char *const bad[] = {
		"", "x", ":1", "host:", "host:0", "host:65536", "host:x"};
	struct health h;

	(void)state;
	for (size_t i = 0; i < NELEMS(bad); i++)
		assert_int_equal(health_ask(bad[i], "/livez", 10, &h), ST_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_and_first_line_are_read),
		cmocka_unit_test(what_is_not_http_is_refused),
		cmocka_unit_test(a_long_line_is_clipped),
		cmocka_unit_test(an_address_has_host_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
