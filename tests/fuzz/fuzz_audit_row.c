/* A row of the record, of any types and contents, as a hostile file would have it.
 *
 * Whatever form it is written in, nothing but printable ASCII leaves, a line is one line, no cell of
 * CSV and no text of JSON begins as a formula, and JSON's texts and CSV's cells end where they should.
 * A row whose hashes fit is no longer good when any value of it is changed in any way. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "mailer/audit_export.h"
#include "mailer/audit_story.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz.h"

enum { CELLS = 17, TYPES_KEPT = AUDIT_STRANGE };

static struct audit_value value_of(struct bytes *b, size_t types)
{
	struct audit_value v = {.type = (enum audit_type)bytes_below(b, types)};

	if (v.type == AUDIT_NUMBER)
		v.number = (int64_t)bytes_number(b);
	if (v.type == AUDIT_TEXT || v.type == AUDIT_BYTES)
		v.bytes = bytes_text(b);
	return v;
}

/* -- as lines -- */

struct written {
	char *text;
	size_t len;
	FILE *out;
};

static void begin(struct written *w)
{
	*w = (struct written){NULL, 0, NULL};
	w->out = open_memstream(&w->text, &w->len);
	assert(w->out != NULL);
}

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* Printable but for its end. */
static void check_line(const struct written *w, const char *end)
{
	size_t end_len = strlen(end);

	assert(w->len >= end_len && strcmp(w->text + w->len - end_len, end) == 0);
	for (size_t i = 0; i < w->len - end_len; i++)
		assert(is_printable(w->text[i]));
}

/* RFC 4180: cells in quotes, doubled within; here each that is not empty is in quotes. */
static void check_csv(const struct written *w)
{
	const char *at = w->text;
	int cells = 1;

	check_line(w, "\r\n");
	while (*at != '\r') {
		if (*at == ',') {
			cells++;
			at++;
			continue;
		}
		assert(*at == '"' && strchr("=+-@", at[1]) == NULL);
		for (at++; *at != '"' || at[1] == '"'; at += *at == '"' ? 2 : 1)
			assert(is_printable(*at));
		at++;
		assert(*at == ',' || *at == '\r');
	}
	assert(cells == CELLS);
}

static const char *skip_string(const char *at)
{
	assert(*at == '"' && strchr("=+-@", at[1]) == NULL);
	for (at++; *at != '"'; at++) {
		assert(is_printable(*at));
		if (*at == '\\' && *++at == 'u')
			assert(strspn(at + 1, "0123456789abcdef") >= 4);
	}
	return at + 1;
}

static void check_json(const struct written *w)
{
	const char *at = w->text;

	check_line(w, "}\n");
	assert(*at == '{');
	do {
		at = skip_string(at + 1);
		assert(strncmp(at, ": ", 2) == 0);
		at += 2;
		at = *at == '"' ? skip_string(at) : at + strspn(at, "-0123456789");
	} while (strncmp(at, ", ", 2) == 0 && at++ != NULL);
	assert(strcmp(at, "}\n") == 0);
}

static void check_export(const struct audit_row *row, const char *address)
{
	static void (*const checks[])(const struct written *w) = {
		[FORMAT_CSV] = check_csv, [FORMAT_JSONL] = check_json};
	struct written w;

	for (int format = FORMAT_TEXT; format <= FORMAT_JSONL; format++) {
		begin(&w);
		audit_export_row(w.out, (enum audit_format)format, row, address);
		(void)fclose(w.out);
		if (format == FORMAT_TEXT)
			check_line(&w, "\n");
		else
			checks[format](&w);
		free(w.text);
	}
	begin(&w);
	audit_story_row(w.out, row, address, false);
	(void)fclose(w.out);
	check_line(&w, "\n");
	free(w.text);
}

/* -- in the chain -- */

static bool is_same(const struct audit_value *a, const struct audit_value *b)
{
	return a->type == b->type && a->number == b->number &&
	       slice_equal(a->bytes, b->bytes);
}

static struct audit_value hash_value(const struct secret_hash *h)
{
	return (struct audit_value){.type = AUDIT_BYTES,
				    .bytes = {(const char *)h->bytes, sizeof h->bytes}};
}

static void check_chain(struct bytes *b)
{
	static const struct secret key = {{1, 2, 3}};
	static const struct secret_hash none;
	struct secret_hash facts, personal, link, prev = none;
	struct audit_row row = {{{0}}};
	struct audit_value changed;
	int64_t id = 1 + bytes_one(b);
	size_t column;

	for (size_t i = 0; i < AUDIT_ERASED; i++)
		row.values[i] = value_of(b, TYPES_KEPT);
	row.values[AUDIT_ID] = (struct audit_value){.type = AUDIT_NUMBER, .number = id};
	facts = audit_chain_group(&key, AUDIT_FACT, &row);
	personal = audit_chain_group(&key, AUDIT_PERSONAL, &row);
	link = audit_chain_link(&key, NULL, &row, &facts, &personal);
	row.values[AUDIT_FACTS_HASH] = hash_value(&facts);
	row.values[AUDIT_PERSONAL_HASH] = hash_value(&personal);
	row.values[AUDIT_CHAIN_HASH] = hash_value(&link);
	assert(audit_chain_check(&key, id, &row, &prev) == NULL);
	assert(secret_hash_equal(&prev, &link));

	column = bytes_below(b, AUDIT_COLUMNS);
	changed = value_of(b, TYPES_KEPT + 1);
	if (is_same(&changed, &row.values[column]))
		return;
	row.values[column] = changed;
	prev = none;
	assert(audit_chain_check(&key, id, &row, &prev) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct audit_row row;
	char *address;

	if (bytes_one(&b) % 2 == 0) {
		check_chain(&b);
		return 0;
	}
	address = slice_dup(bytes_text(&b));
	for (size_t i = 0; i < AUDIT_COLUMNS; i++)
		row.values[i] = value_of(&b, TYPES_KEPT + 1);
	/* SQLite's own key: whatever else is damaged, this is a number */
	row.values[AUDIT_ID] = (struct audit_value){.type = AUDIT_NUMBER,
						    .number = (int64_t)bytes_number(&b)};
	check_export(&row, address);
	free(address);
	return 0;
}
