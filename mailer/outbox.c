/* A table whose sealed part is a frame of the bus with the one LETTER in it. */
#include "mailer/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "mailer/audit_private.h"
#include "mailer/slots.h"

static const char domain[] = "outbox letter";

static const char *const states[OUTBOX_STATES] = {
	[OUTBOX_QUEUED] = "queued",     [OUTBOX_SENDING] = "sending",
	[OUTBOX_DEFERRED] = "deferred", [OUTBOX_SENT] = "sent",
	[OUTBOX_REFUSED] = "refused",   [OUTBOX_EXPIRED] = "expired",
};

const char *outbox_state_name(enum outbox_state state)
{
	return states[state];
}

static bool is_over(enum outbox_state state)
{
	return state == OUTBOX_SENT || state == OUTBOX_REFUSED || state == OUTBOX_EXPIRED;
}

/* -- slots -- */

static void put_mailer(struct audit *a, unsigned slot, uint64_t number)
{
	sqlite3_stmt *stmt;

	audit_begin(a);
	stmt = audit_prepare(a, "INSERT INTO slots VALUES (?, ?)");
	if (stmt != NULL) {
		sqlite3_bind_int(stmt, 1, (int)slot);
		sqlite3_bind_int64(stmt, 2, (sqlite3_int64)number);
	}
	audit_finish(a, stmt);
}

enum status outbox_mailer(struct audit *a, unsigned slot, const struct entropy *e,
			  uint64_t *out)
{
	char sql[80];
	int64_t number;
	enum status st;

	*out = 0;
	if (!fmt(sql, sizeof sql, "SELECT mailer FROM slots WHERE slot = %u", slot))
		return ST_RANGE;
	st = audit_number(a->db, sql, &number);
	if (st == ST_OK && number == 0) {
		number = (int64_t)entropy_id(e);
		put_mailer(a, slot, (uint64_t)number);
		st = audit_commit(a);
	}
	*out = (uint64_t)number;
	return st;
}

enum status outbox_slots(struct audit *a, uint64_t *mask_out)
{
	int64_t mask;
	enum status st = audit_number(
		a->db, "SELECT sum(1 << slot) FROM (SELECT DISTINCT slot FROM outbox)",
		&mask);

	*mask_out = (uint64_t)mask;
	return st;
}

/* -- rows -- */

static void bind_row(sqlite3_stmt *stmt, const struct outbox_row *row)
{
	sqlite3_bind_int(stmt, 1, (int)row->slot);
	sqlite3_bind_int64(stmt, 2, (sqlite3_int64)row->letter);
	sqlite3_bind_text(stmt, 3, states[row->state], -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 4, row->attempts);
	sqlite3_bind_int64(stmt, 5, (sqlite3_int64)row->due_ms);
	sqlite3_bind_int(stmt, 6, row->code);
	sqlite3_bind_text(stmt, 7, row->detail != NULL ? row->detail : "", -1,
			  SQLITE_STATIC);
}

