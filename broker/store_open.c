/* Opening the journal: is the file there, ours, whole, of this version, and nobody else's? */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "broker/store_private.h"
#include "common/log.h"
#include "common/memory.h"

enum { SCHEMA_VERSION = 1, APPLICATION_ID = 0x504c4d45 /* "PLME" */ };

/* 64-bit ids are kept as SQLite's signed integers, bit for bit. */
static const char schema[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner BLOB NOT NULL,"
	" seen_ms INTEGER NOT NULL);"
	"CREATE TABLE sessions(token BLOB PRIMARY KEY, person INTEGER NOT NULL,"
	" used_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE posts(seq INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL,"
	" event INTEGER NOT NULL, person INTEGER NOT NULL, name TEXT NOT NULL,"
	" text TEXT NOT NULL, id TEXT NOT NULL);"
	"CREATE TABLE logins(ticket BLOB PRIMARY KEY, code BLOB NOT NULL, owner BLOB NOT NULL,"
	" name TEXT NOT NULL, expires_ms INTEGER NOT NULL, tries INTEGER NOT NULL,"
	" gateway INTEGER NOT NULL, client INTEGER NOT NULL, letter INTEGER NOT NULL,"
	" mail INTEGER NOT NULL) WITHOUT ROWID;"
	/* sealed: address, name, code and network; none of them can be read without the secret */
	"CREATE TABLE letters(id INTEGER PRIMARY KEY, ticket BLOB NOT NULL,"
	" reference TEXT NOT NULL, gateway INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
	" sealed BLOB NOT NULL);"
	"CREATE TABLE gateways(id INTEGER PRIMARY KEY, number INTEGER NOT NULL,"
	" reply BLOB NOT NULL);"
	"CREATE TABLE clients(gateway INTEGER NOT NULL, number INTEGER NOT NULL,"
	" person INTEGER NOT NULL, session BLOB NOT NULL, PRIMARY KEY(gateway, number))"
	" WITHOUT ROWID;"
	"CREATE TABLE present(person INTEGER PRIMARY KEY);";

enum status store_status(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ST_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ST_DAMAGED;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return ST_DENIED;
	case SQLITE_FULL:
		return ST_FULL;
	default:
		return ST_IO;
	}
}

static const char *hint(enum status st)
{
	switch (st) {
	case ST_BUSY:
		return "another process has it open";
	case ST_DAMAGED:
		return "it is damaged or not a state file; it was left as it is";
	case ST_DENIED:
		return "it may not be written";
	case ST_VERSION:
		return "a newer version of plume-broker made it; it was left as it is";
	default:
		return "the system refused";
	}
}

static enum status refuse(struct store **s, const char *path, enum status st)
{
	log_error("state_refused", "path=%s why=\"%s\" detail=\"%s\"", path, hint(st),
		  (*s)->db != NULL ? sqlite3_errmsg((*s)->db) : "");
	store_close(s);
	return st;
}

static int pragma_number(sqlite3 *db, const char *pragma, int64_t *out)
{
	sqlite3_stmt *q;
	int rc = sqlite3_prepare_v2(db, pragma, -1, &q, NULL);

	*out = 0;
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(q);
		if (rc == SQLITE_ROW) {
			*out = sqlite3_column_int64(q, 0);
			rc = SQLITE_OK;
		}
	}
	sqlite3_finalize(q);
	return rc;
}

/* Is it a file of ours, or a new one (*is_new_out)?  Only reads, so that what is not ours stays as it is. */
static enum status check_owner(sqlite3 *db, bool *is_new_out)
{
	int64_t application, version, objects;
	int rc = pragma_number(db, "PRAGMA application_id", &application);

	if (rc == SQLITE_OK)
		rc = pragma_number(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK)
		rc = pragma_number(db, "SELECT count(*) FROM sqlite_master", &objects);
	if (sqlite3_db_readonly(db, "main") != 0)
		return ST_DENIED;
	if (rc != SQLITE_OK)
		return store_status(rc);
	*is_new_out = application == 0 && version == 0 && objects == 0;
	if (*is_new_out)
		return ST_OK;
	if (application != APPLICATION_ID || version < SCHEMA_VERSION)
		return ST_DAMAGED; /* a database of somebody else's */
	return version > SCHEMA_VERSION ? ST_VERSION : ST_OK;
}

static enum status check_pages(sqlite3 *db)
{
	sqlite3_stmt *q;
	enum status st = ST_OK;
	int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &q, NULL);

	if (rc != SQLITE_OK || sqlite3_step(q) != SQLITE_ROW ||
	    strcmp((const char *)sqlite3_column_text(q, 0), "ok") != 0)
		st = ST_DAMAGED;
	sqlite3_finalize(q);
	return st;
}

static enum status make_tables(sqlite3 *db)
{
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
			db, "PRAGMA application_id=0x504c4d45; PRAGMA user_version=1",
			NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return rc == SQLITE_OK ? ST_OK : store_status(rc);
}

enum status store_open(const char *path, enum store_sync sync,
		       const struct secret *secret, struct store **out)
{
	struct store *s = xcalloc(1, sizeof *s);
	enum status st;
	bool is_new = false;
	int rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
				 NULL);

	*out = NULL;
	s->secret = *secret;
	if (rc != SQLITE_OK)
		return refuse(&s, path, store_status(rc));
	/* Exclusive: one broker per file, told at once, and no shared-memory file. */
	rc = sqlite3_exec(s->db,
			  "PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF;"
			  "PRAGMA secure_delete=ON;",
			  NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return refuse(&s, path, store_status(rc));
	st = check_owner(s->db, &is_new);
	if (st != ST_OK)
		return refuse(&s, path, st);
	rc = sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return refuse(&s, path, store_status(rc));
	st = is_new ? make_tables(s->db) : check_pages(s->db);
	if (st != ST_OK)
		return refuse(&s, path, st);
	rc = sqlite3_exec(s->db,
			  sync == STORE_FULL ? "PRAGMA synchronous=FULL"
					     : "PRAGMA synchronous=NORMAL",
			  NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = store_prepare(s);
	if (rc != SQLITE_OK)
		return refuse(&s, path, store_status(rc));
	*out = s;
	return ST_OK;
}

void store_close(struct store **s)
{
	if (s == NULL || *s == NULL)
		return;
	for (size_t i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize((*s)->statements[i]);
	sqlite3_close((*s)->db);
	secret_wipe(&(*s)->secret, sizeof(*s)->secret);
	free(*s);
	*s = NULL;
}
