/* What browsers may send: everything that is not exactly right is refused (SECURITY W7). */
#include "gateway/browser_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"
#include "common/utf8.h"

static enum status read_status(struct slice frame)
{
	/* In memory of exactly its size, so that the sanitizer sees a read behind its end. */
	char *copy = malloc(frame.len > 0 ? frame.len : 1);
	struct browser_msg m;
	enum status st;

	assert_non_null(copy);
	if (frame.len > 0)
		memcpy(copy, frame.ptr, frame.len);
	st = browser_read((struct slice){copy, frame.len}, &m);
	browser_msg_free(&m);
	assert_null(m.tree);
	free(copy);
	return st;
}

static void messages_are_read_into_their_fields(void **state)
{
	struct browser_msg m;

	(void)state;
	assert_int_equal(
		browser_read(S("{\"type\":0,\"text\":\"ann\\nann@a.example\"}"), &m),
		ST_OK);
	assert_int_equal(m.type, BROWSER_HELLO);
	assert_true(slice_equal(m.u.hello.text, S("ann\nann@a.example")));
	assert_int_equal(m.u.hello.v, 0);
	browser_msg_free(&m);

	assert_int_equal(
		browser_read(S(" { \"id\" : \"x1\", \"text\":\"\\u00e9\\ud83d\\ude00\","
			       "\"type\": 1, \"user\":{\"name\":\"eve\"}} \n"),
			     &m),
		ST_OK);
	assert_int_equal(m.type, BROWSER_TEXT);
	assert_true(slice_equal(m.u.text.id, S("x1")));
	assert_true(slice_equal(m.u.text.text, S("\xc3\xa9\xf0\x9f\x98\x80")));
	browser_msg_free(&m);

	assert_int_equal(
		browser_read(S("{\"type\":2,\"text\":\"12345678\",\"ticket\":\"t\","
			       "\"epoch\":\"00000000000000ff\","
			       "\"seq\":9007199254740991}"),
			     &m),
		ST_OK);
	assert_int_equal(m.type, BROWSER_AUTH);
	assert_true(slice_equal(m.u.auth.code, S("12345678")));
	assert_true(slice_equal(m.u.auth.ticket, S("t")));
	assert_true(slice_equal(m.u.auth.epoch, S("00000000000000ff")));
	assert_int_equal(m.u.auth.seq, 9007199254740991);
	browser_msg_free(&m);

	assert_int_equal(
		browser_read(S("{\"type\":6,\"v\":1,\"token\":\"k\",\"seq\":7}"), &m),
		ST_OK);
	assert_int_equal(m.type, BROWSER_RESUME);
	assert_true(slice_equal(m.u.resume.token, S("k")));
	assert_int_equal(m.u.resume.ticket.len, 0);
	assert_int_equal(m.u.resume.v, 1);
	assert_int_equal(m.u.resume.seq, 7);
	browser_msg_free(&m);
}

