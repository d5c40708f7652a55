/* Writing the journal: one prepared statement per fact, and transactions whose first error
 * sticks.  Its tables are store_schema.c, its opening is store_open.c, reading
 * it back is store_load.c, all of logins is store_login.c and bans are store_bans.c; these are all of the broker that knows
 * SQLite. */
#include "broker/store.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "broker/store_private.h"
#include "common/log.h"
#include "common/memory.h"

static const char *const sql[STORE_STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[PUT_EPOCH] = "REPLACE INTO meta VALUES('epoch', ?)",
	[PUT_POST] = "INSERT INTO posts VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	[TRIM_POSTS] = "DELETE FROM posts WHERE seq <= ?",
	[PUT_NEWEST] = "REPLACE INTO meta VALUES('newest', ?)",
	[PUT_NAME] = "REPLACE INTO names VALUES(?, ?, ?, ?, ?)",
	[DROP_NAME] = "DELETE FROM names WHERE id = ?",
	[PUT_SESSION] = "REPLACE INTO sessions VALUES(?, ?, ?)",
	[DROP_SESSION] = "DELETE FROM sessions WHERE token = ?",
	[PUT_LOGIN] =
		("REPLACE INTO logins VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		 " ?, ?)"),
	[DROP_LOGIN] = "DELETE FROM logins WHERE ticket = ?",
	[PUT_LETTER] = "REPLACE INTO letters VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0)",
	[DROP_LETTER] = "DELETE FROM letters WHERE id = ?",
	[PUT_GATEWAY] =
		"REPLACE INTO gateways(id, number, reply, more) VALUES(?, ?, ?, ?)",
	[PUT_SILENCE] = "UPDATE gateways SET silent_ms = ? WHERE id = ?",
	[DROP_GATEWAY] = "DELETE FROM gateways WHERE id = ?",
	[PUT_CLIENT] = "REPLACE INTO clients VALUES(?, ?, ?, ?)",
	[DROP_CLIENT] = "DELETE FROM clients WHERE gateway = ? AND number = ?",
	[DROP_CLIENTS] = "DELETE FROM clients WHERE gateway = ?",
	[CLEAR_CLIENTS] = "DELETE FROM clients",
	[CLEAR_GATEWAYS] = "DELETE FROM gateways",
	[CLEAR_PRESENT] = "DELETE FROM present",
	[PUT_PRESENT] = "REPLACE INTO present VALUES(?)",
	[DROP_PRESENT] = "DELETE FROM present WHERE person = ?",
	[PUT_LEASE] =
		"UPDATE letters SET mailer = ?2, offered = ?3, lease_ms = ?4 WHERE id = ?1",
	[PUT_TALLY] = "INSERT INTO tallies VALUES(?, ?, ?)",
	[TRIM_TALLY] = "DELETE FROM tallies WHERE kind = ? AND at_ms <= ?",
	[PUT_MAIL_PACE] = "REPLACE INTO meta VALUES('mail_pace', ?)",
	[PUT_PROOF] = "REPLACE INTO proofs VALUES(?, ?, ?)",
	[DROP_PROOF] = "DELETE FROM proofs WHERE token = ?",
	[PUT_TRAIL] = "REPLACE INTO trail VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[DROP_TRAIL] = "DELETE FROM trail WHERE id = ?",
	[PUT_TRAIL_KEPT] = "REPLACE INTO meta VALUES('trail_kept', ?)",
	[PUT_BAN] = "REPLACE INTO bans VALUES(?, ?, ?, ?, ?, ?, ?)",
	[DROP_BAN] = "DELETE FROM bans WHERE id = ?",
};

int store_prepare(struct store *s)
{
	for (size_t i = 0; i < STORE_STATEMENTS; i++) {
		int rc = sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
					    &s->statements[i], NULL);

		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

void store_run(struct store *s, enum statement which, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list args;
	int rc = SQLITE_OK;

	if (s == NULL || s->is_suspended || s->failed != SQLITE_OK)
		return;
	q = s->statements[which];
	va_start(args, types);
	for (int i = 1; *types != '\0' && rc == SQLITE_OK; types++, i++) {
		if (*types == 'n') {
			rc = sqlite3_bind_int64(q, i,
						(sqlite3_int64)va_arg(args, uint64_t));
		} else if (*types == 'h') {
			const struct secret_hash *hash =
				va_arg(args, const struct secret_hash *);

			rc = sqlite3_bind_blob(q, i, hash->bytes, sizeof hash->bytes,
					       SQLITE_STATIC);
		} else {
			struct slice v = va_arg(args, struct slice);
			const char *p = v.len > 0 ? v.ptr : "";

			rc = *types == 't' ? sqlite3_bind_text(q, i, p, (int)v.len,
							       SQLITE_STATIC)
					   : sqlite3_bind_blob(q, i, p, (int)v.len,
							       SQLITE_STATIC);
		}
	}
	va_end(args);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
	if (rc != SQLITE_DONE)
		s->failed = rc;
}

void store_suspend(struct store *s, bool is_suspended)
{
	if (s != NULL)
		s->is_suspended = is_suspended;
}

void store_begin(struct store *s)
{
	if (s == NULL)
		return;
	s->failed = SQLITE_OK;
	store_run(s, BEGIN, "");
}

enum status store_commit(struct store *s)
{
	int failed;

	if (s == NULL)
		return ST_OK;
	store_run(s, COMMIT, "");
	if (s->failed == SQLITE_OK)
		return ST_OK;
	failed = s->failed;
	log_error("state_failed", "code=%d why=\"%s\"", failed, sqlite3_errstr(failed));
	s->failed = SQLITE_OK;
	store_run(s, ROLLBACK, "");
	return store_status(failed);
}

bool store_is_gone(const struct store *s)
{
	int has_moved = 0;

	return s != NULL &&
	       sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) ==
		       SQLITE_OK &&
	       has_moved != 0;
}