void outbox_put(struct audit *a, const struct entropy *e, const struct outbox_row *row,
		const struct bus_letter *l)
{
	struct bus_msg m = {.kind = BUS_LETTER, .u.letter = *l};
	struct bus_writer *w = bus_writer_new();
	struct slice frame;
	unsigned char *sealed;
	sqlite3_stmt *stmt = audit_prepare(
		a, "INSERT OR REPLACE INTO outbox (slot, letter, state, attempts, due_ms,"
		   " code, detail, taken_ms, end_ms, sealed)"
		   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	bus_writer_add(w, &m);
	frame = bus_writer_frame(w);
	sealed = xcalloc(1, frame.len + SECRET_SEAL_EXTRA);
	secret_seal(&a->key, domain, e, frame, sealed);
	if (stmt != NULL) {
		bind_row(stmt, row);
		sqlite3_bind_int64(stmt, 8, (sqlite3_int64)row->taken_ms);
		sqlite3_bind_int64(stmt, 9, (sqlite3_int64)row->end_ms);
		sqlite3_bind_blob(stmt, 10, sealed, (int)(frame.len + SECRET_SEAL_EXTRA),
				  SQLITE_STATIC);
	}
	audit_finish(a, stmt);
	free(sealed);
	bus_writer_wipe(w);
	bus_writer_free(&w);
}

void outbox_set(struct audit *a, const struct outbox_row *row)
{
	sqlite3_stmt *stmt = audit_prepare(
		a, is_over(row->state)
			   ? "UPDATE outbox SET state = ?3, attempts = ?4, due_ms = ?5,"
			     " code = ?6, detail = ?7, sealed = x''"
			     " WHERE slot = ?1 AND letter = ?2"
			   : "UPDATE outbox SET state = ?3, attempts = ?4, due_ms = ?5,"
			     " code = ?6, detail = ?7 WHERE slot = ?1 AND letter = ?2");

	if (stmt != NULL)
		bind_row(stmt, row);
	audit_finish(a, stmt);
}

void outbox_drop(struct audit *a, unsigned slot, uint64_t letter)
{
	sqlite3_stmt *stmt =
		audit_prepare(a, "DELETE FROM outbox WHERE slot = ? AND letter = ?");

	if (stmt != NULL) {
		sqlite3_bind_int(stmt, 1, (int)slot);
		sqlite3_bind_int64(stmt, 2, (sqlite3_int64)letter);
	}
	audit_finish(a, stmt);
}

bool outbox_was_sent(struct audit *a, uint64_t letter)
{
	char sql[112];
	int64_t n;

	return fmt(sql, sizeof sql,
		   "SELECT count(*) FROM outbox WHERE letter = %lld AND state = 'sent'",
		   (long long)letter) &&
	       audit_number(a->db, sql, &n) == ST_OK && n > 0;
}

/* -- reading -- */

static enum outbox_state state_of(const char *name)
{
	for (size_t i = 0; i < OUTBOX_STATES; i++) {
		if (name != NULL && strcmp(name, states[i]) == 0)
			return (enum outbox_state)i;
	}
	return OUTBOX_QUEUED; /* of somebody's editing: it is confirmed with the broker anyway */
}

/* Gives the opened frame, or nothing. */
static struct slice open_frame(struct audit *a, struct slice sealed)
{
	size_t len = sealed.len > SECRET_SEAL_EXTRA ? sealed.len - SECRET_SEAL_EXTRA : 0;
	char *frame = xcalloc(1, len + 1);

	if (len > 0 && secret_open(&a->key, domain, sealed, frame) == ST_OK)
		return (struct slice){frame, len};
	free(frame);
	return (struct slice){NULL, 0};
}

static void give_row(struct audit *a, sqlite3_stmt *stmt, outbox_row_fn *each, void *ctx)
{
	struct outbox_row row = {
		.slot = (unsigned)sqlite3_column_int(stmt, 0),
		.letter = (uint64_t)sqlite3_column_int64(stmt, 1),
		.state = state_of((const char *)sqlite3_column_text(stmt, 2)),
		.attempts = (unsigned)sqlite3_column_int(stmt, 3),
		.taken_ms = (uint64_t)sqlite3_column_int64(stmt, 4),
		.end_ms = (uint64_t)sqlite3_column_int64(stmt, 5),
		.due_ms = (uint64_t)sqlite3_column_int64(stmt, 6),
		.code = sqlite3_column_int(stmt, 7),
		.detail = (const char *)sqlite3_column_text(stmt, 8),
	};
	struct slice sealed = {sqlite3_column_blob(stmt, 9),
			       (size_t)sqlite3_column_bytes(stmt, 9)};
	struct slice frame = open_frame(a, sealed);
	struct bus_reader *r = NULL;
	struct bus_msg m;
	bool good = frame.len > 0 && bus_reader_new(frame, &r) == ST_OK &&
		    bus_reader_next(r, BUS_BROKER, BUS_MAILER, &m) == ST_OK &&
		    m.kind == BUS_LETTER && m.u.letter.letter == row.letter;

	each(ctx, &row, good ? &m.u.letter : NULL);
	bus_reader_free(&r);
	if (frame.ptr != NULL) {
		secret_wipe((char *)frame.ptr, frame.len);
		free((char *)frame.ptr);
	}
}

enum status outbox_each(struct audit *a, unsigned slot, outbox_row_fn *each, void *ctx)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(
		a->db,
		"SELECT slot, letter, state, attempts, taken_ms, end_ms, due_ms, code,"
		" detail, sealed FROM outbox WHERE slot = ? ORDER BY taken_ms",
		-1, &stmt, NULL);

	if (rc == SQLITE_OK)
		sqlite3_bind_int(stmt, 1, (int)slot);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW)
			give_row(a, stmt, each, ctx);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? ST_OK : audit_status(rc);
}
