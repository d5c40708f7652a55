/* Reading the journal back: each table's rows, checked as any input, given to the reader. */
#include <stdlib.h>
#include <string.h>

#include "broker/store_private.h"
#include "common/log.h"
#include "common/memory.h"

typedef enum status row_fn(struct store *s, sqlite3_stmt *q,
			   const struct store_reader *reader);

static uint64_t number(sqlite3_stmt *q, int column)
{
	return (uint64_t)sqlite3_column_int64(q, column);
}

static struct slice bytes(sqlite3_stmt *q, int column)
{
	const char *p = sqlite3_column_blob(q, column);

	return (struct slice){p, (size_t)sqlite3_column_bytes(q, column)};
}

/* A hash of the right size, or all zero, which fits nothing. */
static struct secret_hash hash(sqlite3_stmt *q, int column)
{
	struct slice b = bytes(q, column);
	struct secret_hash h = {{0}};

	if (b.len == sizeof h.bytes)
		memcpy(h.bytes, b.ptr, b.len);
	return h;
}

static enum status on_epoch(struct store *s, sqlite3_stmt *q,
			    const struct store_reader *reader)
{
	(void)s;
	reader->epoch(reader->ctx, number(q, 0));
	return ST_OK;
}

static enum status on_newest(struct store *s, sqlite3_stmt *q,
			     const struct store_reader *reader)
{
	(void)s;
	reader->newest(reader->ctx, number(q, 0));
	return ST_OK;
}

static enum status on_name(struct store *s, sqlite3_stmt *q,
			   const struct store_reader *reader)
{
	struct name_claim claim = {
		.id = number(q, 0), .owner = hash(q, 2), .seen_ms = number(q, 3)};

	(void)s;
	claim.name = slice_dup(bytes(q, 1));
	reader->name(reader->ctx, &claim);
	free(claim.name);
	return ST_OK;
}

static enum status on_session(struct store *s, sqlite3_stmt *q,
			      const struct store_reader *reader)
{
	struct session x = {
		.token = hash(q, 0), .person = number(q, 1), .used_ms = number(q, 2)};

	(void)s;
	reader->session(reader->ctx, &x);
	return ST_OK;
}

static enum status on_post(struct store *s, sqlite3_stmt *q,
			   const struct store_reader *reader)
{
	struct history_post p = {.seq = number(q, 0),
				 .time_ms = number(q, 1),
				 .event = (enum post_event)number(q, 2),
				 .person = number(q, 3),
				 .name = bytes(q, 4),
				 .text = bytes(q, 5),
				 .id = bytes(q, 6),
				 .people = number(q, 7)};

	if ((s->loaded_seq != 0 && p.seq != s->loaded_seq + 1) || p.event > POST_LEFT ||
	    p.name.len == 0 || p.name.len > NAME_MAX_BYTES || p.text.len == 0 ||
	    p.text.len > 65536 || p.id.len > 64)
		return ST_DAMAGED;
	s->loaded_seq = p.seq;
	reader->post(reader->ctx, &p);
	return ST_OK;
}

static enum status on_login(struct store *s, sqlite3_stmt *q,
			    const struct store_reader *reader)
{
	struct login l = {.ticket = hash(q, 0),
			  .code = hash(q, 1),
			  .owner = hash(q, 2),
			  .tries_left = number(q, 5),
			  .gateway = number(q, 6),
			  .client = number(q, 7),
			  .letter = number(q, 8),
			  .mail = (enum mail_state)number(q, 9),
			  .claim = hash(q, 10)};

	(void)s;
	if (!fmt(l.name, sizeof l.name, "%.*s", SLICE_ARGS(bytes(q, 3))) ||
	    l.mail > MAIL_WITHHELD)
		return ST_DAMAGED;
	reader->login(reader->ctx, &l, number(q, 4));
	return ST_OK;
}

static bool put_line(struct slice *rest, char *buf, size_t cap)
{
	struct slice line;

	slice_cut(*rest, '\n', &line, rest);
	return fmt(buf, cap, "%.*s", SLICE_ARGS(line));
}

