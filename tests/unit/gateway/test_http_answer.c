/* What is answered: files, refusals, and who may have a WebSocket (SECURITY W1, W11, W12). */
#include "gateway/http_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/memory.h"
#include "common/secret.h"

#define HOST "Host: chat.example\r\n"

static const struct http_limits limits = {.bytes = 8192, .headers = 64};

/* A folder with index.html alone. */
static int setup(void **state)
{
	static struct assets *assets;
	char dir[] = "/tmp/plume-test-XXXXXX", path[64];
	FILE *f;

	if (secret_init() != ST_OK || mkdtemp(dir) == NULL ||
	    !fmt(path, sizeof path, "%s/index.html", dir))
		return 1;
	f = fopen(path, "we");
	if (f == NULL)
		return 1;
	fputs("<p>hello", f);
	fclose(f);
	if (assets_load(dir, &assets) != ST_OK)
		return 1;
	unlink(path);
	rmdir(dir);
	*state = assets;
	return 0;
}

static int teardown(void **state)
{
	struct assets *assets = *state;

	assets_free(&assets);
	return 0;
}

static struct http_head head_of(const char *text)
{
	struct http_head h;

	assert_int_equal(http_head_read(slice_of(text), &limits, &h), HTTP_HEAD);
	return h;
}

static struct http_answer ask(void **state, const char *text)
{
	struct http_head h = head_of(text);

	return http_answer_to(&h, *state);
}

