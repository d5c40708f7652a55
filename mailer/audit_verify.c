/* The rows in their order through audit_chain_check(); what is no fault of one row, SQLite finds. */
#include "mailer/audit_verify.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "mailer/audit_private.h"

struct walk {
	struct audit *audit;
	const struct audit_head *exported;
	struct audit_verdict *verdict;
	struct secret_hash prev;
	int64_t last;
};

static void refuse(struct walk *w, int64_t id, const char *why)
{
	w->verdict->bad = id;
	w->verdict->why = why;
}

static void walk_row(struct walk *w, const struct audit_row *row)
{
	const struct audit_head *exported = w->exported;
	int64_t id = w->last + 1;
	const char *why = audit_chain_check(&w->audit->key, id, row, &w->prev);

	if (why == NULL && exported != NULL && exported->id == id &&
	    !secret_hash_equal(&w->prev, &exported->link))
		why = "it is not the one whose head was exported";
	if (why != NULL) {
		refuse(w, id, why);
		return;
	}
	w->last = id;
	w->verdict->rows++;
	w->verdict->erased += row->values[AUDIT_ERASED].type != AUDIT_NULL ? 1 : 0;
}

/* Ids below 1 would be skipped by what follows. */
static enum status check_pages(struct walk *w)
{
	int64_t sound, before_first;
	enum status st = audit_number(
		w->audit->db,
		"SELECT integrity_check = 'ok' FROM pragma_integrity_check(1)", &sound);

	if (st == ST_OK)
		st = audit_number(w->audit->db, "SELECT count(*) FROM audit WHERE id < 1",
				  &before_first);
	if (st == ST_OK && sound == 0)
		w->verdict->why =
			"the database itself is damaged (PRAGMA integrity_check)";
	else if (st == ST_OK && before_first != 0)
		w->verdict->why = "there are rows before the first";
	return st;
}

static enum status walk_some(struct walk *w, bool *more_out)
{
	char *sql = xasprintf("SELECT %s FROM audit WHERE id > ? ORDER BY id LIMIT 1000",
			      audit_column_list());
	sqlite3_stmt *stmt = NULL;
	struct audit_row row;
	int n = 0, rc = sqlite3_prepare_v2(w->audit->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, w->last);
	while ((rc == SQLITE_OK || rc == SQLITE_ROW) && w->verdict->why == NULL) {
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW) {
			audit_read_row(stmt, &row);
			walk_row(w, &row);
			n++;
		}
	}
	sqlite3_finalize(stmt);
	free(sql);
	*more_out = n == 1000 && w->verdict->why == NULL;
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? ST_OK : audit_status(rc);
}

enum status audit_verify(struct audit *a, const struct audit_head *exported,
			 struct audit_verdict *out)
{
	struct walk w = {.audit = a, .exported = exported, .verdict = out};
	enum status st;
	bool more = true;

	memset(out, 0, sizeof *out);
	st = check_pages(&w);
	while (st == ST_OK && out->why == NULL && more)
		st = walk_some(&w, &more);
	if (st != ST_OK || out->why != NULL)
		return st;
	if (exported != NULL && exported->id > w.last)
		refuse(&w, w.last + 1,
		       "it is missing, and so is the rest up to the head that was exported");
	out->head = (struct audit_head){w.last, w.prev};
	return ST_OK;
}
