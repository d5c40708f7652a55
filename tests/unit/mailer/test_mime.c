/* The encodings, against values worked out by hand or with Python. */
#include "mailer/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

static void bodies_become_quoted_printable(void **state)
{
	static const struct {
		const char *text, *encoded;
	} cases[] = {
		{"", ""},
		{"a\nb", "a\r\nb"},
		{"a=b", "a=3Db"},
		{"\xc3\xbc", "=C3=BC"},
		{"end \nend\t\nend ", "end=20\r\nend=09\r\nend=20"},
		{"in side", "in side"},
		{"\r\x7f", "=0D=7F"},
		{".\n", ".\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char *encoded = mime_quoted_printable(slice_of(cases[i].text));

		assert_string_equal(encoded, cases[i].encoded);
		free(encoded);
	}
}

static void long_lines_are_broken_softly(void **state)
{
	char text[500];
	char *encoded;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		memset(text, i == 0 ? 'x' : '=', sizeof text);
		encoded = mime_quoted_printable((struct slice){text, sizeof text});
		for (char *line = encoded, *end; line != NULL; line = end) {
			end = strstr(line, "\r\n");
			assert_true((end == NULL ? strlen(line) : (size_t)(end - line)) <=
				    76);
			if (end == NULL)
				break;
			assert_int_equal(end[-1], '=');
			end += 2;
		}
		free(encoded);
	}
}

static void headers_become_encoded_words_when_they_must(void **state)
{
	static const struct {
		const char *text, *encoded;
	} cases[] = {
		{"Your Plume code", "Your Plume code"},
		{"\xc3\xbc", "=?utf-8?B?w7w=?="},
		{"=?utf-8?B?w7w=?=", "=?utf-8?B?PT91dGYtOD9CP3c3dz0/PQ==?="},
		{"a\r\nb", "=?utf-8?B?YQ0KYg==?="},
		/* 39 bytes in a word: the two of the last character go into the next */
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xbc",
		 "=?utf-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\r\n"
		 " =?utf-8?B?w7w=?="},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char *encoded = mime_header_text(slice_of(cases[i].text));

		assert_string_equal(encoded, cases[i].encoded);
		free(encoded);
	}
}

static void dates_are_those_of_mail(void **state)
{
	char date[MIME_DATE_CAP];

	(void)state;
	mime_date(0, date);
	assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 +0000");
	mime_date(1769860980999, date);
	assert_string_equal(date, "Sat, 31 Jan 2026 12:03:00 +0000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_become_quoted_printable),
		cmocka_unit_test(long_lines_are_broken_softly),
		cmocka_unit_test(headers_become_encoded_words_when_they_must),
		cmocka_unit_test(dates_are_those_of_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
