/* What of a dialogue is shown, and what is advised after it. */
#include "mailer/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/memory.h"
#include "mailer/advice.h"

static void m6_what_authenticates_is_never_shown(void **state)
{
	static const struct {
		enum talk_who who;
		const char *line, *shown;
	} lines[] = {
		{TALK_WE, "EHLO here", "EHLO here"},
		{TALK_WE, "AUTH PLAIN AHBsdW1lAGh1bnRlcjI=", "AUTH PLAIN ***"},
		{TALK_WE, "auth plain AHBsdW1lAGh1bnRlcjI=", "auth plain ***"},
		{TALK_WE, "AUTH LOGIN", "AUTH LOGIN"},
		{TALK_THEY, "334 VXNlcm5hbWU6", "334 VXNlcm5hbWU6"},
		{TALK_WE, "cGx1bWU=", "***"},
		{TALK_THEY, "334 UGFzc3dvcmQ6", "334 UGFzc3dvcmQ6"},
		{TALK_WE, "aHVudGVyMg==", "***"},
		{TALK_THEY, "235 ok", "235 ok"},
		{TALK_WE, "MAIL FROM:<a@b.example>", "MAIL FROM:<a@b.example>"},
		{TALK_WE, "Authorization: Basic YXBpOmtleQ==", "Authorization: ***"},
		{TALK_WE, "authorization: Basic YXBpOmtleQ==", "authorization: ***"},
	};
	struct talk t = {0};
	char shown[TALK_CAP];

	(void)state;
	for (size_t i = 0; i < NELEMS(lines); i++) {
		assert_true(talk_show(&t, lines[i].who, slice_of(lines[i].line), shown));
		assert_string_equal(shown, lines[i].shown);
	}
}

static void few_words_of_curl_are_worth_showing(void **state)
{
	struct talk t = {0};
	char shown[TALK_CAP];

	(void)state;
	assert_true(talk_show(&t, TALK_CURL, S("Connected to a.example port 25"), shown));
	assert_false(
		talk_show(&t, TALK_CURL, S("Server auth using Basic with 'api'"), shown));
	assert_false(talk_show(&t, TALK_WE, S(""), shown));
	assert_true(talk_show(&t, TALK_THEY, S("220 \x1b]0;owned\x07"), shown));
	assert_string_equal(shown, "220 \\x1b]0;owned\\x07");
}

static void every_failure_has_its_advice(void **state)
{
	static const struct {
		enum transport_kind kind;
		int code;
		const char *said, *expected;
	} cases[] = {
		{TRANSPORT_SMTP, 535, "", "--smtp-user"},
		{TRANSPORT_SMTP, 451, "", "greylisting"},
		{TRANSPORT_SMTP, 554, "", "SPF"},
		{TRANSPORT_SMTP, 599, "", "refuses for good"},
		{TRANSPORT_SMTP, 0, "Could not resolve host: x", "DNS"},
		{TRANSPORT_SMTP, 0, "Failed to connect", "firewall"},
		{TRANSPORT_SMTPS, 0, "SSL certificate problem", "--smtp-ca"},
		{TRANSPORT_SMTP, 0, "Requested SSL level failed", "STARTTLS"},
		{TRANSPORT_SMTP, 0, "?", "log"},
		{TRANSPORT_MAILGUN, 401, "", "key"},
		{TRANSPORT_MAILGUN, 404, "", "EU"},
		{TRANSPORT_MAILGUN, 503, "", "Mailgun"},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct delivery_result r = {.code = cases[i].code};

		assert_true(fmt(r.detail, sizeof r.detail, "%s", cases[i].said));
		assert_non_null(strstr(advice_on(cases[i].kind, &r), cases[i].expected));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(m6_what_authenticates_is_never_shown),
		cmocka_unit_test(few_words_of_curl_are_worth_showing),
		cmocka_unit_test(every_failure_has_its_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
