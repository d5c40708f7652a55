/* A mailers' file that somebody damaged or edited: bytes of its pages, or values of its columns, and
 * letters of the outbox that are sealed with the right key and hold anything.
 *
 * Verifying never says that all is well when a row is not what was written, or one is missing; and it
 * does when nothing was changed.  Whatever rows there are can be read, exported and told, and what the
 * outbox gives as a letter is one that the bus would take. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "common/log.h"
#include "common/memory.h"
#include "mailer/audit_export.h"
#include "mailer/audit_private.h"
#include "mailer/audit_reader.h"
#include "mailer/audit_story.h"
#include "mailer/audit_verify.h"
#include "mailer/outbox.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz.h"

enum { EDITS_MAX = 12, SEALED_MAX = 256, ROWS = 3 };

static struct {
	struct secret key;
	struct bus_writer *writer;
	FILE *nowhere;
	char *image; /* of a good file */
	sqlite3_int64 image_len;
	struct audit_head head;
	char *contents;
} file;

static struct audit *open_copy(void)
{
	struct audit *a = xcalloc(1, sizeof *a);
	unsigned char *copy = NULL;

	assert(sqlite3_open(":memory:", &a->db) == SQLITE_OK);
	a->path = xstrdup(":memory:");
	a->key = a->sealer = file.key;
	if (file.image == NULL)
		return a;
	copy = sqlite3_malloc64((sqlite3_uint64)file.image_len);
	assert(copy != NULL);
	memcpy(copy, file.image, (size_t)file.image_len);
	assert(sqlite3_deserialize(a->db, "main", copy, file.image_len, file.image_len,
				   SQLITE_DESERIALIZE_FREEONCLOSE |
					   SQLITE_DESERIALIZE_RESIZEABLE) == SQLITE_OK);
	return a;
}

