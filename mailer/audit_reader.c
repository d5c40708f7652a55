/* A connection that cannot write, and a WHERE made of the filter's parts. */
#include "mailer/audit_reader.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/secret_box.h"
#include "mailer/audit_open.h"
#include "mailer/audit_private.h"

enum { PAGE = 1000 };

/* -- opening -- */

static const char *reason(sqlite3 *db)
{
	if ((sqlite3_errcode(db) & 0xff) != SQLITE_CANTOPEN)
		return sqlite3_errmsg(db);
	return "its directory cannot be written, and FILE-shm has to be made there: copy FILE"
	       " and what is beside it to another one";
}

static enum status check_version(struct audit *a, const char **why)
{
	int64_t application = 0, version = 0;
	enum status st = audit_number(a->db, "PRAGMA application_id", &application);

	if (st == ST_OK)
		st = audit_number(a->db, "PRAGMA user_version", &version);
	if (st != ST_OK) {
		*why = reason(a->db);
		return st;
	}
	if (application == AUDIT_APPLICATION_ID && version == AUDIT_VERSION)
		return ST_OK;
	*why = application != AUDIT_APPLICATION_ID ? "it is no audit file"
	       : version < AUDIT_VERSION
		       ? "it is of an older version: start plume-mailer on it once"
		       : "a newer version of plume-mailer wrote it";
	return ST_VERSION;
}

/* True: there is a file of that name, and it was loaded. */
static enum status load_if_there(const char *path, bool *there, struct secret *out)
{
	*there = access(path, F_OK) == 0;
	return *there ? secret_load(path, &entropy_system, out) : ST_OK;
}

static enum status load_keys(struct audit_reader *r, const char *opener)
{
	char *key = xasprintf("%s.key", r->audit->path);
	char *beside = xasprintf("%s.open-key", r->audit->path);
	enum status st = load_if_there(key, &r->has_key, &r->audit->key);

	if (st == ST_OK)
		st = load_if_there(opener != NULL ? opener : beside, &r->has_opener,
				   &r->opener);
	free(key);
	free(beside);
	return st;
}

enum status audit_reader_open(const char *path, const char *opener,
			      struct audit_reader *out, const char **why)
{
	enum status st;

	memset(out, 0, sizeof *out);
	*why = NULL;
	if (access(path, F_OK) != 0) {
		*why = "there is no such file";
		return ST_ABSENT;
	}
	out->audit = xcalloc(1, sizeof *out->audit);
	out->audit->path = xstrdup(path);
	st = audit_connect(out->audit, SQLITE_OPEN_READONLY);
	if (st == ST_OK)
		st = check_version(out->audit, why);
	else
		*why = status_text(st);
	if (st == ST_OK && opener != NULL && access(opener, F_OK) != 0) {
		*why = "there is no such --open-key";
		st = ST_ABSENT;
	}
	return st == ST_OK ? load_keys(out, opener) : st;
}

void audit_reader_close(struct audit_reader *r)
{
	audit_close(&r->audit);
	secret_wipe(&r->opener, sizeof r->opener);
}

/* -- reading -- */

struct conditions {
	char *sql;
	struct audit_value values[8];
	int n;
};

static void add(struct conditions *c, const char *condition, struct audit_value value)
{
	char *longer = xasprintf("%s AND %s ?%d", c->sql, condition, c->n + 1);

	free(c->sql);
	c->sql = longer;
	c->values[c->n++] = value;
}

static struct audit_value number(uint64_t n)
{
	return (struct audit_value){.type = AUDIT_NUMBER, .number = (int64_t)n};
}

static void add_text(struct conditions *c, const char *condition, const char *text)
{
	if (text != NULL)
		add(c, condition,
		    (struct audit_value){.type = AUDIT_TEXT, .bytes = slice_of(text)});
}

