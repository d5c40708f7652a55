/* A request's head is read as RFC 9112 says, or refused (SECURITY W4). */
#include "gateway/http_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/memory.h"

static const struct http_limits limits = {.bytes = 8192, .headers = 64};

#define HOST "Host: a\r\n"

static enum http_found look(struct slice bytes, struct http_head *h)
{
	return http_head_read(bytes, &limits, h);
}

static void a_request_is_read(void **state)
{
	struct http_head h;
	struct slice bytes = S("GET /a/b?c=d HTTP/1.1\r\n" HOST "X-Y:  z \r\n\r\nrest");
	struct slice value;

	(void)state;
	assert_int_equal(look(bytes, &h), HTTP_HEAD);
	assert_int_equal(h.len, bytes.len - 4);
	assert_true(slice_equal(h.method, S("GET")));
	assert_true(slice_equal(h.path, S("/a/b")));
	assert_false(h.has_body || h.is_last);
	assert_int_equal(http_head_value(&h, S("x-y"), &value), 1);
	assert_true(slice_equal(value, S("z")));
	assert_int_equal(http_head_value(&h, S("y"), &value), 0);
	assert_int_equal(value.len, 0);
}

static void every_beginning_of_a_good_one_waits_for_more(void **state)
{
	struct slice bytes = S("\r\nGET / HTTP/1.1\r\n" HOST "A: b\r\n\r\n");
	struct http_head h;

	(void)state;
	for (size_t n = 0; n < bytes.len; n++)
		assert_int_equal(look((struct slice){bytes.ptr, n}, &h), HTTP_MORE);
	assert_int_equal(look(bytes, &h), HTTP_HEAD);
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
	const struct {
		struct slice bytes;
		unsigned int status;
	} cases[] = {
		{S("GET / HTTP/1.1\n" HOST "\r\n"), 400},
		{S("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400},
		{S("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"), 400},
		{S("GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"), 400},
		{S("GET / HTTP/1.1\r\n" HOST "X : a\r\n\r\n"), 400},
		{S("GET / HTTP/1.1\r\n X: a\r\n" HOST "\r\n"), 400},
		{S("GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n"), 400},
		{S("GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n"), 400},
		{S("GET / HTTP/1.1\r\n" HOST "X: \0\r\n\r\n"), 400},
		{S("GET / HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n"), 400},
		{S("GET / HTTP/1.1\r\n\r\n"), 400},
		{S("GET / HTTP/1.1\r\n" HOST HOST "\r\n"), 400},
		{S("GET  / HTTP/1.1\r\n" HOST "\r\n"), 400},
		{S("GET / HTTP/1.1 \r\n" HOST "\r\n"), 505},
		{S("GET /\r\n" HOST "\r\n"), 400},
		{S("GET http://b/ HTTP/1.1\r\n" HOST "\r\n"), 400},
		{S("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n"), 400},
		{S("G(T / HTTP/1.1\r\n" HOST "\r\n"), 400},
		{S("GET / http/1.1\r\n" HOST "\r\n"), 400},
		{S("GET / HTTP/2.0\r\n" HOST "\r\n"), 505},
		{S("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505},
		{S("\r\n\r\n\0\r\nQUIT\n"), 400}, /* PROXY, version 2 */
		{S("\r\n\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), 400},
		{S("\x16\x03\x01"), 400}, /* TLS */
	};
	struct http_head h;

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		if (look(cases[i].bytes, &h) != HTTP_WRONG || h.status != cases[i].status)
			fail_msg("case %zu: %u", i, h.status);
	}
}

static void the_end_of_a_message_is_beyond_doubt(void **state)
{
	const struct {
		struct slice headers;
		unsigned int status; /* 0: good */
		bool has_body;
	} cases[] = {
		{S("Content-Length: 0\r\n"), 0, false},
		{S("Content-Length: 7\r\n"), 0, true},
		{S("Transfer-Encoding: chunked\r\n"), 0, true},
		{S("Transfer-Encoding: xchunked\r\n"), 0, true},
		{S("Content-Length: 7\r\nContent-Length: 7\r\n"), 400, false},
		{S("Content-Length: 7, 7\r\n"), 400, false},
		{S("Content-Length: +7\r\n"), 400, false},
		{S("Content-Length: -1\r\n"), 400, false},
		{S("Content-Length: 0x7\r\n"), 400, false},
		{S("Content-Length:\r\n"), 400, false},
		{S("Content-Length: 99999999999999999999\r\n"), 400, false},
		{S("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), 400, false},
	};
	struct http_head h;

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char *text = xasprintf("POST / HTTP/1.1\r\n" HOST "%.*s\r\n",
				       SLICE_ARGS(cases[i].headers));

		(void)look(slice_of(text), &h);
		if (h.status != cases[i].status || h.has_body != cases[i].has_body)
			fail_msg("%s: %u", text, h.status);
		free(text);
	}
}

static void a_client_says_when_it_is_over(void **state)
{
	struct http_head h;

	(void)state;
	assert_int_equal(look(S("GET / HTTP/1.0\r\n\r\n"), &h), HTTP_HEAD);
	assert_true(h.is_last);
	assert_int_equal(
		look(S("GET / HTTP/1.1\r\n" HOST "Connection: a, CLOSE\r\n\r\n"), &h),
		HTTP_HEAD);
	assert_true(h.is_last);
}

static char *with_headers(size_t n, size_t bytes)
{
	char *text = xasprintf("GET / HTTP/1.1\r\n" HOST);
	size_t len;

	for (size_t i = 1; i < n; i++) {
		char *longer = xasprintf("%sX: y\r\n", text);

		free(text);
		text = longer;
	}
	len = strlen(text);
	if (bytes > 0) {
		text = xrealloc(text, bytes + 1);
		memset(text + len, 'x', bytes - len);
		memcpy(text + len, "X: ", 3);
		memcpy(text + bytes - 4, "\r\n\r\n", 5);
		return text;
	}
	text = xrealloc(text, len + 3);
	memcpy(text + len, "\r\n", 3);
	return text;
}

static void w4_a_head_has_64_headers_and_8_kib_at_most(void **state)
{
	static const struct {
		size_t headers, bytes;
		enum http_found found;
	} cases[] = {
		{64, 0, HTTP_HEAD},
		{65, 0, HTTP_WRONG},
		{2, 8192, HTTP_HEAD},
		{2, 8193, HTTP_WRONG},
	};
	struct http_head h;

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char *text = with_headers(cases[i].headers, cases[i].bytes);

		assert_int_equal(look(slice_of(text), &h), cases[i].found);
		assert_int_equal(h.status, cases[i].found == HTTP_WRONG ? 431 : 0);
		free(text);
	}
}

static void w4_a_head_without_an_end_is_refused_at_its_limit(void **state)
{
	char *text = with_headers(2, 8300);
	struct http_head h;

	(void)state;
	assert_int_equal(look((struct slice){text, 8192}, &h), HTTP_MORE);
	assert_int_equal(look((struct slice){text, 8193}, &h), HTTP_WRONG);
	assert_int_equal(h.status, 431);
	free(text);
}

static void lists_are_searched_over_all_lines(void **state)
{
	struct http_head h;
	char joined[64];
	size_t n;

	(void)state;
	assert_int_equal(
		look(S("GET / HTTP/1.1\r\n" HOST "A: b, c\r\nB: x\r\nA:\r\nA: D\r\n"
		       "\r\n"),
		     &h),
		HTTP_HEAD);
	assert_true(http_head_lists(&h, S("a"), S("b")));
	assert_true(http_head_lists(&h, S("A"), S("d")));
	assert_false(http_head_lists(&h, S("a"), S("x")));
	assert_false(http_head_lists(&h, S("a"), S("b, c")));
	n = http_head_join(&h, S("a"), joined, sizeof joined);
	assert_true(slice_equal((struct slice){joined, n}, S("b, c, D")));
}

static void a_host_is_a_name_or_an_address_and_perhaps_a_port(void **state)
{
	static const struct {
		const char *host;
		enum http_found found;
	} cases[] = {
		{"chat.example", HTTP_HEAD},
		{"chat.example:8080", HTTP_HEAD},
		{"chat.example:", HTTP_HEAD},
		{"a_b~%C3%BC!", HTTP_HEAD},
		{"127.0.0.1:80", HTTP_HEAD},
		{"[::1]", HTTP_HEAD},
		{"[fe80::1]:443", HTTP_HEAD},
		{"", HTTP_HEAD},
		{"x y", HTTP_WRONG},
		{"a, b", HTTP_WRONG},
		{"a/b", HTTP_WRONG},
		{"me@a", HTTP_WRONG},
		{"b\xc3\xbc.example", HTTP_WRONG},
		{"a:80:80", HTTP_WRONG},
		{"a:b", HTTP_WRONG},
		{"[", HTTP_WRONG},
		{"[]", HTTP_WRONG},
		{"[::1", HTTP_WRONG},
		{"[::1]a", HTTP_WRONG},
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct http_head h;

		assert_true(fmt(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n",
				cases[i].host));
		if (look(slice_of(text), &h) != cases[i].found)
			fail_msg("Host: %s", cases[i].host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read),
		cmocka_unit_test(every_beginning_of_a_good_one_waits_for_more),
		cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
		cmocka_unit_test(the_end_of_a_message_is_beyond_doubt),
		cmocka_unit_test(a_client_says_when_it_is_over),
		cmocka_unit_test(w4_a_head_has_64_headers_and_8_kib_at_most),
		cmocka_unit_test(w4_a_head_without_an_end_is_refused_at_its_limit),
		cmocka_unit_test(lists_are_searched_over_all_lines),
		cmocka_unit_test(a_host_is_a_name_or_an_address_and_perhaps_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
