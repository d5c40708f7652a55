/* What stands in a letter, and what may never stand in its headers. */
#include "mailer/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/memory.h"

static const struct letter_style plain_style = {"plume@example.org", "Plume", NULL, true};

static struct letter_facts facts(void)
{
	return (struct letter_facts){
		.number = 7,
		.reference = S("K7Q-2M"),
		.email = S("ann@a.example"),
		.name = S("Ann"),
		.code = S("48291357"),
		.asked_ms = 1769860980000, /* 2026-01-31 12:03:00 UTC */
		.end_ms = 1769861580000,   /* ten minutes later */
		.salt = 0xabcdef,
	};
}

static struct letter *write_letter(const struct letter_style *style,
				   struct letter_facts f)
{
	struct letter *l;

	assert_int_equal(letter_new(style, &f, &l), ST_OK);
	return l;
}

/* The headers are what stands before the first empty line. */
static void assert_headers(const struct letter *l, const char *expected)
{
	const char *end = strstr(l->message, "\r\n\r\n");

	assert_non_null(end);
	assert_int_equal((size_t)(end - l->message) + 2, strlen(expected));
	assert_memory_equal(l->message, expected, strlen(expected));
}

static const char expected_headers[] =
	"Date: Sat, 31 Jan 2026 12:03:00 +0000\r\n"
	"From: plume@example.org\r\n"
	"To: ann@a.example\r\n"
	"Message-ID: <plume.7.0000000000abcdef@example.org>\r\n"
	"Subject: Your Plume login code is 48291357\r\n"
	"Auto-Submitted: auto-generated\r\n"
	"X-Auto-Response-Suppress: All\r\n"
	"Content-Language: en\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: multipart/alternative; boundary=\"=_plume_0000000000abcdef\"\r\n";

static void headers_are_exactly_these(void **state)
{
	struct letter *l = write_letter(&plain_style, facts());

	(void)state;
	assert_headers(l, expected_headers);
	letter_free(&l);
	assert_null(l);
}

static void no_name_changes_a_header(void **state)
{
	static const char *const names[] = {
		"Bcc: x@y.example",
		"\r\nBcc: x@y.example\r\n\r\nbody",
		"=?utf-8?q?Bcc?=",
		("\xe2\x80\xa8"
		 "Bcc: x\xc2\x85y"),
		".\r\n.\r\n",
		"--=_plume_0000000000abcdef--",
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(names); i++) {
		struct letter_facts f = facts();
		struct letter *l;

		f.name = slice_of(names[i]);
		l = write_letter(&plain_style, f);
		assert_headers(l, expected_headers);
		assert_null(strstr(l->message, "\r\nBcc"));
		assert_null(strstr(l->text, "\nBcc"));
		letter_free(&l);
	}
}

static void both_bodies_carry_the_code_and_its_end(void **state)
{
	struct letter *l = write_letter(&plain_style, facts());

	(void)state;
	assert_non_null(strstr(l->text, "Hello Ann,\n"));
	assert_non_null(strstr(l->text, "\n    48291357\n"));
	assert_non_null(strstr(l->html, "48291357"));
	assert_non_null(strstr(l->text, "until 12:13 UTC"));
	assert_non_null(strstr(l->html, "until 12:13 UTC"));
	assert_non_null(strstr(l->text, "reference K7Q-2M"));
	assert_null(strstr(l->text, "http"));
	assert_null(strstr(l->html, "href"));
	assert_non_null(strstr(l->message, "\r\n    48291357\r\n"));
	letter_free(&l);
}

static void a_code_without_end_has_no_until(void **state)
{
	struct letter_facts f = facts();
	struct letter *l;

	(void)state;
	f.end_ms = 0;
	l = write_letter(&plain_style, f);
	assert_non_null(strstr(l->text, "It works once.\n"));
	letter_free(&l);
}

static void subject_can_be_without_the_code(void **state)
{
	struct letter_style style = plain_style;
	struct letter *l;

	(void)state;
	style.code_in_subject = false;
	l = write_letter(&style, facts());
	assert_string_equal(l->subject, "Your Plume login code");
	letter_free(&l);
}

static void a_room_of_other_letters_is_encoded_in_the_subject(void **state)
{
	struct letter_style style = plain_style;
	struct letter *l;

	(void)state;
	style.room = "Pl\xc3\xbcm";
	l = write_letter(&style, facts());
	assert_string_equal(l->subject, "Your Pl\xc3\xbcm login code is 48291357");
	assert_non_null(
		strstr(l->message,
		       "\r\nSubject: "
		       "=?utf-8?B?WW91ciBQbMO8bSBsb2dpbiBjb2RlIGlzIDQ4MjkxMzU3?=\r\n"));
	letter_free(&l);
}

