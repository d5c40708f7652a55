/* All of logins in the journal: they themselves, their letters, what is counted against their limits,
 * proofs, and their trail.  Addresses, names, codes and networks are sealed. */
#include <stdlib.h>
#include <string.h>

#include "broker/store_private.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/utf8.h"

/* -- writing -- */

void store_put_login(struct store *s, const struct login *l, uint64_t wall_ms)
{
	unsigned char sealed[ADDRESS_SIZE + SECRET_SEAL_EXTRA];
	struct slice email = slice_of(l->email);

	if (s == NULL)
		return;
	secret_seal(&s->secret, STORE_LOGIN_DOMAIN, &entropy_system, email, sealed);
	store_run(s, PUT_LOGIN, "hhhtnnnnnnhhhtnnnb", &l->ticket, &l->code, &l->owner,
		  slice_of(l->name), wall_ms, l->tries_left, l->gateway, l->client,
		  l->letter, (uint64_t)l->mail, &l->claim, &l->address_key, &l->proof,
		  slice_of(l->reference), l->resend_at_ms, l->mailed_ms, l->retry_at_ms,
		  (struct slice){(char *)sealed, email.len + SECRET_SEAL_EXTRA});
}

void store_put_letter(struct store *s, const struct letter *l, uint64_t wall_ms)
{
	unsigned char sealed[STORE_LETTER_MAX + SECRET_SEAL_EXTRA];
	char text[STORE_LETTER_MAX];
	struct slice plain;

	if (s == NULL)
		return;
	if (!fmt(text, sizeof text, "%s\n%s\n%s\n%s", l->email, l->name, l->code,
		 l->network))
		abort(); /* STORE_LETTER_MAX is too small for its fields */
	plain = slice_of(text);
	secret_seal(&s->secret, STORE_LETTER_DOMAIN, &entropy_system, plain, sealed);
	store_run(s, PUT_LETTER, "nhtnnbnn", l->id, &l->ticket, slice_of(l->reference),
		  l->gateway, wall_ms,
		  (struct slice){(char *)sealed, plain.len + SECRET_SEAL_EXTRA},
		  l->asked_ms, l->salt);
	secret_wipe(text, sizeof text);
}

void store_put_lease(struct store *s, const struct letter *l, uint64_t wall_ms)
{
	store_run(s, PUT_LEASE, "nnnn", l->id, l->mailer, (uint64_t)l->is_offered,
		  wall_ms);
}

void store_put_tally(struct store *s, enum tally_kind kind, const struct secret_hash *key,
		     uint64_t wall_ms)
{
	store_run(s, PUT_TALLY, "nhn", (uint64_t)kind, key, wall_ms);
}

void store_trim_tally(struct store *s, enum tally_kind kind, uint64_t wall_ms)
{
	store_run(s, TRIM_TALLY, "nn", (uint64_t)kind, wall_ms);
}

void store_put_mail_pace(struct store *s, uint64_t wall_ms)
{
	store_run(s, PUT_MAIL_PACE, "n", wall_ms);
}

void store_put_proof(struct store *s, const struct proof *p)
{
	store_run(s, PUT_PROOF, "hhn", &p->token, &p->owner, p->used_ms);
}

void store_drop_proof(struct store *s, const struct secret_hash *token)
{
	store_run(s, DROP_PROOF, "h", token);
}

void store_put_trail(struct store *s, const struct trail_row *r)
{
	unsigned char sealed[STORE_TRAIL_MAX + SECRET_SEAL_EXTRA];
	char text[STORE_TRAIL_MAX];
	struct slice plain;

	if (s == NULL)
		return;
	if (!fmt(text, sizeof text, "%s\n%s\n%s", r->email, r->network, r->detail))
		abort(); /* STORE_TRAIL_MAX is too small for its fields */
	plain = slice_of(text);
	secret_seal(&s->secret, STORE_TRAIL_DOMAIN, &entropy_system, plain, sealed);
	store_run(s, PUT_TRAIL, "nnnnnnnnnntb", r->id, r->number, r->time_ms, r->kind,
		  r->times, r->login, r->gateway, r->state, r->attempt, r->code,
		  slice_of(r->reference),
		  (struct slice){(char *)sealed, plain.len + SECRET_SEAL_EXTRA});
}

void store_drop_trail(struct store *s, uint64_t id)
{
	store_run(s, DROP_TRAIL, "n", id);
}

void store_put_trail_kept(struct store *s, uint64_t number)
{
	store_run(s, PUT_TRAIL_KEPT, "n", number);
}

/* -- reading -- */

enum status store_open_column(const struct store *s, const char *domain, sqlite3_stmt *q,
			      int column, char *plain, size_t cap)
{
	struct slice sealed = store_bytes(q, column);

	plain[0] = '\0';
	if (sealed.len < SECRET_SEAL_EXTRA || sealed.len - SECRET_SEAL_EXTRA >= cap ||
	    secret_open(&s->secret, domain, sealed, plain) != ST_OK)
		return ST_DENIED;
	plain[sealed.len - SECRET_SEAL_EXTRA] = '\0';
	return ST_OK;
}

static bool put_line(struct slice *rest, char *buf, size_t cap)
{
	struct slice line;

	slice_cut(*rest, '\n', &line, rest);
	return utf8_is_valid(line) && fmt(buf, cap, "%.*s", SLICE_ARGS(line));
}

static bool put_text(sqlite3_stmt *q, int column, char *buf, size_t cap)
{
	struct slice text = store_bytes(q, column);

	return utf8_is_valid(text) && fmt(buf, cap, "%.*s", SLICE_ARGS(text));
}

