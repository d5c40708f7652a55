/* Opening: is the file there, ours, whole, of this version, and may it be written?  Whoever is through
 * the gate alone may move a damaged file aside or upgrade an old one. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "mailer/audit_open.h"
#include "mailer/audit_private.h"
#include "mailer/slots.h"

static bool exists(const char *path, const char *end)
{
	char *file = xasprintf("%s%s", path, end);
	bool there = access(file, F_OK) == 0;

	free(file);
	return there;
}

/* SQLite would make it with the umask's mode; its WAL takes the mode of the file. */
static enum status make_file(const char *path, const char **why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (fd < 0) {
		*why = strerror(errno);
		return errno == EACCES || errno == EROFS ? ST_DENIED : ST_IO;
	}
	close(fd);
	return ST_OK;
}

/* -- whose file it is -- */

static enum status check_owner(struct audit *a, int64_t *version, const char **why)
{
	int64_t application, things;
	enum status st = audit_number(a->db, "PRAGMA user_version", version);

	if (st == ST_OK)
		st = audit_number(a->db, "PRAGMA application_id", &application);
	if (st == ST_OK)
		st = audit_number(a->db, "SELECT count(*) FROM sqlite_master", &things);
	if (st != ST_OK)
		return st;
	if (things == 0 && *version == 0)
		return ST_OK;
	if (application != AUDIT_APPLICATION_ID) {
		*why = "it is the database of another program";
		return ST_PROTOCOL; /* not ours: not damaged either */
	}
	if (*version > AUDIT_VERSION) {
		*why = "a newer version of plume-mailer wrote it: use that one, or another file";
		return ST_VERSION;
	}
	return ST_OK;
}

static enum status check_health(struct audit *a)
{
	int64_t sound;
	enum status st = audit_number(
		a->db, "SELECT quick_check = 'ok' FROM pragma_quick_check(1)", &sound);

	return st == ST_OK && sound == 0 ? ST_DAMAGED : st;
}

/* -- moving aside, upgrading -- */

static bool move(const char *path, const char *aside, const char *end)
{
	char *from = xasprintf("%s%s", path, end), *to = xasprintf("%s%s", aside, end);
	bool done = rename(from, to) == 0 || errno == ENOENT;

	free(from);
	free(to);
	return done;
}

/* The WAL first: a new file must never meet the WAL of another. */
static char *move_aside(const char *path)
{
	char when[32], *aside;
	time_t now = time(NULL);
	struct tm utc;

	if (gmtime_r(&now, &utc) == NULL ||
	    strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &utc) == 0)
		return NULL;
	aside = xasprintf("%s.damaged-%s", path, when);
	for (int n = 2; exists(aside, "") && n < 1000; n++) {
		free(aside);
		aside = xasprintf("%s.damaged-%s-%d", path, when, n);
	}
	if (move(path, aside, "-wal") && move(path, aside, "-shm") &&
	    move(path, aside, ".head") && move(path, aside, ""))
		return aside;
	free(aside);
	return NULL;
}

/* A copy that is whole or not there: written under another name first. */
static void back_up(struct audit *a, int64_t version)
{
	char *copy = xasprintf("%s.v%" PRId64, a->path, version);
	char *part = xasprintf("%s.part", copy);
	sqlite3_stmt *q;

	unlink(part);
	q = audit_prepare(a, "VACUUM INTO ?");
	if (q != NULL)
		audit_bind_text(q, 1, slice_of(part));
	audit_finish(a, q);
	if (a->failed == ST_OK &&
	    (chmod(part, S_IRUSR | S_IWUSR) != 0 || rename(part, copy) != 0))
		a->failed = ST_IO;
	if (a->failed == ST_OK)
		log_info("audit_copied", "file=%s version=%" PRId64, copy, version);
	free(copy);
	free(part);
}

static enum status bring_up(struct audit *a, int64_t version)
{
	a->failed = ST_OK;
	if (version == AUDIT_VERSION)
		return ST_OK;
	if (version > 0)
		back_up(a, version);
	if (a->failed != ST_OK)
		return a->failed;
	audit_begin(a);
	if (version == 0)
		audit_make_schema(a);
	else
		audit_upgrade_1(a);
	if (audit_commit(a) == ST_OK && version > 0)
		log_info("audit_upgraded", "file=%s from=%" PRId64 " to=%d", a->path,
			 version, AUDIT_VERSION);
	return a->failed;
}

/* -- opening -- */

