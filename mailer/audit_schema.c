/* The tables, and how those of version 1 become them. */
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "mailer/audit_private.h"

/* 64-bit ids are kept as SQLite's signed integers, bit for bit, but those that people compare with a
 * log stand there as text. */
static const char tables[] =
	"CREATE TABLE audit (%s);"
	"CREATE INDEX audit_reference ON audit (reference);"
	"CREATE INDEX audit_address ON audit (address_hash);"
	/* in the words of audit_erase_rows(): rows that have still something to lose */
	"CREATE INDEX audit_kept ON audit (time_ms) WHERE coalesce(erased, 0) < 2;"
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('probes', 0), ('trail-room', 0), ('trail-number', 0);"
	"CREATE TABLE slots (slot INTEGER PRIMARY KEY, mailer INTEGER NOT NULL);"
	/* sealed: the LETTER message as it came, which has address, name and code */
	"CREATE TABLE outbox (slot INTEGER NOT NULL, letter INTEGER NOT NULL,"
	" state TEXT NOT NULL, attempts INTEGER NOT NULL, taken_ms INTEGER NOT NULL,"
	" end_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, code INTEGER NOT NULL,"
	" detail TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (slot, letter))"
	" WITHOUT ROWID;";

void audit_make_schema(struct audit *a)
{
	static const char columns[] =
#define COLUMN(symbol, name, sql, group, doc) ", " name " " sql
#include "mailer/audit_columns.def"
#undef COLUMN
		;
	char *sql = xasprintf(tables, columns + 2);
	char *mark = xasprintf("PRAGMA application_id = %d; PRAGMA user_version = %d",
			       AUDIT_APPLICATION_ID, AUDIT_VERSION);

	audit_run(a, sql);
	audit_run(a, mark);
	free(sql);
	free(mark);
}

/* A row of version 1, whose columns have these names too. */
static void copy_row(struct audit *a, sqlite3_stmt *old)
{
	static const enum audit_column columns[] = {
		AUDIT_TIME_MS, AUDIT_KIND,         AUDIT_REFERENCE, AUDIT_LETTER,
		AUDIT_GATEWAY, AUDIT_ATTEMPT,      AUDIT_RESULT,    AUDIT_CODE,
		AUDIT_DETAIL,  AUDIT_ADDRESS_HASH, AUDIT_NETWORK,
	};
	struct audit_row read, row;

	audit_read_row(old, &read); /* its further columns are NULL */
	memset(&row, 0, sizeof row);
	for (size_t i = 0; i < NELEMS(columns); i++)
		row.values[columns[i]] = read.values[i];
	audit_append(a, &row);
}

void audit_upgrade_1(struct audit *a)
{
	sqlite3_stmt *old;
	int rc = SQLITE_DONE;

	audit_run(a, "ALTER TABLE audit RENAME TO audit_1; DROP INDEX audit_reference");
	audit_make_schema(a);
	old = audit_prepare(a,
			    "SELECT time_ms, kind, reference, letter, gateway, attempt,"
			    " result, code, nullif(detail, ''), address_hash, network"
			    " FROM audit_1 ORDER BY id");
	while (old != NULL && a->failed == ST_OK &&
	       (rc = sqlite3_step(old)) == SQLITE_ROW)
		copy_row(a, old);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		audit_fail(a, rc);
	sqlite3_finalize(old);
	audit_run(a, "DROP TABLE audit_1");
}
