/* Reading the journal back: each table's rows, checked as any input, given to the reader. */
#include <stdlib.h>
#include <string.h>

#include "broker/store_private.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/utf8.h"

uint64_t store_number(sqlite3_stmt *q, int column)
{
	return (uint64_t)sqlite3_column_int64(q, column);
}

struct slice store_bytes(sqlite3_stmt *q, int column)
{
	const char *p = sqlite3_column_blob(q, column);

	return (struct slice){p, (size_t)sqlite3_column_bytes(q, column)};
}

struct secret_hash store_hash(sqlite3_stmt *q, int column)
{
	struct slice b = store_bytes(q, column);
	struct secret_hash h = {{0}};

	if (b.len == sizeof h.bytes)
		memcpy(h.bytes, b.ptr, b.len);
	return h;
}

static enum status on_epoch(struct store *s, sqlite3_stmt *q,
			    const struct store_reader *reader)
{
	(void)s;
	reader->epoch(reader->ctx, store_number(q, 0));
	return ST_OK;
}

static enum status on_newest(struct store *s, sqlite3_stmt *q,
			     const struct store_reader *reader)
{
	(void)s;
	reader->newest(reader->ctx, store_number(q, 0));
	return ST_OK;
}

static enum status on_name(struct store *s, sqlite3_stmt *q,
			   const struct store_reader *reader)
{
	struct name_claim claim = {.id = store_number(q, 0),
				   .owner = store_hash(q, 2),
				   .seen_ms = store_number(q, 3),
				   .folded = store_number(q, 4)};

	(void)s;
	claim.name = slice_dup(store_bytes(q, 1));
	reader->name(reader->ctx, &claim);
	free(claim.name);
	return ST_OK;
}

static enum status on_session(struct store *s, sqlite3_stmt *q,
			      const struct store_reader *reader)
{
	struct session x = {.token = store_hash(q, 0),
			    .person = store_number(q, 1),
			    .used_ms = store_number(q, 2)};

	(void)s;
	reader->session(reader->ctx, &x);
	return ST_OK;
}

/* What a post may be on the bus, which takes nothing else from us. */
static bool is_good_post(const struct history_post *p)
{
	return p->seq >= 1 && p->event <= POST_LEFT && p->people <= UINT32_MAX &&
	       p->name.len >= 1 && p->name.len <= NAME_MAX_BYTES && p->text.len >= 1 &&
	       p->text.len <= 65536 && p->id.len <= 64 && utf8_is_valid(p->name) &&
	       utf8_is_valid(p->text) && utf8_is_valid(p->id);
}

static enum status on_post(struct store *s, sqlite3_stmt *q,
			   const struct store_reader *reader)
{
	struct history_post p = {.seq = store_number(q, 0),
				 .time_ms = store_number(q, 1),
				 .event = (enum post_event)store_number(q, 2),
				 .person = store_number(q, 3),
				 .name = store_bytes(q, 4),
				 .text = store_bytes(q, 5),
				 .id = store_bytes(q, 6),
				 .people = store_number(q, 7)};

	if ((s->loaded_seq != 0 && p.seq != s->loaded_seq + 1) || !is_good_post(&p))
		return ST_DAMAGED;
	s->loaded_seq = p.seq;
	reader->post(reader->ctx, &p);
	return ST_OK;
}

static enum status on_gateway(struct store *s, sqlite3_stmt *q,
			      const struct store_reader *reader)
{
	struct slice sealed = store_bytes(q, 2);
	size_t len = sealed.len > SECRET_SEAL_EXTRA ? sealed.len - SECRET_SEAL_EXTRA : 0;
	char *reply;
	bool good;

	if (store_number(q, 0) == 0)
		return ST_DAMAGED;
	reply = xcalloc(1, len + 1);
	good = secret_open(&s->secret, STORE_REPLY_DOMAIN, sealed, reply) == ST_OK;
	/* Without its last answer, or all that was to follow it, a gateway starts over: its
	 * browsers resume, and nothing is lost. */
	if ((store_number(q, 3) & STORE_HAS_MORE) != 0)
		log_info("gateway_dropped", "why=\"it was owed more than one answer\"%s",
			 "");
	else if (good)
		reader->gateway(reader->ctx, store_number(q, 0), store_number(q, 1),
				(struct slice){reply, len},
				(store_number(q, 3) & STORE_IS_KEYED) != 0,
				store_number(q, 4));
	else
		log_warn("gateway_dropped",
			 "why=\"its answer was sealed with another secret\"");
	secret_wipe(reply, len);
	free(reply);
	return ST_OK;
}