enum status audit_connect(struct audit *a, int flags)
{
	static const char settings[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;"
		"PRAGMA journal_size_limit = 4194304"; /* the WAL, once it was read back */
	int rc = sqlite3_open_v2(a->path, &a->db, flags, NULL);

	if (rc != SQLITE_OK)
		return audit_status(rc);
	sqlite3_busy_timeout(a->db, AUDIT_BUSY_MS);
	sqlite3_extended_result_codes(a->db, 1);
	if ((flags & SQLITE_OPEN_READWRITE) != 0 &&
	    sqlite3_db_readonly(a->db, "main") != 0)
		return ST_DENIED;
	if ((flags & SQLITE_OPEN_READWRITE) != 0)
		rc = sqlite3_exec(a->db, settings, NULL, NULL, NULL);
	return rc == SQLITE_OK ? ST_OK : audit_status(rc);
}

static enum status open_file(struct audit *a, const struct entropy *e, bool alone,
			     const char **why)
{
	int64_t version = 0;
	enum status st = make_file(a->path, why);

	if (st == ST_OK)
		st = audit_connect(a, SQLITE_OPEN_READWRITE);
	if (st == ST_OK)
		st = check_owner(a, &version, why);
	if (st == ST_OK)
		st = check_health(a);
	if (st == ST_OK)
		st = audit_load_keys(a, e, version > 0, why);
	if (st == ST_OK && version != AUDIT_VERSION && !alone) {
		*why = "it is of an older version, and another mailer has it open: stop that one";
		st = ST_BUSY;
	}
	return st == ST_OK ? bring_up(a, version) : st;
}

/* Ours by the key beside it; otherwise it may be anybody's file, named by mistake. */
static enum status begin_anew(struct audit *a, const struct entropy *e, const char **why)
{
	char *aside, *detail;
	struct audit_entry row = {.kind = "broken"};
	enum status st;

	sqlite3_close(a->db);
	a->db = NULL;
	aside = move_aside(a->path);
	if (aside == NULL) {
		*why = "it is damaged, and cannot be moved aside";
		return ST_DAMAGED;
	}
	log_error("audit_damaged", "file=%s moved_to=%s why=\"a new one is begun\"",
		  a->path, aside);
	st = open_file(a, e, true, why);
	if (st == ST_OK) {
		detail = xasprintf("moved to %s", strrchr(aside, '/') != NULL
							  ? strrchr(aside, '/') + 1
							  : aside);
		row.wall_ms = (uint64_t)time(NULL) * 1000;
		row.detail = slice_of(detail);
		audit_begin(a);
		audit_add(a, &row);
		st = audit_commit(a);
		free(detail);
	}
	free(aside);
	return st;
}

static const char *hint(enum status st)
{
	switch (st) {
	case ST_DAMAGED:
		return "it is damaged, or no database: move it away to begin a new one";
	case ST_BUSY:
		return "another program has it locked";
	case ST_DENIED:
		return "it may not be written";
	case ST_FULL:
		return "there is no room on the disk";
	default:
		return status_text(st);
	}
}

static enum status open_through_gate(struct audit *a, const struct entropy *e,
				     const char **why)
{
	char *slots = xasprintf("%s.slots", a->path);
	enum status st = slots_open(slots, &a->slots);
	bool alone, ours = exists(a->path, ".key");

	free(slots);
	if (st != ST_OK) {
		*why = strerror(errno);
		return errno == EACCES || errno == EROFS ? ST_DENIED : st;
	}
	alone = slots_gate_alone(a->slots);
	if (!alone)
		st = slots_gate_share(a->slots);
	if (st == ST_OK)
		st = open_file(a, e, alone, why);
	if (st == ST_DAMAGED && *why == NULL && ours && alone)
		st = begin_anew(a, e, why);
	else if (st == ST_DAMAGED && *why == NULL && ours)
		*why = "it is damaged, and another mailer has it open: stop that one";
	if (st == ST_OK)
		st = slots_gate_share(a->slots);
	return st;
}

/* What SQLite says of its failure; nothing when it did not fail. */
static const char *last_words(sqlite3 *db)
{
	switch (db != NULL ? sqlite3_errcode(db) & 0xff : SQLITE_OK) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return "";
	default:
		return sqlite3_errmsg(db);
	}
}

enum status audit_open(const char *path, const struct entropy *e, struct audit **out)
{
	struct audit *a = xcalloc(1, sizeof *a);
	const char *why = NULL;
	char shown[256];
	enum status st;

	*out = NULL;
	a->path = xstrdup(path);
	st = open_through_gate(a, e, &why);
	if (st != ST_OK) {
		log_error("audit_refused", "file=%s why=\"%s\" detail=\"%s\"",
			  log_quote(shown, sizeof shown, slice_of(path)),
			  why != NULL ? why : hint(st), last_words(a->db));
		audit_close(&a);
		return st == ST_PROTOCOL ? ST_DAMAGED : st;
	}
	*out = a;
	return ST_OK;
}

void audit_close(struct audit **a)
{
	if (a == NULL || *a == NULL)
		return;
	sqlite3_close((*a)->db);
	slots_close(&(*a)->slots);
	secret_wipe(&(*a)->key, sizeof(*a)->key);
	free((*a)->path);
	free(*a);
	*a = NULL;
}