static void w7_what_is_not_exactly_json_is_refused(void **state)
{
	const struct {
		struct slice frame;
		enum status st;
	} cases[] = {
		{{NULL, 0}, ST_TYPE},
		{S(""), ST_TYPE},
		{S(" "), ST_TYPE},
		{S("\0"), ST_TYPE},
		{S("null"), ST_TYPE},
		{S("1"), ST_TYPE},
		{S("\"x\""), ST_TYPE},
		{S("[]"), ST_TYPE},
		{S("[{\"type\":1}]"), ST_TYPE},
		{S("{}"), ST_TYPE},
		{S("{"), ST_TYPE},
		{S("}"), ST_TYPE},
		{S("{\"type\":1"), ST_TYPE},
		{S("{\"type\":1,}"), ST_TYPE},
		{S("{,\"type\":1}"), ST_TYPE},
		{S("{\"type\":1 \"text\":\"a\"}"), ST_TYPE},
		{S("{type:1}"), ST_TYPE},
		{S("{'type':1}"), ST_TYPE},
		{S("{\"type\"=1}"), ST_TYPE},
		{S("/* x */{\"type\":1}"), ST_TYPE},
		{S("\xef\xbb\xbf{\"type\":1}"), ST_TYPE}, /* byte order mark */
		/* trailing */
		{S("{\"type\":1}x"), ST_TYPE},
		{S("{\"type\":1}{}"), ST_TYPE},
		{S("{\"type\":1},"), ST_TYPE},
		{S("{\"type\":1}]"), ST_TYPE},
		{S("{\"type\":1}\0"), ST_TYPE},
		{S("{\"type\":1}\0garbage"), ST_TYPE},
		{S("{\"type\":6} \t\r\n"), ST_OK},
		/* duplicates, also when written differently */
		{S("{\"type\":1,\"type\":1}"), ST_TYPE},
		{S("{\"type\":1,\"type\":2}"), ST_TYPE},
		{S("{\"type\":1,\"\\u0074ype\":2}"), ST_TYPE},
		{S("{\"type\":1,\"x\":1,\"x\":1}"), ST_TYPE},
		{S("{\"type\":1,\"x\":{\"y\":1,\"y\":2}}"), ST_TYPE},
		{S("{\"type\":6,\"x\":{\"type\":2}}"), ST_OK},
		/* strings */
		{S("{\"type\":1,\"text\":\"\\ud800\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\udc00\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\ud800x\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\ud800\\ud800\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\udc00\\ud800\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\ud800\\u0041\"}"), ST_TYPE},
		{S("{\"type\":1,\"x\":\"\\ud800\"}"),
		 ST_TYPE}, /* in a key we ignore, too */
		{S("{\"type\":1,\"\\ud800\":1}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\u0000\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"a\\u0000b\"}"), ST_TYPE},
		{S("{\"type\":1,\"x\":\"\\u0000\"}"), ST_TYPE},
		{S("{\"type\":1,\"\\u0000\":1}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\0\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"a\nb\"}"),
		 ST_TYPE}, /* raw control character */
		{S("{\"type\":1,\"text\":\"a\tb\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\x1f\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\x41\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\u12\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"abc"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\xff\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\xc3\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\xc0\xaf\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\xed\xa0\x80\"}"),
		 ST_TYPE}, /* CESU surrogate */
		{S("{\"type\":1,\"text\":\"\xf4\x90\x80\x80\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\xf8\x88\x80\x80\x80\"}"), ST_TYPE},
		{S("{\"type\":1,\"text\":\"\\uffff\x7f\"}"), ST_OK},
		/* numbers */
		{S("{\"type\":01}"), ST_TYPE},
		{S("{\"type\":+1}"), ST_TYPE},
		{S("{\"type\":.1}"), ST_TYPE},
		{S("{\"type\":1.}"), ST_TYPE},
		{S("{\"type\":1.0}"), ST_TYPE},
		{S("{\"type\":1e0}"), ST_TYPE},
		{S("{\"type\":0x1}"), ST_TYPE},
		{S("{\"type\":NaN}"), ST_TYPE},
		{S("{\"type\":Infinity}"), ST_TYPE},
		{S("{\"type\":\"1\"}"), ST_TYPE},
		{S("{\"type\":true}"), ST_TYPE},
		{S("{\"type\":null}"), ST_TYPE},
		{S("{\"type\":[1]}"), ST_TYPE},
		{S("{\"type\":99999999999999999999}"), ST_TYPE},
		{S("{\"type\":-99999999999999999999}"), ST_TYPE},
		{S("{\"type\":1,\"x\":99999999999999999999}"), ST_TYPE},
		{S("{\"type\":1,\"x\":1e999}"), ST_TYPE},
		{S("{\"type\":1,\"x\":-1e999}"), ST_TYPE},
		{S("{\"type\":6,\"x\":1.5}"), ST_OK},
		/* types */
		{S("{\"type\":-1}"), ST_UNKNOWN},
		{S("{\"type\":3}"), ST_UNKNOWN},
		{S("{\"type\":4}"), ST_UNKNOWN},
		{S("{\"type\":7}"), ST_UNKNOWN},
		{S("{\"type\":4294967296}"), ST_UNKNOWN}, /* 0 in 32 bits */
		{S("{\"type\":4294967297}"), ST_UNKNOWN},
		{S("{\"type\":-4294967295}"), ST_UNKNOWN},
		{S("{\"type\":9223372036854775807}"), ST_UNKNOWN},
		/* fields of another type */
		{S("{\"type\":1,\"text\":1}"), ST_TYPE},
		/* needed, and null is absent */
		{S("{\"type\":0}"), ST_ABSENT},
		{S("{\"type\":1}"), ST_ABSENT},
		{S("{\"type\":2}"), ST_ABSENT},
		{S("{\"type\":6}"), ST_OK},
		{S("{\"type\":1,\"text\":null}"), ST_ABSENT},
		{S("{\"type\":1,\"text\":\"\",\"id\":null}"), ST_OK},
		{S("{\"type\":6,\"seq\":null,\"token\":null}"), ST_OK},
		{S("{\"type\":1,\"text\":[\"a\"]}"), ST_TYPE},
		{S("{\"type\":1,\"text\":{}}"), ST_TYPE},
		{S("{\"type\":1,\"id\":7}"), ST_TYPE},
		{S("{\"type\":6,\"v\":\"1\"}"), ST_TYPE},
		{S("{\"type\":6,\"v\":1.0}"), ST_TYPE},
		{S("{\"type\":6,\"v\":true}"), ST_TYPE},
		/* ranges */
		{S("{\"type\":6,\"v\":-1}"), ST_RANGE},
		{S("{\"type\":6,\"v\":1000}"), ST_OK},
		{S("{\"type\":6,\"v\":1001}"), ST_RANGE},
		{S("{\"type\":6,\"seq\":9007199254740991}"), ST_OK},
		{S("{\"type\":6,\"seq\":9007199254740992}"), ST_RANGE},
		{S("{\"type\":6,\"seq\":-0}"), ST_OK},
		{S("{\"type\":6,\"seq\":9223372036854775807}"), ST_RANGE},
		{S("{\"type\":6,\"seq\":-9223372036854775808}"), ST_RANGE},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		enum status st = read_status(cases[i].frame);

		if (st != cases[i].st)
			fail_msg("case %zu: %.*s: %s, expected %s", i,
				 SLICE_ARGS(cases[i].frame), status_text(st),
				 status_text(cases[i].st));
	}
}