enum status store_on_login(struct store *s, sqlite3_stmt *q,
			   const struct store_reader *reader)
{
	struct login l = {.ticket = store_hash(q, 0),
			  .code = store_hash(q, 1),
			  .owner = store_hash(q, 2),
			  .tries_left = store_number(q, 5),
			  .gateway = store_number(q, 6),
			  .client = store_number(q, 7),
			  .letter = store_number(q, 8),
			  .mail = (enum mail_state)store_number(q, 9),
			  .claim = store_hash(q, 10),
			  .address_key = store_hash(q, 11),
			  .proof = store_hash(q, 12),
			  .resend_at_ms = store_number(q, 14),
			  .mailed_ms = store_number(q, 15),
			  .retry_at_ms = store_number(q, 16)};
	char name[NAME_MAX_BYTES + 1], email[ADDRESS_SIZE] = "";

	if (!put_text(q, 3, name, sizeof name) || name[0] == '\0' ||
	    l.mail > MAIL_WITHHELD || (l.gateway != 0 && l.client == 0) ||
	    !put_text(q, 13, l.reference, sizeof l.reference))
		return ST_DAMAGED;
	l.name = name;
	/* Without its address it is a login all the same. */
	(void)store_open_column(s, STORE_LOGIN_DOMAIN, q, 17, email, sizeof email);
	l.email = email;
	reader->login(reader->ctx, &l, store_number(q, 4));
	return ST_OK;
}

enum status store_on_letter(struct store *s, sqlite3_stmt *q,
			    const struct store_reader *reader)
{
	struct letter l = {.id = store_number(q, 0),
			   .ticket = store_hash(q, 1),
			   .gateway = store_number(q, 3),
			   .asked_ms = store_number(q, 6),
			   .salt = store_number(q, 7),
			   .mailer = store_number(q, 8),
			   .is_offered = store_number(q, 9) != 0,
			   .lease_until_ms = store_number(q, 10)};
	char plain[STORE_LETTER_MAX];
	struct slice rest;
	bool good;

	if (store_open_column(s, STORE_LETTER_DOMAIN, q, 5, plain, sizeof plain) !=
	    ST_OK) {
		log_warn("letter_dropped", "why=\"it was sealed with another secret\"");
		return ST_OK;
	}
	rest = slice_of(plain);
	good = put_line(&rest, l.email, sizeof l.email) &&
	       put_line(&rest, l.name, sizeof l.name) &&
	       put_line(&rest, l.code, sizeof l.code) &&
	       put_line(&rest, l.network, sizeof l.network) &&
	       put_text(q, 2, l.reference, sizeof l.reference) && l.email[0] != '\0' &&
	       l.name[0] != '\0' && l.code[0] != '\0' && l.reference[0] != '\0' &&
	       l.id != 0;
	if (good)
		reader->letter(reader->ctx, &l, store_number(q, 4));
	secret_wipe(plain, sizeof plain);
	secret_wipe(&l, sizeof l);
	return good ? ST_OK : ST_DAMAGED;
}

enum status store_on_tally(struct store *s, sqlite3_stmt *q,
			   const struct store_reader *reader)
{
	struct secret_hash key = store_hash(q, 1);

	(void)s;
	reader->tally(reader->ctx, (enum tally_kind)store_number(q, 0), &key,
		      store_number(q, 2));
	return ST_OK;
}

enum status store_on_mail_pace(struct store *s, sqlite3_stmt *q,
			       const struct store_reader *reader)
{
	(void)s;
	reader->mail_pace(reader->ctx, store_number(q, 0));
	return ST_OK;
}

enum status store_on_proof(struct store *s, sqlite3_stmt *q,
			   const struct store_reader *reader)
{
	struct proof p = {.token = store_hash(q, 0),
			  .owner = store_hash(q, 1),
			  .used_ms = store_number(q, 2)};

	(void)s;
	reader->proof(reader->ctx, &p);
	return ST_OK;
}

enum status store_on_trail(struct store *s, sqlite3_stmt *q,
			   const struct store_reader *reader)
{
	struct trail_row r = {.id = store_number(q, 0),
			      .number = store_number(q, 1),
			      .time_ms = store_number(q, 2),
			      .kind = store_number(q, 3),
			      .times = store_number(q, 4),
			      .login = store_number(q, 5),
			      .gateway = store_number(q, 6),
			      .state = store_number(q, 7),
			      .attempt = store_number(q, 8),
			      .code = store_number(q, 9)};
	char plain[STORE_TRAIL_MAX], email[ADDRESS_SIZE], network[NETWORK_SIZE],
		detail[TRAIL_DETAIL_SIZE];
	struct slice rest;

	if (r.kind > 255 || r.times == 0 || r.state > MAIL_WITHHELD || r.code > 999 ||
	    !put_text(q, 10, r.reference, sizeof r.reference))
		return ST_DAMAGED;
	/* What was sealed with another secret is a row without its names. */
	if (store_open_column(s, STORE_TRAIL_DOMAIN, q, 11, plain, sizeof plain) ==
	    ST_OK) {
		rest = slice_of(plain);
		if (!put_line(&rest, email, sizeof email) ||
		    !put_line(&rest, network, sizeof network) ||
		    !put_line(&rest, detail, sizeof detail))
			return ST_DAMAGED;
		r.email = email;
		r.network = network;
		r.detail = detail;
	}
	reader->trail(reader->ctx, &r);
	return ST_OK;
}

enum status store_on_trail_kept(struct store *s, sqlite3_stmt *q,
				const struct store_reader *reader)
{
	(void)s;
	reader->trail_kept(reader->ctx, store_number(q, 0));
	return ST_OK;
}