/* RFC 2047 2: a line with an encoded word has at most 76 characters. */
static void a_long_room_makes_no_line_too_long(void **state)
{
	struct letter_style style = plain_style;
	struct slice rest, line;
	struct letter *l;

	(void)state;
	style.room = "Sch\xc3\xb6ne Plauderstube am See";
	l = write_letter(&style, facts());
	rest = slice_of(strstr(l->message, "Subject: "));
	slice_cut(rest, '\n', &line, &rest);
	assert_in_range(line.len, 60, 76 + 1); /* CR */
	assert_true(slice_starts(rest, S(" =?utf-8?B?")));
	letter_free(&l);
}

static void a_name_is_escaped_in_html_and_makes_no_link(void **state)
{
	struct letter_facts f = facts();
	struct letter *l;

	(void)state;
	f.name = S("<a href='x'>&\"buy.example");
	l = write_letter(&plain_style, f);
	assert_non_null(strstr(l->html,
			       "&lt;a href=&#39;x&#39;&gt;&amp;&quot;buy.\xe2\x81\xa0"
			       "example"));
	assert_null(strstr(l->html, "<a "));
	assert_null(strstr(l->text, "buy.example"));
	letter_free(&l);
}

static void a_name_loses_what_cannot_be_seen(void **state)
{
	struct letter_facts f = facts();
	struct letter *l;

	(void)state;
	f.name = S("A\x01n\x7f\xe2\x80\xaen\xe2\x80\x8b\r\n!");
	l = write_letter(&plain_style, f);
	assert_non_null(strstr(l->text, "Hello Ann!,\n"));
	f.name = S("\x01");
	letter_free(&l);
	l = write_letter(&plain_style, f);
	assert_non_null(strstr(l->text, "Hello,\n"));
	letter_free(&l);
}

static void public_url_is_the_only_link(void **state)
{
	struct letter_style style = plain_style;
	struct letter *l;

	(void)state;
	style.public_url = "https://chat.example/?a=1&b=2";
	l = write_letter(&style, facts());
	assert_non_null(strstr(l->text, "\nhttps://chat.example/?a=1&b=2\n"));
	assert_non_null(
		strstr(l->html, "<a href=\"https://chat.example/?a=1&amp;b=2\">"));
	letter_free(&l);
}

static void lines_are_short_and_end_in_crlf(void **state)
{
	char name[120];
	struct letter_style style = plain_style;
	struct letter_facts f = facts();
	struct letter *l;
	size_t column = 0;

	(void)state;
	memset(name, '.', sizeof name);
	f.name = (struct slice){name, sizeof name};
	style.room =
		"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
		"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
		"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc";
	l = write_letter(&style, f);
	for (const char *c = l->message; *c != '\0'; c++) {
		assert_true((unsigned char)*c < 0x80);
		assert_true(*c != '\n' || c[-1] == '\r');
		column = *c == '\n' ? 0 : column + 1;
		assert_true(column <= 90); /* 76 in bodies, 75 and the name in headers */
	}
	assert_int_equal(l->message_len, strlen(l->message));
	letter_free(&l);
}

static void a_letter_with_a_bad_field_is_not_written(void **state)
{
	struct letter *l;
	struct letter_facts bad[3] = {facts(), facts(), facts()};

	(void)state;
	bad[0].email = S("ann@a.example\r\nBcc: x@y.z");
	bad[1].code = S("1234\r\n5678");
	bad[2].reference = S("K7Q 2M");
	for (size_t i = 0; i < NELEMS(bad); i++) {
		assert_int_equal(letter_new(&plain_style, &bad[i], &l), ST_RANGE);
		assert_null(l);
	}
}

static void rooms_and_urls_are_checked(void **state)
{
	(void)state;
	assert_true(letter_room_is_valid(S("Pl\xc3\xbcme & more")));
	assert_false(letter_room_is_valid(S("")));
	assert_false(letter_room_is_valid(S(" Plume")));
	assert_false(letter_room_is_valid(S("Plume\r\nBcc: x")));
	assert_false(letter_room_is_valid(S("Pl\xfcme")));
	assert_false(letter_room_is_valid(S("a\xe2\x80\xa8z")));
	assert_true(letter_url_is_valid(S("https://chat.example/")));
	assert_false(letter_url_is_valid(S("javascript:alert(1)")));
	assert_false(letter_url_is_valid(S("https://chat.example/\"x")));
	assert_false(letter_url_is_valid(S("https://chat.example/ x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_exactly_these),
		cmocka_unit_test(no_name_changes_a_header),
		cmocka_unit_test(both_bodies_carry_the_code_and_its_end),
		cmocka_unit_test(a_code_without_end_has_no_until),
		cmocka_unit_test(subject_can_be_without_the_code),
		cmocka_unit_test(a_room_of_other_letters_is_encoded_in_the_subject),
		cmocka_unit_test(a_long_room_makes_no_line_too_long),
		cmocka_unit_test(a_name_is_escaped_in_html_and_makes_no_link),
		cmocka_unit_test(a_name_loses_what_cannot_be_seen),
		cmocka_unit_test(public_url_is_the_only_link),
		cmocka_unit_test(lines_are_short_and_end_in_crlf),
		cmocka_unit_test(a_letter_with_a_bad_field_is_not_written),
		cmocka_unit_test(rooms_and_urls_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