static enum status on_letter(struct store *s, sqlite3_stmt *q,
			     const struct store_reader *reader)
{
	struct letter l = {
		.id = number(q, 0), .ticket = hash(q, 1), .gateway = number(q, 3)};
	struct slice sealed = bytes(q, 5), rest;
	char plain[STORE_LETTER_MAX];
	bool good;

	if (sealed.len > sizeof plain + SECRET_SEAL_EXTRA ||
	    secret_open(&s->secret, STORE_LETTER_DOMAIN, sealed, plain) != ST_OK) {
		log_warn("letter_dropped", "why=\"it was sealed with another secret\"");
		return ST_OK;
	}
	rest = (struct slice){plain, sealed.len - SECRET_SEAL_EXTRA};
	good = put_line(&rest, l.email, sizeof l.email) &&
	       put_line(&rest, l.name, sizeof l.name) &&
	       put_line(&rest, l.code, sizeof l.code) &&
	       put_line(&rest, l.network, sizeof l.network) &&
	       fmt(l.reference, sizeof l.reference, "%.*s", SLICE_ARGS(bytes(q, 2)));
	if (good)
		reader->letter(reader->ctx, &l, number(q, 4));
	secret_wipe(plain, sizeof plain);
	secret_wipe(&l, sizeof l);
	return good ? ST_OK : ST_DAMAGED;
}

static enum status on_gateway(struct store *s, sqlite3_stmt *q,
			      const struct store_reader *reader)
{
	struct slice sealed = bytes(q, 2);
	size_t len = sealed.len > SECRET_SEAL_EXTRA ? sealed.len - SECRET_SEAL_EXTRA : 0;
	char *reply = xcalloc(1, len + 1);
	bool good = secret_open(&s->secret, STORE_REPLY_DOMAIN, sealed, reply) == ST_OK;

	/* Without its last answer, or all that was to follow it, a gateway starts over: its
	 * browsers resume, and nothing is lost. */
	if ((number(q, 3) & STORE_HAS_MORE) != 0)
		log_info("gateway_dropped", "why=\"it was owed more than one answer\"%s",
			 "");
	else if (good)
		reader->gateway(reader->ctx, number(q, 0), number(q, 1),
				(struct slice){reply, len},
				(number(q, 3) & STORE_IS_KEYED) != 0);
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
	struct client c = {
		.number = number(q, 1), .person = number(q, 2), .session = hash(q, 3)};

	(void)s;
	reader->client(reader->ctx, number(q, 0), &c);
	return ST_OK;
}

static enum status on_present(struct store *s, sqlite3_stmt *q,
			      const struct store_reader *reader)
{
	(void)s;
	reader->present(reader->ctx, number(q, 0));
	return ST_OK;
}

static const struct {
	const char *sql; /* one parameter at most: keep */
	row_fn *on_row;
} tables[] = {
	{"SELECT value FROM meta WHERE key = 'epoch'", on_epoch},
	{"SELECT max(seq) FROM (SELECT value AS seq FROM meta WHERE key = 'newest'"
	 " UNION ALL SELECT max(seq) FROM posts)",
	 on_newest},
	{"SELECT id, name, owner, seen_ms FROM names ORDER BY id", on_name},
	{"SELECT token, person, used_ms FROM sessions ORDER BY used_ms", on_session},
	{"SELECT seq, time_ms, event, person, name, text, id, people FROM posts"
	 " WHERE seq > (SELECT max(seq) FROM posts) - ? ORDER BY seq",
	 on_post},
	{"SELECT ticket, code, owner, name, expires_ms, tries, gateway, client, letter, mail, claim"
	 " FROM logins ORDER BY expires_ms",
	 on_login},
	{"SELECT id, ticket, reference, gateway, expires_ms, sealed FROM letters"
	 " ORDER BY expires_ms",
	 on_letter},
	{"SELECT id, number, reply, more FROM gateways", on_gateway},
	{"SELECT gateway, number, person, session FROM clients", on_client},
	{"SELECT person FROM present", on_present},
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
