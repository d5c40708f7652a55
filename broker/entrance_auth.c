/* The code comes back: a login becomes a session, and its name a claim. */
#include <stdlib.h>

#include "broker/bot.h"
#include "broker/entrance_private.h"

/* The claim this login proves; NULL and the reason why not. */
static struct name_claim *claim_name(struct entrance *e, const struct login *login,
				     enum reason *no)
{
	struct slice name = slice_of(login->name);
	struct name_keys keys;
	struct name_claim *own = NULL;

	if (name_keys_of(e->keyer, name, &keys) != ST_OK) {
		*no = REASON_BAD_NAME;
		return NULL;
	}
	*no = applicant_refusal(names_ask(e->room->names, &keys, &login->owner, &own));
	if (*no != REASON_NONE)
		return NULL;
	if (own == NULL)
		own = names_claim(e->room->names, 0, name, &keys, &login->owner);
	own->folded = ban_number(&login->address_key);
	own->seen_ms = e->t.wall_ms;
	store_put_name(e->room->store, own);
	return own;
}

/* A code works once.  Only for the browser that redeemed it - it shows the claim it gave then - it works
 * once more, because the answer with its token may have been lost with a gateway. */
static bool may_redeem(const struct entrance *e, const struct login *login,
		       const struct bus_auth *m)
{
	struct secret_hash claim = secret_hash(e->secret, "claim", m->claim);

	return !login_is_redeemed(login) || secret_hash_equal(&login->claim, &claim);
}

/* Of the browser that redeemed it, or of none that can come again. */
static void end_login(struct entrance *e, struct login *login, struct slice claim)
{
	entrance_withdraw_letter(e, login);
	login->claim = secret_hash(e->secret, "claim", claim);
	login->letter = 0;
	login->mail = MAIL_SENT;
	logins_set_client(e->logins, login, 0, 0);
	if (claim.len == 0)
		logins_end(e->logins, login);
	else
		entrance_keep_login(e, login);
}

/* A current browser that has no proof of its address yet gets one. */
static struct slice give_proof(struct entrance *e, const struct login *login,
			       bool is_current, char token[SECRET_TOKEN_LEN + 1])
{
	static const struct secret_hash none;
	struct proof proof = {.owner = login->owner, .used_ms = e->t.wall_ms};

	if (!is_current || !secret_hash_equal(&login->proof, &none))
		return S("");
	secret_token(e->entropy, token);
	proof.token = secret_hash(e->secret, "proof", slice_of(token));
	proofs_add(e->proofs, &proof);
	return slice_of(token);
}

/* Somebody else was faster. */
static void refuse_name(struct entrance *e, struct gateway *g, const struct bus_auth *m,
			struct login *login, enum reason no)
{
	entrance_note(e, TRAIL_LOGIN_OVER, login, m->address,
		      S("the code was right, but the name is somebody else's since"),
		      NULL);
	entrance_tell_may_not_enter(g, m->client, slice_of(login->name), no);
	login->claim = secret_hash(e->secret, "claim", S("")); /* it is told already */
	logins_end(e->logins, login);
}

/* Who gives the right code has proven the address, and may be told what S2 keeps from others. */
static bool is_banned(struct entrance *e, struct gateway *g, const struct bus_auth *m,
		      struct login *login)
{
	struct ban_numbers numbers = {
		{ban_number(&login->owner), ban_number(&login->address_key)}};
	struct entrance_asker asker = {.g = g,
				       .client = m->client,
				       .answer = BUS_MAY_NOT_ENTER,
				       .name = slice_of(login->name),
				       .address = m->address,
				       .login = login};

	if (!entrance_bars_name(e, &asker) && !entrance_bars_address(e, &asker, &numbers))
		return false;
	login->claim = secret_hash(e->secret, "claim", S("")); /* it is told already */
	logins_end(e->logins, login);
	return true;
}

/* The right code was given: the login becomes a session. */
static void redeem(struct entrance *e, struct gateway *g, const struct bus_auth *m,
		   struct login *login)
{
	struct room *room = e->room;
	struct session session = {.used_ms = e->t.wall_ms};
	char token[SECRET_TOKEN_LEN + 1], proof[SECRET_TOKEN_LEN + 1];
	struct slice new_proof;
	struct name_claim *who;
	enum reason no;
	uint64_t after;

	if (is_banned(e, g, m, login))
		return;
	who = claim_name(e, login, &no);
	if (who == NULL) {
		refuse_name(e, g, m, login, no);
		return;
	}
	entrance_note(e, TRAIL_CODE_RIGHT, login, m->address, S(""), NULL);
	new_proof = give_proof(e, login, m->current, proof);
	end_login(e, login, m->claim);

