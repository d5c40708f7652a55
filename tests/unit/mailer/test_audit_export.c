/* Rows as lines, however hostile what stands in them is. */
#include "mailer/audit_export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "mailer/audit_story.h"

static struct audit_value text(const char *words)
{
	return (struct audit_value){.type = AUDIT_TEXT, .bytes = slice_of(words)};
}

static struct audit_value number(int64_t n)
{
	return (struct audit_value){.type = AUDIT_NUMBER, .number = n};
}

static struct audit_row row_of(const char *detail)
{
	struct audit_row row = {{{0}}};

	row.values[AUDIT_ID] = number(7);
	row.values[AUDIT_TIME_MS] = number(1769860980123);
	row.values[AUDIT_KIND] = text("attempt");
	row.values[AUDIT_REFERENCE] = text("K7Q-2MX");
	row.values[AUDIT_RESULT] = text("deferred");
	row.values[AUDIT_LETTER] = number(-1); /* 64 bits, all set */
	row.values[AUDIT_CODE] = number(450);
	row.values[AUDIT_DETAIL] = text(detail);
	return row;
}

/* The caller frees it. */
static char *write_row(enum audit_format format, const char *detail, const char *address)
{
	struct audit_row row = row_of(detail);
	char *written = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&written, &len);

	audit_export_row(out, format, &row, address);
	fclose(out);
	return written;
}

static void assert_row(enum audit_format format, const char *detail, const char *expected)
{
	char *written = write_row(format, detail, "ann@a.example");

	assert_string_equal(written, expected);
	free(written);
}

static void rows_are_csv_json_or_text(void **state)
{
	(void)state;
	assert_row(FORMAT_CSV, "450 greylisted",
		   "\"7\",\"2026-01-31T12:03:00.123Z\",\"attempt\",\"K7Q-2MX\","
		   "\"ann@a.example\",\"deferred\",,\"450\",,\"450 greylisted\",,,"
		   "\"18446744073709551615\",,,,\r\n");
	assert_row(
		FORMAT_JSONL, "450 greylisted",
		"{\"id\": 7, \"time\": \"2026-01-31T12:03:00.123Z\", \"kind\": "
		"\"attempt\", \"reference\": \"K7Q-2MX\", \"address\": "
		"\"ann@a.example\", \"result\": \"deferred\", \"code\": 450, \"detail\": "
		"\"450 greylisted\", \"letter\": \"18446744073709551615\"}\n");
	assert_row(FORMAT_TEXT, "450 greylisted",
		   "     7  2026-01-31T12:03:00.123Z  K7Q-2MX  attempt deferred code=450"
		   "  to ann@a.example  \"450 greylisted\"\n");
}

/* A cell is what stands between the quotes after the ninth comma. */
static void assert_cell(const char *detail, const char *expected)
{
	char *written = write_row(FORMAT_CSV, detail, "");
	const char *cell = strstr(written, ",\"450\",,");

	assert_non_null(cell);
	cell += strlen(",\"450\",,");
	assert_memory_equal(cell, expected, strlen(expected));
	assert_int_equal(cell[strlen(expected)], ',');
	free(written);
}

static void a5_csv_cells_are_no_formulas(void **state)
{
	(void)state;
	assert_cell("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"");
	assert_cell("+1", "\"'+1\"");
	assert_cell("-1", "\"'-1\"");
	assert_cell("@SUM(1)", "\"'@SUM(1)\"");
	assert_cell("\t=1", "\"'\\x09=1\"");
	assert_cell("\r=1", "\"'\\x0d=1\"");
	assert_cell("1=1", "\"1=1\"");
}

static void a5_json_is_the_same_text_without_what_a_spreadsheet_sees(void **state)
{
	char *written = write_row(FORMAT_JSONL, "=1+\"a\\b\"", "@x");

	(void)state;
	assert_non_null(strstr(written, "\"detail\": \"\\u003d1+\\\"a\\\\b\\\"\""));
	assert_non_null(strstr(written, "\"address\": \"\\u0040x\""));
	free(written);
}

static void a5_nothing_but_printable_ascii_leaves(void **state)
{
	char every[256];

	(void)state;
	for (int i = 1; i < 256; i++)
		every[i - 1] = (char)i;
	every[255] = '\0';
	for (int format = FORMAT_TEXT; format <= FORMAT_JSONL; format++) {
		char *written = write_row((enum audit_format)format, every, every);
		size_t len = strlen(written);

		for (size_t i = 0; i < len; i++)
			assert_true((written[i] >= ' ' && written[i] <= '~') ||
				    (i + 2 >= len && strchr("\r\n", written[i]) != NULL));
		free(written);
	}
}

/* SQLite keeps a text in a column of numbers when somebody puts it there. */
static void a5_a_time_that_is_no_number_is_escaped_too(void **state)
{
	struct audit_row row = row_of("450");
	char *written = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&written, &len);

	(void)state;
	row.values[AUDIT_TIME_MS] = text("\x1b[2J");
	audit_export_row(out, FORMAT_TEXT, &row, "");
	fclose(out);
	assert_non_null(strstr(written, "     7  \\x1b[2J  K7Q-2MX"));
	free(written);
}

static void a_story_is_told_in_sentences(void **state)
{
	struct audit_row row = row_of("451 later\x1b[31m");
	char *written = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&written, &len);

	(void)state;
	row.values[AUDIT_ATTEMPT] = number(2);
	audit_story_row(out, &row, "ann@a.example", true);
	row.values[AUDIT_KIND] = text("code-wrong");
	row.values[AUDIT_TIMES] = number(3);
	row.values[AUDIT_DETAIL] = row.values[AUDIT_ATTEMPT] = row.values[AUDIT_CODE] =
		(struct audit_value){0};
	audit_story_row(out, &row, "", false);
	fclose(out);
	assert_string_equal(
		written,
		"login K7Q-2MX, to ann@a.example\n"
		"2026-01-31 12:03:00 UTC  the mail server did not take it yet; it is tried "
		"again (try 2), code 450: 451 later?[31m\n"
		"2026-01-31 12:03:00 UTC  a wrong code was given (3 times)\n");
	free(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_csv_json_or_text),
		cmocka_unit_test(a5_csv_cells_are_no_formulas),
		cmocka_unit_test(
			a5_json_is_the_same_text_without_what_a_spreadsheet_sees),
		cmocka_unit_test(a5_nothing_but_printable_ascii_leaves),
		cmocka_unit_test(a5_a_time_that_is_no_number_is_escaped_too),
		cmocka_unit_test(a_story_is_told_in_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