static void w7_nesting_is_bounded(void **state)
{
	(void)state;
	for (size_t depth = 0; depth < 50; depth++) {
		char frame[256] = "{\"type\":6,\"x\":";

		for (size_t i = 0; i < depth; i++)
			strcat(frame, "[");
		strcat(frame, "0");
		for (size_t i = 0; i < depth; i++)
			strcat(frame, "]");
		strcat(frame, "}");
		assert_int_equal(read_status(slice_of(frame)),
				 1 + depth <= BROWSER_DEPTH ? ST_OK : ST_DEPTH);
	}
	/* Brackets in strings are none, escaped quotes do not end one. */
	assert_int_equal(read_status(S("{\"type\":1,\"text\":\"[[[[[[[[[[[[{{{{{{{\"}")),
			 ST_OK);
	assert_int_equal(read_status(S("{\"type\":1,\"text\":\"\\\"[[[[[[[[[[[[\\\\\"}")),
			 ST_OK);
	assert_int_equal(read_status(S("{\"type\":6,\"[[[[[[[[[[[[\":1}")), ST_OK);
	/* Side by side is not deep. */
	assert_int_equal(
		read_status(S("{\"type\":6,\"x\":[[],[],[],[],[],[],[],[],[],[]]}")),
		ST_OK);
	assert_int_equal(read_status(S("]]]]]]]]]{\"type\":1}")), ST_TYPE);
}

static void a_very_deep_frame_is_refused_quickly(void **state)
{
	enum { N = 72 << 10 };
	char *frame = xcalloc(N, 1);

	(void)state;
	memset(frame, '[', N);
	for (int i = 0; i < 100; i++)
		assert_int_equal(read_status((struct slice){frame, N}), ST_DEPTH);
	memset(frame, '{', N);
	assert_int_equal(read_status((struct slice){frame, N}), ST_DEPTH);
	free(frame);
}

/* Each text at its limit and one byte over it. */
static void fields_have_limits_and_are_never_cut(void **state)
{
	static const struct {
		const char *head;
		size_t most;
	} cases[] = {
		{"{\"type\":0,\"text\":\"", 4096},
		{"{\"type\":1,\"text\":\"", 65536},
		{"{\"type\":1,\"text\":\"\",\"id\":\"", 64},
		{"{\"type\":2,\"text\":\"", 32},
		{"{\"type\":2,\"text\":\"\",\"ticket\":\"", 64},
		{"{\"type\":2,\"text\":\"\",\"epoch\":\"", 16},
		{"{\"type\":6,\"token\":\"", 64},
		{"{\"type\":6,\"ticket\":\"", 64},
		{"{\"type\":6,\"epoch\":\"", 16},
	};
	char *frame = xcalloc(70000, 1);

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		for (size_t over = 0; over < 2; over++) {
			size_t head = strlen(cases[i].head), n = cases[i].most + over;

			memcpy(frame, cases[i].head, head);
			memset(frame + head, 'x', n);
			memcpy(frame + head + n, "\"}", 2);
			assert_int_equal(read_status((struct slice){frame, head + n + 2}),
					 over == 0 ? ST_OK : ST_LONG);
		}
	}
	free(frame);
}