static enum status on_client(struct store *s, sqlite3_stmt *q,
			     const struct store_reader *reader)
{
	struct client c = {.number = store_number(q, 1),
			   .person = store_number(q, 2),
			   .session = store_hash(q, 3)};

	(void)s;
	if (c.number == 0)
		return ST_DAMAGED;
	reader->client(reader->ctx, store_number(q, 0), &c);
	return ST_OK;
}

static enum status on_present(struct store *s, sqlite3_stmt *q,
			      const struct store_reader *reader)
{
	(void)s;
	reader->present(reader->ctx, store_number(q, 0));
	return ST_OK;
}

static const struct {
	const char *sql; /* one parameter at most: keep */
	store_row_fn *on_row;
} tables[] = {
	{"SELECT value FROM meta WHERE key = 'epoch'", on_epoch},
	{"SELECT max(seq) FROM (SELECT value AS seq FROM meta WHERE key = 'newest'"
	 " UNION ALL SELECT max(seq) FROM posts)",
	 on_newest},
	{"SELECT id, name, owner, seen_ms, address FROM names ORDER BY id", on_name},
	{"SELECT token, person, used_ms FROM sessions ORDER BY used_ms", on_session},
	{"SELECT seq, time_ms, event, person, name, text, id, people FROM posts"
	 " WHERE seq > (SELECT max(seq) FROM posts) - ? ORDER BY seq",
	 on_post},
	{"SELECT ticket, code, owner, name, expires_ms, tries, gateway, client, letter, mail, claim,"
	 " address, proof, reference, resend_ms, mailed_ms, retry_ms, sealed"
	 " FROM logins ORDER BY expires_ms",
	 store_on_login},
	{"SELECT id, ticket, reference, gateway, expires_ms, sealed, asked_ms, salt, mailer, offered,"
	 " lease_ms FROM letters ORDER BY expires_ms",
	 store_on_letter},
	{"SELECT id, number, reply, more, silent_ms FROM gateways", on_gateway},
	{"SELECT gateway, number, person, session FROM clients", on_client},
	{"SELECT person FROM present", on_present},
	{"SELECT kind, key, at_ms FROM tallies ORDER BY at_ms", store_on_tally},
	{"SELECT value FROM meta WHERE key = 'mail_pace'", store_on_mail_pace},
	{"SELECT token, owner, used_ms FROM proofs ORDER BY used_ms", store_on_proof},
	{"SELECT id, number, time_ms, kind, times, login, gateway, state, attempt, code, reference,"
	 " sealed FROM trail ORDER BY id",
	 store_on_trail},
	{"SELECT coalesce(max(value), 0) FROM meta WHERE key = 'trail_kept'",
	 store_on_trail_kept},
	{"SELECT id, kind, since_ms, until_ms, owner, address, sealed FROM bans ORDER BY id",
	 store_on_ban},
};

enum status store_load(struct store *s, size_t keep, const struct store_reader *reader)
{
	enum status st = ST_OK;

	if (s != NULL)
		s->loaded_seq = 0;
	for (size_t i = 0; s != NULL && st == ST_OK && i < NELEMS(tables); i++) {
		sqlite3_stmt *q;
		int rc = sqlite3_prepare_v2(s->db, tables[i].sql, -1, &q, NULL);

		if (rc == SQLITE_OK && sqlite3_bind_parameter_count(q) == 1)
			rc = sqlite3_bind_int64(q, 1, (sqlite3_int64)keep);
		if (rc == SQLITE_OK) {
			while (st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW)
				st = tables[i].on_row(s, q, reader);
		}
		sqlite3_finalize(q);
		if (st == ST_OK && rc != SQLITE_DONE)
			st = ST_DAMAGED;
		if (st != ST_OK)
			log_error("state_refused",
				  "why=\"it is damaged; it was left as it is\""
				  " table=%zu code=%d",
				  i, rc);
	}
	return st;
}
