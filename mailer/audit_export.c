/* Cells from a table, each written by the manner of its format. */
#include "mailer/audit_export.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "common/attr.h"
#include "common/memory.h"

/* What is shown of a row, and as what. */
static const struct cell {
	const char *name;
	enum audit_column column;
	enum { PLAIN, TIME, UNSIGNED, ADDRESS } manner;
} cells[] = {
	{"id", AUDIT_ID, PLAIN},
	{"time", AUDIT_TIME_MS, TIME},
	{"kind", AUDIT_KIND, PLAIN},
	{"reference", AUDIT_REFERENCE, PLAIN},
	{"address", AUDIT_ADDRESS, ADDRESS},
	{"result", AUDIT_RESULT, PLAIN},
	{"attempt", AUDIT_ATTEMPT, PLAIN},
	{"code", AUDIT_CODE, PLAIN},
	{"times", AUDIT_TIMES, PLAIN},
	{"detail", AUDIT_DETAIL, PLAIN},
	{"network", AUDIT_NETWORK, PLAIN},
	{"gateway", AUDIT_GATEWAY, PLAIN},
	{"letter", AUDIT_LETTER, UNSIGNED},
	{"address_hash", AUDIT_ADDRESS_HASH, PLAIN},
	{"room", AUDIT_ROOM, PLAIN},
	{"trail", AUDIT_TRAIL, PLAIN},
	{"erased", AUDIT_ERASED, PLAIN},
};

static void write_time(int64_t ms, char *out, size_t cap)
{
	time_t seconds = (time_t)(ms / 1000);
	char day[40] = "";
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL ||
	    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc) == 0 ||
	    !fmt(out, cap, "%s.%03dZ", day, (int)(ms % 1000)))
		out[0] = '\0';
}

/* The text of a cell: in buf, or where the row has it. */
static struct slice text_of(const struct cell *cell, const struct audit_row *row,
			    const char *address, char buf[64])
{
	const struct audit_value *v = &row->values[cell->column];

	buf[0] = '\0';
	if (cell->manner == ADDRESS)
		return slice_of(address);
	if (v->type == AUDIT_TEXT || v->type == AUDIT_BYTES)
		return v->bytes;
	if (v->type != AUDIT_NUMBER)
		return S("");
	if (cell->manner == TIME)
		write_time(v->number, buf, 64);
	else if (cell->manner == UNSIGNED &&
		 !fmt(buf, 64, "%" PRIu64, (uint64_t)v->number))
		buf[0] = '\0';
	else if (cell->manner == PLAIN && !fmt(buf, 64, "%" PRId64, v->number))
		buf[0] = '\0';
	return slice_of(buf);
}

static bool is_formula_start(char c)
{
	return c != '\0' && strchr("=+-@\t\r", c) != NULL;
}

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* Quotes are doubled by CSV's rule (RFC 4180 2.7), or escaped by JSON's. */
static void put_char(FILE *out, char c, enum audit_format format)
{
	if (!is_printable(c))
		fprintf(out, format == FORMAT_JSONL ? "\\\\x%02x" : "\\x%02x",
			(unsigned char)c);
	else if (c == '"' && format == FORMAT_CSV)
		fputs("\"\"", out);
	else if ((c == '"' || c == '\\') && format == FORMAT_JSONL)
		fprintf(out, "\\%c", c);
	else
		fputc(c, out);
}

static void put_quoted(FILE *out, struct slice text, enum audit_format format)
{
	size_t i = 0;

	fputc('"', out);
	if (text.len > 0 && is_formula_start(text.ptr[0]) && format == FORMAT_CSV)
		fputc('\'', out);
	if (text.len > 0 && is_formula_start(text.ptr[0]) && is_printable(text.ptr[0]) &&
	    format == FORMAT_JSONL)
		fprintf(out, "\\u%04x", (unsigned)text.ptr[i++]);
	for (; i < text.len; i++)
		put_char(out, text.ptr[i], format);
	fputc('"', out);
}

void audit_export_begin(FILE *out, enum audit_format format)
{
	for (size_t i = 0; format == FORMAT_CSV && i < NELEMS(cells); i++)
		fprintf(out, "%s%s", cells[i].name, i + 1 < NELEMS(cells) ? "," : "\r\n");
}

static bool is_number(const struct cell *cell, const struct audit_row *row)
{
	return cell->manner == PLAIN && row->values[cell->column].type == AUDIT_NUMBER;
}

static void put_csv(FILE *out, const struct audit_row *row, const char *address)
{
	char buf[64];

	for (size_t i = 0; i < NELEMS(cells); i++) {
		struct slice text = text_of(&cells[i], row, address, buf);

		if (text.len > 0)
			put_quoted(out, text, FORMAT_CSV);
		fputs(i + 1 < NELEMS(cells) ? "," : "\r\n", out);
	}
}

/* What a row does not have is not there. */
static void put_json(FILE *out, const struct audit_row *row, const char *address)
{
	const char *before = "{";
	char buf[64];

	for (size_t i = 0; i < NELEMS(cells); i++) {
		struct slice text = text_of(&cells[i], row, address, buf);

		if (text.len == 0)
			continue;
		fprintf(out, "%s\"%s\": ", before, cells[i].name);
		if (is_number(&cells[i], row))
			fputs(buf, out);
		else
			put_quoted(out, text, FORMAT_JSONL);
		before = ", ";
	}
	fputs("}\n", out);
}

static void put_word(FILE *out, const char *before, struct slice text, const char *after)
{
	if (text.len == 0)
		return;
	fputs(before, out);
	for (size_t i = 0; i < text.len; i++)
		put_char(out, text.ptr[i], FORMAT_TEXT);
	fputs(after, out);
}

static void put_text(FILE *out, const struct audit_row *row, const char *address)
{
	char buf[64];

	fprintf(out, "%6" PRId64, row->values[AUDIT_ID].number);
	put_word(out, "  ", text_of(&cells[1], row, address, buf), "");
	put_word(out, "  ", row->values[AUDIT_REFERENCE].bytes, "");
	put_word(out, "  ", row->values[AUDIT_KIND].bytes, "");
	put_word(out, " ", row->values[AUDIT_RESULT].bytes, "");
	if (row->values[AUDIT_ATTEMPT].type == AUDIT_NUMBER)
		fprintf(out, " attempt=%" PRId64, row->values[AUDIT_ATTEMPT].number);
	if (row->values[AUDIT_CODE].type == AUDIT_NUMBER)
		fprintf(out, " code=%" PRId64, row->values[AUDIT_CODE].number);
	if (row->values[AUDIT_TIMES].type == AUDIT_NUMBER)
		fprintf(out, " times=%" PRId64, row->values[AUDIT_TIMES].number);
	put_word(out, "  to ", slice_of(address), "");
	put_word(out, "  from ", row->values[AUDIT_NETWORK].bytes, "");
	put_word(out, "  \"", row->values[AUDIT_DETAIL].bytes, "\"");
	if (row->values[AUDIT_ERASED].type == AUDIT_NUMBER)
		fputs("  (erased)", out);
	fputc('\n', out);
}

void audit_export_row(FILE *out, enum audit_format format, const struct audit_row *row,
		      const char *address)
{
	switch (format) {
	case FORMAT_TEXT:
		put_text(out, row, address);
		break;
	case FORMAT_CSV:
		put_csv(out, row, address);
		break;
	case FORMAT_JSONL:
		put_json(out, row, address);
		break;
	}
}