static void a_text_that_is_too_long_still_has_its_id(void **state)
{
	char *frame = xcalloc(70000, 1);
	static const char head[] = "{\"type\":1,\"text\":\"",
			  tail[] = "\",\"id\":\"x1\"}";
	struct browser_msg m;
	size_t n = sizeof head - 1;

	(void)state;
	memcpy(frame, head, n);
	memset(frame + n, 'x', 65537);
	n += 65537;
	memcpy(frame + n, tail, sizeof tail - 1);
	n += sizeof tail - 1;
	assert_int_equal(browser_read((struct slice){frame, n}, &m), ST_LONG);
	assert_int_equal(m.type, BROWSER_TEXT);
	assert_true(slice_equal(m.u.text.id, S("x1")));
	assert_int_equal(m.u.text.text.len, 0);
	browser_msg_free(&m);
	free(frame);
}

/* Random changes of good frames: never a crash, and what is taken is valid. */
static void w7_changed_frames_are_refused_or_valid(void **state)
{
	static const char *const seeds[] = {
		"{\"type\":0,\"text\":\"ann\\nann@a.example\",\"v\":1}",
		"{\"type\":1,\"id\":\"abc\",\"text\":\"h\\u00e9llo \\ud83d\\ude00 \xc3\xa9\"}",
		"{\"type\":2,\"text\":\"12345678\",\"ticket\":\"t\",\"seq\":12}",
		"{\"type\":6,\"token\":\"x\",\"epoch\":\"ff\",\"x\":[[{\"y\":[1.5e3,null]}]]}",
	};
	static const char interesting[] = "{}[]\",:\\u0d8n1e.-\0\xff\xc3 ";
	uint64_t r = 42;

	(void)state;
	for (size_t i = 0; i < 30000; i++) {
		char frame[128];
		size_t len = strlen(seeds[i % NELEMS(seeds)]);
		struct browser_msg m;

		memcpy(frame, seeds[i % NELEMS(seeds)], len);
		for (size_t k = 0; k < 1 + i % 3; k++) {
			size_t at;

			r = r * 6364136223846793005u + 1442695040888963407u;
			at = (size_t)(r >> 33) % len;
			if (r >> 62 == 0)
				len = at + 1;
			else if (r >> 62 == 1)
				frame[at] = (char)(r >> 20);
			else
				frame[at] =
					interesting[(r >> 20) % (sizeof interesting - 1)];
		}
		if (browser_read((struct slice){frame, len}, &m) == ST_OK &&
		    m.type == BROWSER_TEXT) {
			assert_true(utf8_is_valid(m.u.text.text));
			assert_true(m.u.text.text.len == 0 ||
				    memchr(m.u.text.text.ptr, '\0', m.u.text.text.len) ==
					    NULL);
			assert_in_range(m.u.text.id.len, 0, 64);
		}
		browser_msg_free(&m);
	}
}

static void questions_about_people_are_read(void **state)
{
	static const struct {
		const char *json;
		enum status status;
		bool everywhere;
	} cases[] = {
		{"{\"type\":14}", ST_OK, false},
		{"{\"type\":14,\"everywhere\":true}", ST_OK, true},
		{"{\"type\":14,\"everywhere\":false}", ST_OK, false},
		{"{\"type\":14,\"everywhere\":null}", ST_OK, false},
		{"{\"type\":14,\"everywhere\":1}", ST_TYPE, false},
		{"{\"type\":14,\"everywhere\":\"true\"}", ST_TYPE, false},
		{"{\"type\":13}", ST_OK, false},
		{"{\"type\":13,\"text\":\"unknown keys are ignored\"}", ST_OK, false},
		{"{\"type\":12,\"people\":[]}", ST_UNKNOWN, false},
		{"{\"type\":15}", ST_UNKNOWN, false},
	};
	struct browser_msg m;

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		assert_int_equal(browser_read(slice_of(cases[i].json), &m),
				 cases[i].status);
		if (m.type == BROWSER_SIGN_OUT && cases[i].status == ST_OK)
			assert_int_equal(m.u.sign_out.everywhere, cases[i].everywhere);
		browser_msg_free(&m);
	}
	assert_int_equal(browser_read(S("{\"type\":11,\"after\":\"ann\"}"), &m), ST_OK);
	assert_true(slice_equal(m.u.who.after, S("ann")));
	browser_msg_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_read_into_their_fields),
		cmocka_unit_test(w7_what_is_not_exactly_json_is_refused),
		cmocka_unit_test(w7_nesting_is_bounded),
		cmocka_unit_test(a_very_deep_frame_is_refused_quickly),
		cmocka_unit_test(fields_have_limits_and_are_never_cut),
		cmocka_unit_test(a_text_that_is_too_long_still_has_its_id),
		cmocka_unit_test(w7_changed_frames_are_refused_or_valid),
		cmocka_unit_test(questions_about_people_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