static struct conditions conditions_of(const struct audit_reader *r,
				       const struct audit_filter *f,
				       char hash[AUDIT_HASH_CAP])
{
	struct conditions c = {.sql = xstrdup("1")};

	if (f->since_ms != 0)
		add(&c, "time_ms >=", number(f->since_ms));
	if (f->until_ms != 0)
		add(&c, "time_ms <", number(f->until_ms));
	add_text(&c, "reference =", f->reference);
	add_text(&c, "kind =", f->kind);
	add_text(&c, "result =", f->result);
	if (f->address != NULL) {
		audit_hash_address(r->audit, slice_of(f->address), hash);
		add_text(&c, "address_hash =", hash);
	}
	return c;
}

static sqlite3_stmt *prepare(struct audit_reader *r, const struct conditions *c,
			     char *sql)
{
	sqlite3_stmt *stmt = audit_prepare(r->audit, sql);

	for (int i = 0; stmt != NULL && i < c->n; i++) {
		if (c->values[i].type == AUDIT_NUMBER)
			sqlite3_bind_int64(stmt, i + 1, c->values[i].number);
		else
			audit_bind_text(stmt, i + 1, c->values[i].bytes);
	}
	free(sql);
	return stmt;
}

/* The row before the newest ones. */
static int64_t before_newest(struct audit_reader *r, const struct conditions *c,
			     uint64_t newest)
{
	sqlite3_stmt *stmt;
	int64_t id = 0;

	if (newest == 0)
		return 0;
	stmt = prepare(r, c,
		       xasprintf("SELECT min(id) - 1 FROM (SELECT id FROM audit WHERE %s"
				 " ORDER BY id DESC LIMIT %llu)",
				 c->sql, (unsigned long long)newest));
	if (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
		id = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return id;
}

static int read_page(struct audit_reader *r, const struct conditions *c,
		     const char *order, int64_t *last, audit_row_fn *each, void *ctx)
{
	sqlite3_stmt *stmt = prepare(
		r, c,
		xasprintf("SELECT %s FROM audit WHERE %s AND id > %lld"
			  " ORDER BY %s LIMIT %d",
			  audit_column_list(), c->sql, (long long)*last, order, PAGE));
	struct audit_row row;
	int n = 0, rc = SQLITE_DONE;

	while (stmt != NULL && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		audit_read_row(stmt, &row);
		*last = row.values[AUDIT_ID].number;
		each(ctx, &row);
		n++;
	}
	if (rc != SQLITE_DONE)
		audit_fail(r->audit, rc);
	sqlite3_finalize(stmt);
	return n;
}

enum status audit_read(struct audit_reader *r, const struct audit_filter *f,
		       audit_row_fn *each, void *ctx)
{
	char hash[AUDIT_HASH_CAP];
	struct conditions c = conditions_of(r, f, hash);
	int64_t last;

	r->audit->failed = ST_OK;
	last = before_newest(r, &c, f->newest);
	if (f->by_time)
		read_page(r, &c, "time_ms, id", &last, each, ctx);
	while (!f->by_time && r->audit->failed == ST_OK &&
	       read_page(r, &c, "id", &last, each, ctx) == PAGE)
		continue;
	free(c.sql);
	return r->audit->failed;
}

void audit_read_address(const struct audit_reader *r, const struct audit_row *row,
			char out[AUDIT_ADDRESS_CAP])
{
	const struct audit_value *v = &row->values[AUDIT_ADDRESS];
	size_t len = v->type == AUDIT_BYTES && v->bytes.len > SECRET_BOX_EXTRA
			     ? v->bytes.len - SECRET_BOX_EXTRA
			     : 0;

	memset(out, 0, AUDIT_ADDRESS_CAP);
	if (!r->has_opener || len == 0 || len >= AUDIT_ADDRESS_CAP ||
	    secret_box_open(&r->opener, v->bytes, out) != ST_OK)
		memset(out, 0, AUDIT_ADDRESS_CAP);
}
