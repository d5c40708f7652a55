/* The only file of the mailer that knows SQLite: one connection, one prepared insert. */
#include "mailer/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"

_Static_assert(AUDIT_HASH_CAP == 2 * SECRET_HASH_SIZE + 1, "a hash in hexadecimal");

enum {
	BUSY_MS = 5000, /* another mailer or a reader has the file */
	/* "Plum": tells file(1) and us whose database it is */
	APPLICATION_ID = 0x506c756d,
};

static const char schema[] =
	"CREATE TABLE audit ("
	" id INTEGER PRIMARY KEY,"
	" time_ms INTEGER NOT NULL," /* since 1970 */
	" kind TEXT NOT NULL CHECK (kind IN ('request', 'attempt')),"
	" reference TEXT NOT NULL," /* what people quote */
	" letter INTEGER NOT NULL,"
	" address_hash TEXT NOT NULL,"
	" network TEXT NOT NULL,"
	" gateway TEXT NOT NULL," /* 64 bits without sign, in decimal */
	" attempt INTEGER,"       /* this and the rest: of attempts only */
	" result TEXT,"
	" code INTEGER,"
	" detail TEXT);"
	"CREATE INDEX audit_reference ON audit (reference);";

static const char insert[] =
	"INSERT INTO audit (time_ms, kind, reference, letter, address_hash, network, gateway,"
	" attempt, result, code, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

struct audit {
	sqlite3 *db;
	sqlite3_stmt *insert;
	struct secret key;
};

/* -- opening -- */

static enum status status_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ST_DAMAGED;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ST_BUSY;
	default:
		return ST_IO;
	}
}

static enum status run(struct audit *a, const char *sql)
{
	int rc = sqlite3_exec(a->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? ST_OK : status_of(rc);
}

/* The first column of the first row. */
static enum status ask_number(struct audit *a, const char *sql, int64_t *out)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(a->db, sql, -1, &stmt, NULL);

	*out = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? ST_OK : status_of(rc);
}

static enum status make_schema(struct audit *a)
{
	char sql[sizeof schema + 160];

	if (!fmt(sql, sizeof sql,
		 "%s PRAGMA application_id = %d; PRAGMA user_version = %d;", schema,
		 APPLICATION_ID, AUDIT_VERSION))
		return ST_RANGE;
	return run(a, sql);
}

/* Within a write transaction, so that two mailers that start at once make one schema. */
static enum status check_schema(struct audit *a, const char **why)
{
	int64_t version, application, tables;
	enum status st = ask_number(a, "PRAGMA user_version", &version);

	if (st == ST_OK)
		st = ask_number(a, "PRAGMA application_id", &application);
	if (st == ST_OK)
		st = ask_number(a, "SELECT count(*) FROM sqlite_master", &tables);
	if (st != ST_OK)
		return st;
	if (tables == 0 && version == 0)
		return make_schema(a);
	if (application != APPLICATION_ID) {
		*why = "it is the database of another program";
		return ST_DAMAGED;
	}
	if (version > AUDIT_VERSION) {
		*why = "a newer version of plume-mailer wrote it: use that one, or another file";
		return ST_VERSION;
	}
	return ST_OK;
}

static enum status check_health(struct audit *a)
{
	int64_t sound;
	enum status st = ask_number(
		a, "SELECT quick_check = 'ok' FROM pragma_quick_check(1)", &sound);

	return st == ST_OK && sound == 0 ? ST_DAMAGED : st;
}

static enum status prepare(struct audit *a, const char **why)
{
	enum status st = run(a, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");

	if (st == ST_OK)
		st = run(a, "BEGIN IMMEDIATE");
	if (st == ST_OK)
		st = check_schema(a, why);
	if (st == ST_OK)
		st = run(a, "COMMIT");
	if (st == ST_OK)
		st = check_health(a);
	if (st == ST_OK &&
	    sqlite3_prepare_v3(a->db, insert, -1, SQLITE_PREPARE_PERSISTENT, &a->insert,
			       NULL) != SQLITE_OK)
		st = ST_DAMAGED;
	if (st == ST_DAMAGED && *why == NULL)
		*why = "it is damaged, or no database: move it away to begin a new one";
	return st;
}

/* SQLite would make it with the umask's mode; its WAL takes the mode of the file. */
static enum status make_file(const char *path, const char **why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (fd < 0) {
		*why = strerror(errno);
		return ST_IO;
	}
	close(fd);
	return ST_OK;
}

static enum status open_database(struct audit *a, const char *path, const char **why)
{
	enum status st = make_file(path, why);