static void w12_files_are_answered_to_get_and_head_alone(void **state)
{
	struct http_answer a = ask(state, "GET / HTTP/1.1\r\n" HOST "\r\n");

	assert_int_equal(a.status, 200);
	assert_true(slice_equal(a.body, S("<p>hello")) && a.length == 8 && !a.is_last);
	a = ask(state, "HEAD / HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(a.status, 200);
	assert_true(a.body.len == 0 && a.length == 8);
	a = ask(state, "DELETE / HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(a.status, 405);
	assert_string_equal(a.more, "allow: GET, HEAD\r\n");
	a = ask(state, "get / HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(a.status, 405);
	a = ask(state, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(a.status, 405);
	assert_int_equal(ask(state, "GET /no HTTP/1.1\r\n" HOST "\r\n").status, 404);
	assert_int_equal(ask(state, "GET /?a=b HTTP/1.1\r\n" HOST "\r\n").status, 200);
}

static void w12_a_range_is_answered_by_the_whole(void **state)
{
	struct http_answer a =
		ask(state, "GET / HTTP/1.1\r\n" HOST "Range: bytes=0-1\r\n\r\n");

	assert_int_equal(a.status, 200);
	assert_int_equal(a.body.len, 8);
	assert_string_equal(a.more, "accept-ranges: none\r\n");
}

static void w12_a_known_file_is_not_sent_again(void **state)
{
	const struct asset *x = assets_find(*state, S("/"));
	const char *forms[] = {"%s", "W/%s", "\"other\", %s", "\"other\" ,W/%s , \"x\"",
			       "*"};
	struct http_answer a;

	for (size_t i = 0; i < NELEMS(forms); i++) {
		char list[128], *text;

		assert_true(fmt(list, sizeof list, "%s", forms[i]));
		if (strstr(forms[i], "%s") != NULL) {
			char *at = strstr(list, "%s");
			char rest[64];

			assert_true(fmt(rest, sizeof rest, "%s", at + 2));
			assert_true(fmt(at, sizeof list - (size_t)(at - list), "%s%s",
					x->etag, rest));
		}
		text = xasprintf("GET / HTTP/1.1\r\n" HOST "If-None-Match: %s\r\n\r\n",
				 list);
		a = ask(state, text);
		if (a.status != 304 || a.body.len > 0)
			fail_msg("%s: %u", list, a.status);
		free(text);
	}
	a = ask(state, "GET / HTTP/1.1\r\n" HOST "If-None-Match: \"other\"\r\n\r\n");
	assert_int_equal(a.status, 200);
}

static void what_has_a_body_is_the_last_of_its_connection(void **state)
{
	assert_true(ask(state, "GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n")
			    .is_last);
	assert_true(ask(state, "GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\r\n"
			       "Connection: Upgrade\r\n\r\n")
			    .is_last);
	assert_true(ask(state, "GET / HTTP/1.0\r\n\r\n").is_last);
}

static unsigned int refusal(const char *text, const char *origin, bool needs_origin)
{
	struct config_list listed = {.n = origin != NULL ? 1 : 0, .items = {origin}};
	struct http_upgrade_rules rules = {.origins = &listed,
					   .needs_origin = needs_origin};
	struct http_head h = head_of(text);
	struct slice key = S("");
	unsigned int status = http_upgrade_refusal(&h, &rules, &key);

	assert_true(status != 0 || slice_equal(key, S("AAAAAAAAAAAAAAAAAAAAAA==")));
	return status;
}

#define CONNECT "GET /connect HTTP/1.1\r\n" HOST
#define UPGRADE "Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n"
#define KEY "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define GOOD CONNECT UPGRADE KEY VERSION

static void what_is_no_upgrade_is_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned int status;
	} cases[] = {
		{GOOD "\r\n", 0},
		{CONNECT "Upgrade: h2c\r\nConnection: Upgrade\r\n" KEY VERSION "\r\n",
		 426},
		{CONNECT "Upgrade: websocket\r\n" KEY VERSION "\r\n", 426},
		{CONNECT UPGRADE KEY "\r\n", 426},
		{CONNECT UPGRADE KEY "Sec-WebSocket-Version: 8\r\n\r\n", 426},
		{CONNECT UPGRADE KEY VERSION VERSION "\r\n", 426},
		{CONNECT UPGRADE VERSION "\r\n", 400},
		{CONNECT UPGRADE KEY KEY VERSION "\r\n", 400},
		{CONNECT UPGRADE VERSION "Sec-WebSocket-Key: AAAA\r\n\r\n", 400},
		{CONNECT UPGRADE VERSION
		 "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\"A==\r\n\r\n",
		 400},
		{GOOD "Content-Length: 4\r\n\r\n", 400},
		{"POST /connect HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n", 405},
		{"GET /connect HTTP/1.0\r\n" HOST UPGRADE KEY VERSION "\r\n", 426},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		unsigned int status = refusal(cases[i].text, NULL, false);

		if (status != cases[i].status)
			fail_msg("case %zu: %u", i, status);
	}
}

static void w1_pages_of_others_are_refused(void **state)
{
	static const char *const wrong[] = {
		"https://chat.example.evil",
		"http://chat.example.evil",
		"https://evil.example",
		"http://chat.example:8080",
		"https://chat.example",
		"http://chat.examplf",
		"http://xn--cht-8cd.example",
		"http://ch\xd0\xb0t.example",
		"http://evil.example/chat.example",
		"null",
		"http://",
		"chat.example",
		"http://chat.example/",
		"http://chat.example, http://evil.example",
	};
	char *text;

	(void)state;
	for (size_t i = 0; i < NELEMS(wrong); i++) {
		text = xasprintf(GOOD "Origin: %s\r\n\r\n", wrong[i]);
		assert_int_equal(refusal(text, NULL, false), 403);
		free(text);
	}
	assert_int_equal(refusal(GOOD "Origin: http://chat.example\r\n\r\n", NULL, false),
			 0);
	assert_int_equal(refusal(GOOD "Origin: http://chat.example\r\n"
				      "Origin: http://chat.example\r\n\r\n",
				 NULL, false),
			 403);
	assert_int_equal(refusal(GOOD "Origin:\r\n\r\n", NULL, false), 403);
	assert_int_equal(refusal(GOOD "Origin: https://chat.example\r\n\r\n",
				 "https://chat.example", false),
			 0);
	assert_int_equal(refusal(GOOD "Origin: http://chat.example\r\n\r\n",
				 "https://chat.example", false),
			 403);
}

static void w1_none_is_refused_only_where_one_is_required(void **state)
{
	(void)state;
	assert_int_equal(refusal(GOOD "\r\n", NULL, false), 0);
	assert_int_equal(refusal(GOOD "\r\n", NULL, true), 403);
	assert_int_equal(refusal(GOOD "Origin: http://chat.example\r\n\r\n", NULL, true),
			 0);
}

static void who_is_to_upgrade_is_told_so_in_connection_too(void **state)
{
	struct http_context context = {.now = 0};
	struct http_answer a = http_answer_status(426);
	char out[HTTP_ANSWER_HEAD_MAX];

	(void)state;
	http_answer_write_head(&a, &context, out);
	assert_non_null(strstr(out, "\r\nupgrade: websocket\r\n"));
	assert_non_null(strstr(out, "\r\nconnection: upgrade\r\n"));
}

static void w11_every_answer_carries_the_headers(void **state)
{
	static const unsigned int statuses[] = {400, 403, 404, 405, 408,
						426, 429, 431, 503, 505};
	struct http_context plain = {.now = 0}, https = {.now = 0, .hsts_s = 86400};
	char out[HTTP_ANSWER_HEAD_MAX];

	(void)state;
	for (size_t i = 0; i < NELEMS(statuses); i++) {
		struct http_answer a = http_answer_status(statuses[i]);
		size_t len = http_answer_write_head(&a, &plain, out);

		assert_int_equal(len, strlen(out));
		assert_non_null(
			strstr(out, "\r\ncontent-security-policy: default-src 'none';"));
		assert_non_null(strstr(out, "\r\nx-content-type-options: nosniff\r\n"));
		assert_non_null(strstr(out, "\r\nreferrer-policy: no-referrer\r\n"));
		assert_non_null(strstr(out, "\r\npermissions-policy: "));
		assert_non_null(
			strstr(out, "\r\ncontent-type: text/plain; charset=utf-8\r\n"));
		assert_non_null(strstr(out, "\r\nconnection: close\r\n"));
		assert_non_null(
			strstr(out, "\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
		assert_null(strstr(out, "strict-transport-security"));
		assert_string_equal(out + len - 4, "\r\n\r\n");
		http_answer_write_head(&a, &https, out);
		assert_non_null(
			strstr(out, "\r\nstrict-transport-security: max-age=86400\r\n"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(w12_files_are_answered_to_get_and_head_alone),
		cmocka_unit_test(w12_a_range_is_answered_by_the_whole),
		cmocka_unit_test(w12_a_known_file_is_not_sent_again),
		cmocka_unit_test(what_has_a_body_is_the_last_of_its_connection),
		cmocka_unit_test(what_is_no_upgrade_is_refused),
		cmocka_unit_test(w1_pages_of_others_are_refused),
		cmocka_unit_test(w1_none_is_refused_only_where_one_is_required),
		cmocka_unit_test(who_is_to_upgrade_is_told_so_in_connection_too),
		cmocka_unit_test(w11_every_answer_carries_the_headers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
