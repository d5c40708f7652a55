/* What browsers are sent, read back by a JSON library that did not write it. */
#include "gateway/browser_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/memory.h"

static int setup(void **state)
{
	*state = xcalloc(1, sizeof(struct browser_out));
	return 0;
}

static int teardown(void **state)
{
	browser_out_fini(*state);
	free(*state);
	return 0;
}

/* The one object that was written; the writer is emptied. */
static json_t *parse(struct browser_out *t)
{
	struct slice s = browser_out_slice(t);
	json_t *tree =
		json_loadb(s.ptr, s.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	if (tree == NULL)
		fail_msg("no JSON: %.*s", SLICE_ARGS(s));
	browser_out_clear(t);
	return tree;
}

static void assert_json(struct browser_out *t, const char *expected)
{
	json_t *is = parse(t), *should = json_loads(expected, 0, NULL);

	assert_non_null(should);
	if (!json_equal(is, should)) {
		char *text = json_dumps(is, 0);

		fail_msg("%s is not %s", text, expected);
	}
	json_decref(is);
	json_decref(should);
}

static void messages_are_as_the_protocol_says(void **state)
{
	struct browser_out *t = *state;
	struct bus_post post = {.seq = 7,
				.time_ms = 1700000000000,
				.event = POST_TEXT,
				.name = S("ann"),
				.text = S("hi")};
	struct bus_admitted in = {.client = 1,
				  .name = S("ann"),
				  .token = S("tok"),
				  .after = 3,
				  .newest = 9,
				  .resumed = false};
	struct bus_waiting wait = {.name = S("ann"),
				   .expires_ms = 600000,
				   .resend_ms = 60000,
				   .mail = MAIL_SENT,
				   .sender = S("room@plume.example")};
	struct bus_accepted yes = {.id = S("x1"), .seq = 7};
	json_t *tree;

	browser_write_post(t, &post);
	assert_json(t,
		    "{\"type\":1,\"user\":{\"name\":\"ann\"},\"text\":\"hi\",\"seq\":7,"
		    "\"ts\":1700000000000}");
	post.event = POST_ENTERED;
	post.id = S("id\"1");
	browser_write_post(t, &post);
	assert_json(t,
		    "{\"type\":1,\"user\":{\"name\":\"ann\"},\"text\":\"hi\",\"seq\":7,"
		    "\"ts\":1700000000000,\"id\":\"id\\\"1\",\"event\":\"entered\"}");
	post.event = POST_LEFT;
	post.id = S("");
	browser_write_post(t, &post);
	assert_json(t,
		    "{\"type\":1,\"user\":{\"name\":\"ann\"},\"text\":\"hi\",\"seq\":7,"
		    "\"ts\":1700000000000,\"event\":\"left\"}");
	post.mentions = S("ann");
	browser_write_post(t, &post);
	assert_json(t,
		    "{\"type\":1,\"user\":{\"name\":\"ann\"},\"text\":\"hi\",\"seq\":7,"
		    "\"ts\":1700000000000,\"event\":\"left\",\"mentions\":[\"ann\"]}");
	post.event = POST_TEXT;
	post.mark = S("a1");
	post.mentions = S("ann b.c \xd1\x8f");
	browser_write_post(t, &post);
	assert_json(t,
		    "{\"type\":1,\"user\":{\"name\":\"ann\"},\"text\":\"hi\",\"seq\":7,"
		    "\"ts\":1700000000000,\"mark\":\"a1\","
		    "\"mentions\":[\"ann\",\"b.c\",\"\xd1\x8f\"]}");
	post.mentions = S("a\"] \n"); /* of a broker that was taken over */
	post.mark = S("");
	browser_write_post(t, &post);
	assert_json(t,
		    "{\"type\":1,\"user\":{\"name\":\"ann\"},\"text\":\"hi\",\"seq\":7,"
		    "\"ts\":1700000000000,\"mentions\":[\"a\\\"]\",\"\\n\"]}");
	post.mentions = S("");
	post.event = 99; /* of a newer broker */
	post.seq = UINT64_C(9007199254740991);
	browser_write_post(t, &post);
	assert_json(t, "{\"type\":1,\"user\":{\"name\":\"ann\"},\"text\":\"hi\","
		       "\"seq\":9007199254740991,\"ts\":1700000000000}");
	browser_write_line(t, S("plumebot"), S("welcome"));
	assert_json(t,
		    "{\"type\":1,\"user\":{\"name\":\"plumebot\"},\"text\":\"welcome\"}");
	browser_write_legacy_ack(t, S("ann"));
	assert_json(t, "{\"type\":3,\"user\":{\"name\":\"ann\"},\"text\":\"\"}");
	browser_write_accepted(t, &yes);
	assert_json(t, "{\"type\":9,\"user\":{\"name\":\"\"},\"text\":\"\",\"id\":\"x1\","
		       "\"seq\":7}");
	browser_write_notice(t, "moving", "soon", 1500);
	assert_json(t, "{\"type\":10,\"user\":{\"name\":\"\"},\"text\":\"soon\","
		       "\"notice\":\"moving\",\"retry_in\":1500}");
	browser_write_waiting(t, &wait, S("tick"));
	assert_json(t, "{\"type\":7,\"user\":{\"name\":\"ann\"},\"text\":\"\","
		       "\"ticket\":\"tick\",\"digits\":8,\"expires_in\":600000,"
		       "\"resend_in\":60000,\"mail\":\"sent\","
		       "\"sender\":\"room@plume.example\",\"subject\":\"\"}");
	wait.subject = S("Your \"code\"");
	wait.reference = S("K7Q-2MX");
	wait.mailed_ms = 1700000000000;
	wait.mailers = 1;
	browser_write_waiting(t, &wait, S(""));
	assert_json(t, "{\"type\":7,\"user\":{\"name\":\"ann\"},\"text\":\"\","
		       "\"digits\":8,\"expires_in\":600000,\"resend_in\":60000,"
		       "\"mail\":\"sent\",\"sender\":\"room@plume.example\","
		       "\"subject\":\"Your \\\"code\\\"\",\"reference\":\"K7Q-2MX\","
		       "\"mailed_at\":1700000000000,\"mailers\":0}");
	wait = (struct bus_waiting){
		.name = S("ann"), .mail = MAIL_DEFERRED, .retry_ms = 20000, .mailers = 3};
	browser_write_waiting(t, &wait, S(""));
	assert_json(t, "{\"type\":7,\"user\":{\"name\":\"ann\"},\"text\":\"\","
		       "\"digits\":8,\"expires_in\":0,\"resend_in\":0,"
		       "\"mail\":\"deferred\",\"sender\":\"\",\"subject\":\"\","
		       "\"mail_retry_in\":20000,\"mailers\":2}");

	in.proof = S("prf");
	browser_write_ack(t, &in, UINT64_C(0xff));
	tree = parse(t);
	assert_int_equal(json_integer_value(json_object_get(tree, "type")), 3);
	assert_string_equal(json_string_value(json_object_get(tree, "token")), "tok");
	assert_string_equal(json_string_value(json_object_get(tree, "proof")), "prf");
	assert_string_equal(json_string_value(json_object_get(tree, "epoch")),
			    "00000000000000ff");
	json_decref(tree);
}

static void people_are_as_the_protocol_says(void **state)
{
	struct browser_out *t = *state;
	struct bus_post post = {.seq = 7,
				.time_ms = 9,
				.name = S("ann"),
				.text = S("hi"),
				.mark = S("abcd2345")};
	struct bus_admitted in = {.name = S("ann"), .mark = S("abcd2345")};
	struct bus_typing typing = {.name = S("ann"), .mark = S("abcd2345")};
	struct bus_present ann = {.name = S("ann"), .mark = S("abcd2345")};
	struct bus_present bot = {.name = S("b\"t")};
	json_t *tree;

	browser_write_post(t, &post);
	assert_json(t,
		    "{\"type\":1,\"user\":{\"name\":\"ann\"},\"text\":\"hi\",\"seq\":7,"
		    "\"ts\":9,\"mark\":\"abcd2345\"}");
	browser_write_ack(t, &in, 1);
	tree = parse(t);
	assert_string_equal(json_string_value(json_object_get(tree, "mark")), "abcd2345");
	json_decref(tree);
	browser_write_typing(t, &typing);
	assert_json(t, "{\"type\":13,\"user\":{\"name\":\"ann\"},\"text\":\"\","
		       "\"mark\":\"abcd2345\"}");
	browser_write_here(t);
	browser_write_here_end(t, false);
	assert_json(t, "{\"type\":12,\"user\":{\"name\":\"\"},\"text\":\"\","
		       "\"people\":[],\"more\":false}");
	browser_write_here(t);
	browser_write_here_person(t, &ann, true);
	browser_write_here_person(t, &bot, false);
	browser_write_here_end(t, true);
	assert_json(t, "{\"type\":12,\"user\":{\"name\":\"\"},\"text\":\"\",\"people\":["
		       "{\"name\":\"ann\",\"mark\":\"abcd2345\"},{\"name\":\"b\\\"t\"}],"
		       "\"more\":true}");
	browser_write_signed_out(t, REASON_SESSION_OVER, S(""));
	tree = parse(t);
	assert_int_equal(json_integer_value(json_object_get(tree, "type")), 15);
	assert_string_equal(json_string_value(json_object_get(tree, "reason")),
			    "session-over");
	assert_string_equal(json_string_value(json_object_get(tree, "text")),
			    reason_text(REASON_SESSION_OVER));
	json_decref(tree);
}

static void every_reason_has_a_name_and_a_text(void **state)
{
	struct browser_out *t = *state;

	for (uint64_t reason = 1; reason < 40; reason++) {
		json_t *tree;

		browser_write_reset(t, reason, S(""));
		tree = parse(t);
		assert_int_equal(json_integer_value(json_object_get(tree, "type")), 4);
		assert_string_equal(json_string_value(json_object_get(tree, "reason")),
				    reason_name(reason));
		assert_string_equal(json_string_value(json_object_get(tree, "text")),
				    reason_text(reason));
		json_decref(tree);
		browser_write_may_not_enter(t, S("a\"n"), reason, S(""));
		tree = parse(t);
		assert_int_equal(json_integer_value(json_object_get(tree, "type")), 5);
		assert_string_equal(json_string_value(json_object_get(
					    json_object_get(tree, "user"), "name")),
				    "a\"n");
		json_decref(tree);
		browser_write_refused(t, &(struct bus_refused){.reason = reason,
							       .id = S("i"),
							       .retry_ms = 5});
		tree = parse(t);
		assert_int_equal(json_integer_value(json_object_get(tree, "type")), 8);
		assert_int_equal(json_integer_value(json_object_get(tree, "retry_in")),
				 5);
		assert_string_equal(json_string_value(json_object_get(tree, "id")), "i");
		json_decref(tree);
		browser_write_refused(t, &(struct bus_refused){.reason = reason});
		tree = parse(t);
		assert_null(json_object_get(tree, "retry_in"));
		assert_null(json_object_get(tree, "id"));
		json_decref(tree);
	}
}

static void assert_words(struct browser_out *t, uint64_t type, const char *reason)
{
	json_t *tree = parse(t);

	assert_int_equal(json_integer_value(json_object_get(tree, "type")), type);
	assert_string_equal(json_string_value(json_object_get(tree, "reason")), reason);
	assert_string_equal(json_string_value(json_object_get(tree, "text")),
			    "Not \"today\", please.");
	json_decref(tree);
}

static void the_brokers_words_stand_instead_of_the_reasons_own(void **state)
{
	struct browser_out *t = *state;
	struct slice text = S("Not \"today\", please.");

	browser_write_reset(t, REASON_BANNED, text);
	assert_words(t, 4, "banned");
	browser_write_may_not_enter(t, S("ann"), REASON_NAME_BANNED, text);
	assert_words(t, 5, "name-banned");
	browser_write_refused(
		t, &(struct bus_refused){.reason = REASON_MUTED, .text = text});
	assert_words(t, 8, "muted");
	browser_write_signed_out(t, REASON_NETWORK_BANNED, text);
	assert_words(t, 15, "network-banned");
}

static void assert_round_trip(struct browser_out *t, struct slice text)
{
	json_t *tree, *s;

	browser_write_line(t, S("ann"), text);
	tree = parse(t);
	s = json_object_get(tree, "text");
	assert_int_equal(json_string_length(s), text.len);
	if (text.len > 0)
		assert_memory_equal(json_string_value(s), text.ptr, text.len);
	assert_int_equal(json_object_size(tree), 3);
	json_decref(tree);
}

static void every_character_survives_the_way(void **state)
{
	for (uint32_t c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 61) {
		char text[8];
		size_t n = 0;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		text[n++] = 'a';
		if (c < 0x80) {
			text[n++] = (char)c;
		} else if (c < 0x800) {
			text[n++] = (char)(0xc0 | c >> 6);
			text[n++] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			text[n++] = (char)(0xe0 | c >> 12);
			text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			text[n++] = (char)(0x80 | (c & 0x3f));
		} else {
			text[n++] = (char)(0xf0 | c >> 18);
			text[n++] = (char)(0x80 | (c >> 12 & 0x3f));
			text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			text[n++] = (char)(0x80 | (c & 0x3f));
		}
		text[n++] = 'b';
		assert_round_trip(*state, (struct slice){text, n});
	}
}

static void texts_that_look_like_json_stay_texts(void **state)
{
	static const char *const texts[] = {
		"",
		"\"",
		"\\",
		"\\\"",
		"\\\\",
		"\",\"type\":3,\"x\":\"",
		"\"}{\"type\":1",
		"\\u0022",
		"\n\r\t\b\f",
		"</script><script>alert(1)</script>",
		"\xe2\x80\xa8\xe2\x80\xa9", /* line and paragraph separators */
		"\x7f",
		"\x01\x02\x1f",
	};

	for (size_t i = 0; i < NELEMS(texts); i++)
		assert_round_trip(*state, slice_of(texts[i]));
}

/* Each byte of the worst text becomes six. */
static void the_longest_and_worst_text_fits(void **state)
{
	struct browser_out *t = *state;
	char *text = xcalloc(65536, 1);
	struct bus_post post = {.seq = UINT64_MAX,
				.time_ms = UINT64_MAX,
				.name = S("\x01\x01\x01"),
				.text = {text, 65536},
				.id = S("\x02")};

	memset(text, 0x01, 65536);
	assert_round_trip(t, post.text);
	browser_write_post(t, &post);
	assert_in_range(browser_out_slice(t).len, 6 * 65536, 6 * 65536 + 256);
	memset(text, '"', 65536);
	browser_out_clear(t);
	assert_round_trip(t, post.text);
	free(text);
}

static void no_raw_line_break_or_control_character_is_written(void **state)
{
	struct browser_out *t = *state;
	struct slice s;

	browser_write_line(t, S("a\nb"), S("\n\r\t\x01\x1f"));
	s = browser_out_slice(t);
	for (size_t i = 0; i < s.len; i++)
		assert_true((unsigned char)s.ptr[i] >= 0x20);
}

static void messages_follow_each_other_in_one_buffer(void **state)
{
	struct browser_out *t = *state;
	size_t first;

	browser_write_line(t, S("a"), S("1"));
	first = browser_out_slice(t).len;
	browser_write_line(t, S("a"), S("1"));
	assert_int_equal(browser_out_slice(t).len, 2 * first);
	assert_memory_equal(t->ptr, t->ptr + first, first);
	browser_out_clear(t);
	assert_int_equal(browser_out_slice(t).len, 0);
	browser_write_line(t, S("a"), S("1"));
	assert_int_equal(browser_out_slice(t).len, first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(messages_are_as_the_protocol_says),
		TEST(every_reason_has_a_name_and_a_text),
		TEST(the_brokers_words_stand_instead_of_the_reasons_own),
		TEST(every_character_survives_the_way),
		TEST(texts_that_look_like_json_stay_texts),
		TEST(the_longest_and_worst_text_fits),
		TEST(no_raw_line_break_or_control_character_is_written),
		TEST(messages_follow_each_other_in_one_buffer),
		TEST(people_are_as_the_protocol_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