void store_settle(struct store *s)
{
	if (s != NULL)
		(void)sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
						NULL, NULL);
}

void store_put_epoch(struct store *s, uint64_t epoch)
{
	store_run(s, PUT_EPOCH, "n", epoch);
}

void store_put_post(struct store *s, const struct history_post *p)
{
	store_run(s, PUT_POST, "nnnntttn", p->seq, p->time_ms, (uint64_t)p->event,
		  p->person, p->name, p->text, p->id, p->people);
}

void store_put_newest(struct store *s, uint64_t seq)
{
	store_run(s, PUT_NEWEST, "n", seq);
}

void store_trim_posts(struct store *s, uint64_t seq)
{
	store_run(s, TRIM_POSTS, "n", seq);
	store_put_newest(s, seq); /* the numbering goes on even when no post is left */
}

void store_put_name(struct store *s, const struct name_claim *c)
{
	store_run(s, PUT_NAME, "nthnn", c->id, slice_of(c->name), &c->owner, c->seen_ms,
		  c->folded);
}

void store_drop_name(struct store *s, uint64_t id)
{
	store_run(s, DROP_NAME, "n", id);
}

void store_put_session(struct store *s, const struct session *x)
{
	store_run(s, PUT_SESSION, "hnn", &x->token, x->person, x->used_ms);
}

void store_drop_session(struct store *s, const struct secret_hash *token)
{
	store_run(s, DROP_SESSION, "h", token);
}

void store_drop_login(struct store *s, const struct secret_hash *ticket)
{
	store_run(s, DROP_LOGIN, "h", ticket);
}

void store_drop_letter(struct store *s, uint64_t id)
{
	if (id != 0)
		store_run(s, DROP_LETTER, "n", id);
}

/* An answer may hold a session's token, so it is sealed. */
void store_put_gateway(struct store *s, const struct gateway *g)
{
	size_t len = g->reply_len + SECRET_SEAL_EXTRA;
	unsigned char *sealed;

	if (s == NULL)
		return;
	sealed = xcalloc(1, len);
	secret_seal(&s->secret, STORE_REPLY_DOMAIN, &entropy_system,
		    (struct slice){g->reply, g->reply_len}, sealed);
	store_run(s, PUT_GATEWAY, "nnbn", g->id, g->number,
		  (struct slice){(char *)sealed, len},
		  (uint64_t)((g->has_more ? STORE_HAS_MORE : 0) |
			     (g->is_keyed ? STORE_IS_KEYED : 0)));
	free(sealed);
}

void store_put_silence(struct store *s, uint64_t gateway, uint64_t since_ms)
{
	store_run(s, PUT_SILENCE, "nn", since_ms, gateway);
}

void store_drop_gateway(struct store *s, uint64_t id)
{
	store_run(s, DROP_GATEWAY, "n", id);
	store_run(s, DROP_CLIENTS, "n", id);
}

void store_put_client(struct store *s, uint64_t gateway, const struct client *c)
{
	store_run(s, PUT_CLIENT, "nnnh", gateway, c->number, c->person, &c->session);
}

void store_drop_client(struct store *s, uint64_t gateway, uint64_t number)
{
	store_run(s, DROP_CLIENT, "nn", gateway, number);
}

void store_put_present(struct store *s, uint64_t person)
{
	store_run(s, PUT_PRESENT, "n", person);
}

void store_drop_present(struct store *s, uint64_t person)
{
	store_run(s, DROP_PRESENT, "n", person);
}

void store_drop_attached(struct store *s)
{
	store_run(s, CLEAR_CLIENTS, "");
	store_run(s, CLEAR_GATEWAYS, "");
	store_run(s, CLEAR_PRESENT, "");
}