	secret_token(e->entropy, token);
	session.token = secret_hash(e->secret, "session", slice_of(token));
	session.person = who->id;
	sessions_add(e->sessions, &session, entrance_session_ended, e);
	store_put_session(room->store, &session);

	after = m->current ? room_resume_after(room, m->epoch, m->after)
			   : history_newest(room->history);
	entrance_admit(e, g, m->client, &session, slice_of(token), new_proof, after);
	bot_welcome(g, m->client, who->name);
	secret_wipe(token, sizeof token);
	secret_wipe(proof, sizeof proof);
}

/* -- codes that are not right: SECURITY C5 to C9 -- */

/* A wrong code counts against the login, and here against the address over all its logins - or, for a browser
 * that has proven the address, against that browser alone, so that nobody else can lock it out. */
static struct tally *tries_of(struct entrance *e, const struct login *login,
			      const struct secret_hash **key)
{
	static const struct secret_hash none;
	bool has_proof = !secret_hash_equal(&login->proof, &none);

	*key = has_proof ? &login->proof : &login->address_key;
	return has_proof ? e->wrong_of_proof : e->wrong_for_address;
}

static void count_wrong(struct entrance *e, const struct login *login,
			const struct bus_auth *m, enum login_try outcome)
{
	const struct secret_hash *key;
	struct tally *tries = tries_of(e, login, &key);

	entrance_note(e, TRAIL_CODE_WRONG, login, m->address, S(""), login->reference);
	if (outcome == LOGIN_LAST)
		entrance_note(e, TRAIL_LOGIN_DEAD, login, m->address, S(""), NULL);
	/* What had no code mailed cannot be guessed, and says nothing against the address. */
	if (!login_has_code(login))
		return;
	tally_add(tries, key, e->t.now_ms, e->t.wall_ms);
	if (tally_wait(tries, key, e->t.now_ms) > 0)
		entrance_note(e, TRAIL_ADDRESS_LOCKED, login, m->address, S(""), NULL);
}

/* Every way through it looks the same from outside, and does the same work but for the journal's. */
static enum login_try try_code(struct entrance *e, const struct bus_auth *m,
			       struct login *login, const struct secret_hash *code)
{
	const struct secret_hash *key;
	struct tally *tries = tries_of(e, login, &key);
	struct login nobody = {.tries_left = 2};
	enum login_try outcome;

	/* Who redeemed it has shown the claim, and is no guesser. */
	if (!login_is_redeemed(login) && tally_wait(tries, key, e->t.now_ms) > 0) {
		(void)logins_try(&nobody, code);
		entrance_note(e, TRAIL_ADDRESS_LOCKED, login, m->address,
			      S("a code was given and not checked"), login->reference);
		return LOGIN_DEAD;
	}
	outcome = logins_try(login, code);
	if (outcome == LOGIN_DEAD)
		entrance_note(e, TRAIL_LOGIN_DEAD, login, m->address,
			      S("a code was given and not checked"), login->reference);
	else if (outcome != LOGIN_RIGHT)
		count_wrong(e, login, m, outcome);
	return outcome;
}

void entrance_auth(struct entrance *e, struct gateway *g, const struct bus_auth *m,
		   struct room_time t)
{
	struct secret_hash ticket = secret_hash(e->secret, "ticket", m->ticket);
	struct entrance_asker asker = {.g = g,
				       .client = m->client,
				       .answer = BUS_MAY_NOT_ENTER,
				       .address = m->address};
	struct login nobody = {.tries_left = 2};
	struct secret_hash code;
	char digits[LOGIN_CODE_SIZE];
	struct login *login;

	e->t = t;
	if (entrance_refuse_when_full(e, g, m->client) ||
	    entrance_bars_network(e, &asker))
		return;
	login = logins_find(e->logins, &ticket, t.now_ms);
	/* The same work for a code that is none, and for a ticket that is none: SECURITY C9. */
	code = secret_hash(e->secret, "code",
			   login_code_read(m->code, digits) ? slice_of(digits)
							    : S("none"));
	secret_wipe(digits, sizeof digits);
	if (login == NULL || !may_redeem(e, login, m)) {
		(void)logins_try(&nobody, &code);
		entrance_tell_reset(g, m->client, REASON_LOGIN_OVER);
		return;
	}
	logins_set_client(e->logins, login, g->id, m->client);
	if (try_code(e, m, login, &code) == LOGIN_RIGHT) {
		redeem(e, g, m, login);
	} else {
		entrance_keep_login(e, login);
		entrance_tell_reset(g, m->client, REASON_WRONG_CODE);
	}
}
