/* Which ways for letters there are, and who is trusted with a password. */
#include "mailer/transport_spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/attr.h"

static void ways_are_understood(void **state)
{
	static const struct {
		const char *text;
		struct transport_spec spec;
	} cases[] = {
		{"maildir:mail/x", {TRANSPORT_MAILDIR, "mail/x", 0, false}},
		{"smtp://mail.example", {TRANSPORT_SMTP, "mail.example", 25, false}},
		{"smtp://127.0.0.1:2525", {TRANSPORT_SMTP, "127.0.0.1", 2525, true}},
		{"smtp://localhost", {TRANSPORT_SMTP, "localhost", 25, true}},
		{"smtp://[::1]:26", {TRANSPORT_SMTP, "::1", 26, true}},
		{"smtp://[2001:db8::1]", {TRANSPORT_SMTP, "2001:db8::1", 25, false}},
		{"smtps://mail.example", {TRANSPORT_SMTPS, "mail.example", 465, false}},
		{"smtp://127.0.0.1.evil.example",
		 {TRANSPORT_SMTP, "127.0.0.1.evil.example", 25, false}},
		{"mailgun:mg.example.org",
		 {TRANSPORT_MAILGUN, "mg.example.org", 0, false}},
	};
	struct transport_spec spec;

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		assert_int_equal(transport_spec_parse(cases[i].text, &spec), ST_OK);
		assert_int_equal(spec.kind, cases[i].spec.kind);
		assert_string_equal(spec.where, cases[i].spec.where);
		assert_int_equal(spec.port, cases[i].spec.port);
		assert_int_equal(spec.loopback, cases[i].spec.loopback);
	}
}

static void other_ways_are_refused(void **state)
{
	static const char *const unknown[] = {"", "mail", "sendmail:", "SMTP://x",
					      "http://x"};
	static const char *const bad[] = {
		"maildir:",       "smtp://",       "smtp://:25",    "smtp://a:0",
		"smtp://a:65536", "smtp://a:+5",   "smtp://a:",     "smtp://a/b",
		"smtp://u:p@a",   "smtp://a b",    "smtp://[::1",   "smtp://[::1]x",
		"smtp://[a]",     "smtp://[::1]:", "smtp://-a",     "mailgun:",
		"mailgun:a/../b", "mailgun:a?b",   "smtp://a\r\nb",
	};
	struct transport_spec spec;

	(void)state;
	for (size_t i = 0; i < NELEMS(unknown); i++)
		assert_int_equal(transport_spec_parse(unknown[i], &spec), ST_UNKNOWN);
	for (size_t i = 0; i < NELEMS(bad); i++) {
		if (transport_spec_parse(bad[i], &spec) != ST_RANGE)
			fail_msg("%s", bad[i]);
	}
}

static void tls_and_passwords_go_together(void **state)
{
	static const struct {
		const char *way;
		enum transport_tls asked;
		bool user;
		bool accepted;
		enum transport_tls given;
	} cases[] = {
		{"smtp://mail.example", TLS_AUTO, false, true, TLS_REQUIRED},
		{"smtp://mail.example", TLS_AUTO, true, true, TLS_REQUIRED},
		{"smtp://127.0.0.1", TLS_AUTO, false, true, TLS_OPPORTUNISTIC},
		{"smtp://127.0.0.1", TLS_AUTO, true, true, TLS_REQUIRED},
		{"smtp://127.0.0.1", TLS_NEVER, true, true, TLS_NEVER},
		{"smtp://mail.example", TLS_NEVER, false, true, TLS_NEVER},
		{"smtp://mail.example", TLS_NEVER, true, false, TLS_NEVER},
		{"smtp://127.0.0.1", TLS_OPPORTUNISTIC, true, false, TLS_OPPORTUNISTIC},
		{"smtps://127.0.0.1", TLS_NEVER, false, false, TLS_NEVER},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct transport_facts facts = {.smtp_user = cases[i].user,
						.smtp_password = cases[i].user};
		enum transport_tls tls = cases[i].asked;
		struct transport_spec spec;

		assert_int_equal(transport_spec_parse(cases[i].way, &spec), ST_OK);
		assert_int_equal(transport_spec_check(&spec, &facts, &tls) == NULL,
				 cases[i].accepted);
		if (cases[i].accepted)
			assert_int_equal(tls, cases[i].given);
	}
}

static void what_is_missing_is_named(void **state)
{
	struct transport_facts none = {.mailgun_url = "https://api.example/v3"};
	struct transport_facts production = {.production = true};
	struct transport_facts user = {.smtp_user = true};
	struct transport_facts password = {.smtp_password = true};
	enum transport_tls tls = TLS_AUTO;
	struct transport_spec maildir, smtp, mailgun;

	(void)state;
	assert_int_equal(transport_spec_parse("maildir:x", &maildir), ST_OK);
	assert_int_equal(transport_spec_parse("smtp://x", &smtp), ST_OK);
	assert_int_equal(transport_spec_parse("mailgun:x", &mailgun), ST_OK);
	assert_null(transport_spec_check(&maildir, &none, &tls));
	assert_non_null(transport_spec_check(&maildir, &production, &tls));
	assert_non_null(transport_spec_check(&smtp, &user, &tls));
	assert_non_null(transport_spec_check(&smtp, &password, &tls));
	assert_non_null(transport_spec_check(&mailgun, &none, &tls));
	none.mailgun_key = true;
	assert_null(transport_spec_check(&mailgun, &none, &tls));
	none.mailgun_url = "http://api.example/v3";
	assert_non_null(transport_spec_check(&mailgun, &none, &tls));
}

static void api_urls_are_https_or_of_this_host(void **state)
{
	(void)state;
	assert_true(transport_api_url_is_valid("https://api.mailgun.net/v3"));
	assert_true(transport_api_url_is_valid("https://api.mailgun.net:8443/"));
	assert_true(transport_api_url_is_valid("http://127.0.0.1:8080/v3"));
	assert_true(transport_api_url_is_valid("http://[::1]:8080"));
	assert_false(transport_api_url_is_valid("http://api.mailgun.net/v3"));
	assert_false(transport_api_url_is_valid("http://127.0.0.1@evil.example/"));
	assert_false(transport_api_url_is_valid("https://u:p@api.mailgun.net/"));
	assert_false(transport_api_url_is_valid("https://api.mailgun.net/?x"));
	assert_false(transport_api_url_is_valid("ftp://api.mailgun.net/"));
	assert_false(transport_api_url_is_valid("https://"));
	assert_false(transport_api_url_is_valid(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways_are_understood),
		cmocka_unit_test(other_ways_are_refused),
		cmocka_unit_test(tls_and_passwords_go_together),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(api_urls_are_https_or_of_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
