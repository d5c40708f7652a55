/* audit_private.h - the open file, for the audit_*.c and outbox.c. */
#ifndef MAILER_AUDIT_PRIVATE_H
#define MAILER_AUDIT_PRIVATE_H

#include <sqlite3.h>

#include "mailer/audit.h"
#include "mailer/audit_chain.h"

struct audit {
	sqlite3 *db;
	char *path;
	struct secret key, sealer;
	struct slots *slots; /* NULL: only read */
	enum status failed;  /* the first failure of the transaction */
};

enum {
	AUDIT_APPLICATION_ID =
		0x506c756d,   /* "Plum": tells file(1) and us whose database it is */
	AUDIT_BUSY_MS = 5000, /* another mailer or a reader has the file */
};

enum status audit_status(int rc);
/* Notes a failure for audit_commit(). */
void audit_fail(struct audit *a, int rc);
/* NULL: noted as a failure. */
sqlite3_stmt *audit_prepare(struct audit *a, const char *sql);
/* Steps once to the end and finalizes; NULL is fine. */
void audit_finish(struct audit *a, sqlite3_stmt *stmt);
void audit_run(struct audit *a, const char *sql);
/* The first column of the first row; 0 when there is none. */
enum status audit_number(sqlite3 *db, const char *sql, int64_t *out);
/* A text that is not NULL-terminated; empty: NULL. */
void audit_bind_text(sqlite3_stmt *stmt, int column, struct slice text);

/* Values borrow from stmt until it is stepped again; first: the column of stmt that is AUDIT_ID. */
void audit_read_row(sqlite3_stmt *stmt, struct audit_row *out);
/* "id, time_ms, kind ..." of all columns; never freed. */
const char *audit_column_list(void);
/* Inserts row with its hashes: all but AUDIT_CHAIN and AUDIT_ID must be filled. */
void audit_append(struct audit *a, struct audit_row *row);

/* Erases down to level the rows that the condition on the table finds, at most 500 of them; returns
 * how many.  bound: for its "?1".  Within a transaction. */
int64_t audit_erase_rows(struct audit *a, enum audit_erased level, const char *where,
			 const struct audit_value *bound);

/* Loads what is needed to write, and makes what is not there; but a file that has rows already must have
 * its key.  *why: NULL when all is well. */
enum status audit_load_keys(struct audit *a, const struct entropy *e, bool has_rows,
			    const char **why) ATTR_USE_RESULT;

/* Makes the tables in an empty file, or out of those of version 1.  Within a transaction. */
void audit_make_schema(struct audit *a);
void audit_upgrade_1(struct audit *a);

#endif
