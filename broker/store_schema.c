/* The tables as a list of steps: step n makes version n + 1 out of version n, an empty file being
 * version 0.  A step is never changed once it was in a release; a new version is a new step. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/store_private.h"
#include "common/attr.h"
#include "common/log.h"
#include "common/memory.h"

/* 64-bit ids are kept as SQLite's signed integers, bit for bit. */
static const char *const steps[] = {
	/* 1 */
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
	"CREATE TABLE present(person INTEGER PRIMARY KEY);",
	/* 2: how many people were in the room after a line that tells of one coming or going */
	"ALTER TABLE posts ADD COLUMN people INTEGER NOT NULL DEFAULT 0;",
	/* 3: by what a browser is known that redeemed its code and lost the answer */
	"ALTER TABLE logins ADD COLUMN claim BLOB NOT NULL DEFAULT x'';",
	/* 4: did more wait for a gateway than its last answer could carry (bit 0), and did it show the key
	 * of its number (bit 1)? */
	"ALTER TABLE gateways ADD COLUMN more INTEGER NOT NULL DEFAULT 0;",
	/* 5: logins that are told of completely after a restart, letters that keep their holder, what is
	 * counted against limits, browsers that have proven an address, the record of logins,
	 * gateways that were silent when the broker ended, bans and by what they find the holder of a name */
	"ALTER TABLE logins ADD COLUMN address BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE logins ADD COLUMN proof BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE logins ADD COLUMN reference TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE logins ADD COLUMN resend_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE logins ADD COLUMN mailed_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE logins ADD COLUMN retry_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE logins ADD COLUMN sealed BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE letters ADD COLUMN asked_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE letters ADD COLUMN salt INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE letters ADD COLUMN mailer INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE letters ADD COLUMN offered INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE letters ADD COLUMN lease_ms INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE tallies(kind INTEGER NOT NULL, key BLOB NOT NULL, at_ms INTEGER NOT NULL);"
	"CREATE INDEX tallies_by_time ON tallies(kind, at_ms);"
	"CREATE TABLE proofs(token BLOB PRIMARY KEY, owner BLOB NOT NULL,"
	" used_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE trail(id INTEGER PRIMARY KEY, number INTEGER NOT NULL,"
	" time_ms INTEGER NOT NULL, kind INTEGER NOT NULL, times INTEGER NOT NULL,"
	" login INTEGER NOT NULL, gateway INTEGER NOT NULL, state INTEGER NOT NULL,"
	" attempt INTEGER NOT NULL, code INTEGER NOT NULL, reference TEXT NOT NULL,"
	" sealed BLOB NOT NULL);"
	"ALTER TABLE gateways ADD COLUMN silent_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE names ADD COLUMN address INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE bans(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, since_ms INTEGER NOT NULL,"
	" until_ms INTEGER NOT NULL, owner INTEGER NOT NULL, address INTEGER NOT NULL,"
	" sealed BLOB NOT NULL);",
};
_Static_assert(NELEMS(steps) == STORE_SCHEMA_VERSION, "each version has its step");

/* A copy that is whole or not there: written under another name first. */
static int back_up(sqlite3 *db, const char *path, int64_t version)
{
	char *copy = xasprintf("%s.v%" PRId64, path, version);
	char *part = xasprintf("%s.part", copy);
	sqlite3_stmt *q = NULL;
	int rc;

	unlink(part);
	rc = sqlite3_prepare_v2(db, "VACUUM INTO ?", -1, &q, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(q, 1, part, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q) == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(db);
	sqlite3_finalize(q);
	if (rc == SQLITE_OK && rename(part, copy) != 0)
		rc = SQLITE_IOERR;
	if (rc == SQLITE_OK)
		log_info("state_copied", "path=%s version=%" PRId64, copy, version);
	free(copy);
	free(part);
	return rc;
}

enum status store_upgrade(sqlite3 *db, const char *path, int64_t version)
{
	char mark[96];
	int rc = SQLITE_OK;

	if (version == STORE_SCHEMA_VERSION)
		return ST_OK;
	if (version > 0)
		rc = back_up(db, path, version);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	for (int64_t v = version; rc == SQLITE_OK && v < STORE_SCHEMA_VERSION; v++)
		rc = sqlite3_exec(db, steps[v], NULL, NULL, NULL);
	if (!fmt(mark, sizeof mark,
		 "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
		 STORE_APPLICATION_ID, STORE_SCHEMA_VERSION))
		abort(); /* two numbers fit */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, mark, NULL, NULL, NULL);
	if (rc == SQLITE_OK && version > 0)
		log_info("state_upgraded", "path=%s from=%" PRId64 " to=%d", path,
			 version, STORE_SCHEMA_VERSION);
	return rc == SQLITE_OK ? ST_OK : store_status(rc);
}