/* All that a row is, of all rows; NULL: SQLite cannot read it. */
static char *contents(sqlite3 *db)
{
	static const char sql[] = "SELECT coalesce(group_concat("
#define COLUMN(symbol, name, sql, group, doc) "typeof(" name ") || quote(" name ") || "
#include "mailer/audit_columns.def"
#undef COLUMN
				  "'', ';'), '') FROM (SELECT * FROM audit ORDER BY id)";
	sqlite3_stmt *q = NULL;
	char *text = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		text = xstrdup((const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	return text;
}

static void start(void)
{
	struct audit_entry e = {.wall_ms = 1000,
				.kind = "attempt",
				.reference = S("K7Q-2MX"),
				.letter = 7,
				.email = S("ann@a.example"),
				.network = S("192.0.2.7"),
				.gateway = UINT64_MAX,
				.attempt = 1,
				.result = "deferred",
				.code = 450,
				.detail = S("450 greylisted")};
	struct outbox_row row = {.slot = 1, .letter = 7, .taken_ms = 1, .end_ms = 2};
	struct bus_letter letter = {.letter = 7,
				    .reference = S("K7Q-2MX"),
				    .email = S("ann@a.example"),
				    .name = S("ann"),
				    .code = S("12345678"),
				    .lease_ms = 1};
	struct audit *a;

	log_init("fuzz", LOG_ERROR);
	file.nowhere = fopen("/dev/null", "w");
	file.writer = bus_writer_new();
	assert(secret_init() == ST_OK && file.nowhere != NULL);
	file.key = (struct secret){{9, 8, 7}};
	a = open_copy();
	audit_begin(a);
	audit_make_schema(a);
	for (int i = 0; i < ROWS; i++)
		audit_add(a, &e);
	outbox_put(a, &entropy_system, &row, &letter);
	assert(audit_commit(a) == ST_OK && audit_head(a, &file.head) == ST_OK);
	file.contents = contents(a->db);
	file.image = (char *)sqlite3_serialize(a->db, "main", &file.image_len, 0);
	assert(file.image != NULL && file.contents != NULL);
	audit_close(&a);
}

/* -- edits -- */

static void bind_any(sqlite3_stmt *q, struct bytes *b)
{
	unsigned char sealed[SEALED_MAX + SECRET_SEAL_EXTRA];
	struct slice s;

	switch (bytes_below(b, 5)) {
	case 0:
		sqlite3_bind_int64(q, 1, (sqlite3_int64)bytes_number(b));
		break;
	case 1:
		s = bytes_text(b);
		sqlite3_bind_text(q, 1, s.ptr, (int)s.len, SQLITE_TRANSIENT);
		break;
	case 2:
		s = bytes_text(b);
		sqlite3_bind_blob(q, 1, s.ptr, (int)s.len, SQLITE_TRANSIENT);
		break;
	case 3:
		s = bytes_text(b);
		secret_seal(&file.key, "outbox letter", &entropy_system, s, sealed);
		sqlite3_bind_blob(q, 1, sealed, (int)(s.len + SECRET_SEAL_EXTRA),
				  SQLITE_TRANSIENT);
		break;
	default:
		sqlite3_bind_null(q, 1);
	}
}

static void edit_value(sqlite3 *db, struct bytes *b)
{
	static const char *const of_outbox[] = {"slot",   "letter", "state",  "attempts",
						"due_ms", "code",   "detail", "taken_ms",
						"end_ms", "sealed"};
	size_t which = bytes_below(b, AUDIT_COLUMNS + NELEMS(of_outbox));
	unsigned row = 1 + bytes_one(b) % ROWS;
	sqlite3_stmt *q = NULL;
	char *sql =
		which < AUDIT_COLUMNS
			? xasprintf("UPDATE OR IGNORE audit SET %s = ?1 WHERE id = %u",
				    audit_columns[which].name, row)
			: xasprintf("UPDATE OR IGNORE outbox SET %s = ?1",
				    of_outbox[which - AUDIT_COLUMNS]);

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK) {
		bind_any(q, b);
		(void)sqlite3_step(q);
	}
	sqlite3_finalize(q);
	free(sql);
}

static void edit_rows(sqlite3 *db, struct bytes *b)
{
	static const char *const what[] = {
		"DELETE FROM audit WHERE id = 2", "DELETE FROM audit WHERE id = 3",
		"UPDATE audit SET id = id + 1 WHERE id = 3",
		"UPDATE audit SET id = -id WHERE id = 1",
		"INSERT INTO audit SELECT * FROM (SELECT * FROM audit WHERE id = 1)"};

	(void)sqlite3_exec(db, what[bytes_below(b, NELEMS(what))], NULL, NULL, NULL);
}

/* One byte of the file; the file is opened anew. */
static struct audit *edit_page(struct audit *a, struct bytes *b)
{
	size_t at = (size_t)bytes_one(b) << 8 | bytes_one(b);
	char byte = (char)bytes_one(b), *place = file.image + at % (size_t)file.image_len;
	char was = *place;

	audit_close(&a);
	*place = (char)(was ^ byte);
	a = open_copy();
	*place = was;
	return a;
}

/* -- what has to hold -- */

static void on_row(void *ctx, const struct audit_row *row)
{
	const struct audit_reader *r = ctx;
	char address[AUDIT_ADDRESS_CAP];

	audit_read_address(r, row, address);
	for (int format = FORMAT_TEXT; format <= FORMAT_JSONL; format++)
		audit_export_row(file.nowhere, (enum audit_format)format, row, address);
	audit_story_row(file.nowhere, row, address, true);
}

static void on_letter(void *ctx, const struct outbox_row *row, const struct bus_letter *l)
{
	struct bus_msg m = {.kind = BUS_LETTER};

	(void)ctx;
	assert(row->state < OUTBOX_STATES);
	if (l == NULL)
		return;
	assert(l->letter == row->letter);
	m.u.letter = *l;
	bus_writer_clear(file.writer);
	bus_writer_add(file.writer, &m);
}

static void check(struct audit *a)
{
	struct audit_reader reader = {.audit = a, .has_key = true, .has_opener = true};
	struct audit_filter all = {0}, newest = {.newest = 2, .by_time = true};
	struct audit_verdict verdict;
	char *now = contents(a->db);
	enum status st = audit_verify(a, &file.head, &verdict);

	if (now == NULL || strcmp(now, file.contents) != 0)
		assert(st != ST_OK || verdict.why != NULL);
	else if (st == ST_OK && verdict.why != NULL)
		assert(verdict.bad == 0); /* no row: another page of the file */
	free(now);
	/* What is damaged need not be readable to its end. */
	st = audit_read(&reader, &all, on_row, &reader);
	st = audit_read(&reader, &newest, on_row, &reader);
	st = outbox_each(a, 1, on_letter, NULL);
	(void)st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct audit *a;

	if (file.image == NULL)
		start();
	a = open_copy();
	if (size > 0 && bytes_one(&b) % 4 == 0)
		a = edit_page(a, &b);
	for (int i = 0; i < EDITS_MAX && b.left > 0; i++) {
		if (bytes_below(&b, 8) == 0)
			edit_rows(a->db, &b);
		else
			edit_value(a->db, &b);
	}
	check(a);
	audit_close(&a);
	return 0;
}
