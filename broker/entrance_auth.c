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

static void end_login(struct entrance *e, struct login *login, struct slice claim)
{
	if (claim.len == 0) {
		logins_end(e->logins, login);
		return;
	}
	entrance_withdraw_letter(e, login);
	login->claim = secret_hash(e->secret, "claim", claim);
	login->letter = 0;
	login->mail = MAIL_SENT;
	logins_set_client(e->logins, login, 0, 0);
	entrance_keep_login(e, login);
}

/* The right code was given: the login becomes a session. */
static void redeem(struct entrance *e, struct gateway *g, const struct bus_auth *m,
		   struct login *login)
{
	struct room *room = e->room;
	struct session session = {.used_ms = e->t.wall_ms};
	char token[SECRET_TOKEN_LEN + 1];
	struct name_claim *who;
	enum reason no;
	uint64_t after;

	who = claim_name(e, login, &no);
	if (who == NULL) {
		entrance_tell_may_not_enter(g, m->client, slice_of(login->name), no);
		logins_end(e->logins, login);
		return;
	}
	end_login(e, login, m->claim);

	secret_token(e->entropy, token);
	session.token = secret_hash(e->secret, "session", slice_of(token));
	session.person = who->id;
	sessions_add(e->sessions, &session, entrance_session_ended, e);
	store_put_session(room->store, &session);

	after = m->current ? room_resume_after(room, m->epoch, m->after)
			   : history_newest(room->history);
	entrance_admit(e, g, m->client, &session, slice_of(token), after);
	bot_welcome(g, m->client, who->name);
	secret_wipe(token, sizeof token);
}

void entrance_auth(struct entrance *e, struct gateway *g, const struct bus_auth *m,
		   struct room_time t)
{
	struct secret_hash ticket = secret_hash(e->secret, "ticket", m->ticket);
	struct secret_hash code = {{0}};
	char digits[LOGIN_CODE_SIZE];
	struct login *login;

	e->t = t;
	if (entrance_refuse_when_full(e, g, m->client))
		return;
	login = logins_find(e->logins, &ticket, t.now_ms);
	/* The same work for a code that is none: SECURITY C9. */
	code = secret_hash(e->secret, "code",
			   login_code_read(m->code, digits) ? slice_of(digits)
							    : S("none"));
	if (login == NULL || !may_redeem(e, login, m)) {
		entrance_tell_reset(g, m->client, REASON_LOGIN_OVER);
		return;
	}
	logins_set_client(e->logins, login, g->id, m->client);
	if (logins_try(login, &code)) {
		redeem(e, g, m, login);
	} else {
		entrance_keep_login(e, login);
		entrance_tell_reset(g, m->client, REASON_WRONG_CODE);
	}
}