	if (st != ST_OK)
		return st;
	if (sqlite3_open_v2(path, &a->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return ST_IO;
	sqlite3_busy_timeout(a->db, BUSY_MS);
	sqlite3_extended_result_codes(a->db, 1);
	return prepare(a, why);
}

enum status audit_open(const char *path, const struct entropy *e, struct audit **out)
{
	struct audit *a = xcalloc(1, sizeof *a);
	char *key_path = xasprintf("%s.key", path);
	const char *why = NULL;
	char shown[256];
	enum status st = open_database(a, path, &why);

	*out = NULL;
	if (st != ST_OK)
		log_error("audit_refused", "file=%s why=\"%s\"",
			  log_quote(shown, sizeof shown, slice_of(path)),
			  why != NULL     ? why
			  : a->db != NULL ? sqlite3_errmsg(a->db)
					  : "it cannot be opened");
	else
		st = secret_load(key_path, e, &a->key); /* logs */
	free(key_path);
	if (st != ST_OK) {
		audit_close(&a);
		return st;
	}
	*out = a;
	return ST_OK;
}

void audit_close(struct audit **a)
{
	if (a == NULL || *a == NULL)
		return;
	sqlite3_finalize((*a)->insert);
	sqlite3_close((*a)->db);
	secret_wipe(&(*a)->key, sizeof(*a)->key);
	free(*a);
	*a = NULL;
}

/* -- rows -- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void audit_hash_address(const struct audit *a, struct slice address,
			char out[AUDIT_HASH_CAP])
{
	char *text = slice_dup(address);
	char *domain = strrchr(text, '@');
	struct secret_hash hash;
	struct secret hex; /* has the same bytes, and a way to be written */

	_Static_assert(sizeof hex.bytes == sizeof hash.bytes, "both are 32 bytes");
	for (char *c = domain; c != NULL && *c != '\0'; c++)
		*c = lower(*c);
	hash = secret_hash(&a->key, "audit address", slice_of(text));
	memcpy(hex.bytes, hash.bytes, sizeof hex.bytes);
	secret_to_hex(&hex, out);
	free(text);
}

/* The texts are bound without a copy: all of them live until the row is written. */
static void bind_text(sqlite3_stmt *stmt, int column, const char *text)
{
	sqlite3_bind_text(stmt, column, text, -1, SQLITE_STATIC);
}

static void bind_login(struct audit *a, const struct audit_login *login, const char *hash,
		       const char *gateway)
{
	bind_text(a->insert, 3, login->reference);
	sqlite3_bind_int64(a->insert, 4, (sqlite3_int64)login->letter);
	bind_text(a->insert, 5, hash);
	bind_text(a->insert, 6, login->network);
	bind_text(a->insert, 7, gateway);
}

static void bind_attempt(struct audit *a, const struct audit_attempt *attempt)
{
	sqlite3_bind_int64(a->insert, 8, attempt->number);
	bind_text(a->insert, 9, mail_state_name(attempt->state));
	if (attempt->code != 0)
		sqlite3_bind_int(a->insert, 10, attempt->code);
	bind_text(a->insert, 11, attempt->detail);
}

/* attempt: NULL for a request. */
static enum status add_row(struct audit *a, const struct audit_login *login,
			   const struct audit_attempt *attempt, uint64_t wall_ms)
{
	char hash[AUDIT_HASH_CAP], gateway[24];
	enum status st = ST_OK;
	int rc;

	audit_hash_address(a, login->address, hash);
	if (!fmt(gateway, sizeof gateway, "%llu", (unsigned long long)login->gateway))
		return ST_RANGE;
	sqlite3_bind_int64(a->insert, 1, (sqlite3_int64)wall_ms);
	bind_text(a->insert, 2, attempt == NULL ? "request" : "attempt");
	bind_login(a, login, hash, gateway);
	if (attempt != NULL)
		bind_attempt(a, attempt);
	rc = sqlite3_step(a->insert);
	if (rc != SQLITE_DONE) {
		log_error("audit_write", "letter=%llu why=\"%s\"",
			  (unsigned long long)login->letter, sqlite3_errmsg(a->db));
		st = status_of(rc);
	}
	sqlite3_reset(a->insert);
	sqlite3_clear_bindings(a->insert);
	return st;
}

enum status audit_request(struct audit *a, const struct audit_login *login,
			  uint64_t wall_ms)
{
	return add_row(a, login, NULL, wall_ms);
}

enum status audit_attempt(struct audit *a, const struct audit_login *login,
			  const struct audit_attempt *attempt, uint64_t wall_ms)
{
	return add_row(a, login, attempt, wall_ms);
}
