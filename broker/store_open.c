/* Opening the journal: is the file there, ours, whole, of this version, and nobody else's? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "broker/store_private.h"
#include "common/log.h"
#include "common/memory.h"

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
	case ST_UNKNOWN:
		return "it was made with another secret key, which is missing; it was left as it is";
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

/* Is it a file of ours, of which version (0: a new one)?  Only reads, so that what is not ours stays as it is. */
static enum status check_owner(sqlite3 *db, int64_t *version_out)
{
	int64_t application, objects, version;
	int rc = pragma_number(db, "PRAGMA application_id", &application);

	if (rc == SQLITE_OK)
		rc = pragma_number(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK)
		rc = pragma_number(db, "SELECT count(*) FROM sqlite_master", &objects);
	if (sqlite3_db_readonly(db, "main") != 0)
		return ST_DENIED;
	if (rc != SQLITE_OK)
		return store_status(rc);
	*version_out = version;
	if (application == 0 && version == 0 && objects == 0)
		return ST_OK;
	if (application != STORE_APPLICATION_ID || version < 1)
		return ST_DAMAGED; /* a database of somebody else's */
	return version > STORE_SCHEMA_VERSION ? ST_VERSION : ST_OK;
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

/* Was it made with this secret?  A state that does not say so yet, says it from now on. */
static enum status check_secret(const struct store *s)
{
	struct secret_hash hash = secret_hash(&s->secret, "state", S(""));
	char insert[96];
	int64_t kept, ours;
	int rc = pragma_number(s->db, "SELECT max(value) FROM meta WHERE key = 'seal'",
			       &kept);

	memcpy(&ours, hash.bytes, sizeof ours);
	if (rc != SQLITE_OK)
		return store_status(rc);
	if (kept != 0)
		return kept == ours ? ST_OK : ST_UNKNOWN;
	if (!fmt(insert, sizeof insert, "INSERT INTO meta VALUES('seal', %" PRId64 ")",
		 ours))
		abort(); /* it is long enough */
	rc = sqlite3_exec(s->db, insert, NULL, NULL, NULL);
	return rc == SQLITE_OK || store_status(rc) == ST_FULL ? ST_OK : store_status(rc);
}

enum status store_open(const char *path, enum store_sync sync,
		       const struct secret *secret, struct store **out)
{
	struct store *s = xcalloc(1, sizeof *s);
	enum status st;
	int64_t version = 0;
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
	st = check_owner(s->db, &version);
	if (st != ST_OK)
		return refuse(&s, path, st);
	/* The WAL keeps the size of the largest transaction, unless it is told not to. */
	rc = sqlite3_exec(s->db,
			  "PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=4194304",
			  NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return refuse(&s, path, store_status(rc));
	st = version == 0 ? ST_OK : check_pages(s->db);
	if (st == ST_OK)
		st = store_upgrade(s->db, path, version);
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
	st = check_secret(s);
	if (st != ST_OK)
		return refuse(&s, path, st);
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
