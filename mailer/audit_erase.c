/* Contents go, hashes stay, and a mark says that it was done by somebody with the key. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"
#include "mailer/audit_erase.h"
#include "mailer/audit_private.h"

enum { BATCH = 500 }; /* rows of one transaction: others write in between */

static char *clear_columns(enum audit_erased level)
{
	char *list = xstrdup("");

	for (size_t i = 0; i < AUDIT_COLUMNS; i++) {
		enum audit_group group = audit_columns[i].group;
		char *longer;

		if (group != AUDIT_PERSONAL &&
		    !(group == AUDIT_FACT && level == ERASED_ALL))
			continue;
		longer = xasprintf("%s%s = NULL, ", list, audit_columns[i].name);
		free(list);
		list = longer;
	}
	return list;
}

struct found {
	int64_t id;
	struct secret_hash link;
};

static void erase_row(struct audit *a, enum audit_erased level, const struct found *f,
		      const char *sql)
{
	sqlite3_stmt *update = audit_prepare(a, sql);
	struct secret_hash mark = audit_chain_mark(&a->key, f->id, level, &f->link);

	if (update != NULL) {
		sqlite3_bind_int64(update, 1, f->id);
		sqlite3_bind_int(update, 2, (int)level);
		sqlite3_bind_blob(update, 3, mark.bytes, sizeof mark.bytes,
				  SQLITE_STATIC);
	}
	audit_finish(a, update);
}

/* All of them before the first is changed: a row that is changed moves in the indexes. */
static int64_t find_rows(struct audit *a, enum audit_erased level, const char *where,
			 const struct audit_value *bound, struct found found[BATCH])
{
	char *sql = xasprintf("SELECT id, chain_hash FROM audit WHERE %s"
			      " AND coalesce(erased, 0) < %d LIMIT %d",
			      where, (int)level, BATCH);
	sqlite3_stmt *stmt = audit_prepare(a, sql);
	int64_t n = 0;
	int rc = SQLITE_DONE;

	if (stmt != NULL && bound->type == AUDIT_NUMBER)
		sqlite3_bind_int64(stmt, 1, bound->number);
	if (stmt != NULL && bound->type == AUDIT_TEXT)
		audit_bind_text(stmt, 1, bound->bytes);
	while (stmt != NULL && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct found *f = &found[n++];

		memset(f, 0, sizeof *f);
		f->id = sqlite3_column_int64(stmt, 0);
		if (sqlite3_column_bytes(stmt, 1) == sizeof f->link.bytes)
			memcpy(f->link.bytes, sqlite3_column_blob(stmt, 1),
			       sizeof f->link.bytes);
	}
	if (rc != SQLITE_DONE)
		audit_fail(a, rc);
	sqlite3_finalize(stmt);
	free(sql);
	return n;
}

int64_t audit_erase_rows(struct audit *a, enum audit_erased level, const char *where,
			 const struct audit_value *bound)
{
	struct found *found = xcalloc(BATCH, sizeof *found);
	char *columns = clear_columns(level);
	char *update = xasprintf(
		"UPDATE audit SET %s erased = ?2, erased_mark = ?3 WHERE id = ?1",
		columns);
	int64_t n = find_rows(a, level, where, bound, found);

	for (int64_t i = 0; i < n; i++)
		erase_row(a, level, &found[i], update);
	free(found);
	free(columns);
	free(update);
	return n;
}

static void add_row(struct audit *a, int64_t n, const char *why, uint64_t wall_ms)
{
	char detail[128];
	struct audit_entry e = {
		.wall_ms = wall_ms, .kind = "erased", .times = (uint64_t)n};

	if (n == 0)
		return;
	if (fmt(detail, sizeof detail, "%" PRId64 " rows: %s", n, why))
		e.detail = slice_of(detail);
	audit_add(a, &e);
}

bool audit_retain(struct audit *a, uint64_t older_than_ms, uint64_t wall_ms)
{
	struct audit_value time = {.type = AUDIT_NUMBER,
				   .number = (int64_t)older_than_ms};
	int64_t n;

	audit_begin(a);
	n = audit_erase_rows(a, ERASED_ALL, "time_ms < ?1", &time);
	add_row(a, n, "older than --audit-keep", wall_ms);
	if (audit_commit(a) != ST_OK)
		return false;
	if (n > 0)
		log_info("audit_retained", "erased=%" PRId64, n);
	return n == BATCH;
}

enum status audit_erase_address(struct audit *a, struct slice address, uint64_t wall_ms,
				int64_t *n_out)
{
	char hash[AUDIT_HASH_CAP];
	struct audit_value bound = {.type = AUDIT_TEXT};
	enum status st;
	int64_t n;

	*n_out = 0;
	audit_hash_address(a, address, hash);
	bound.bytes = slice_of(hash);
	do {
		audit_begin(a);
		n = audit_erase_rows(a, ERASED_PERSONAL, "address_hash = ?1", &bound);
		add_row(a, n, "somebody's address", wall_ms);
		st = audit_commit(a);
		if (st == ST_OK)
			*n_out += n;
	} while (st == ST_OK && n == BATCH);
	/* What was in the WAL goes with it, unless somebody reads just now: then with the next one. */
	sqlite3_wal_checkpoint_v2(a->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return st;
}
