/* The journey of a login: hello (may this name and address enter? a ticket, a code, a letter) ->
 * the letter's news -> auth (ticket and code give a session) -> resume, as often as needed. */
#include "broker/entrance.h"

#include <stdlib.h>
#include <string.h>

#include "broker/entrance_private.h"
#include "common/memory.h"

static void login_ended(void *ctx, const struct login *login)
{
	struct entrance *e = ctx;

	if (login_has_code(login) && !login_is_redeemed(login))
		entrance_note(e, TRAIL_LOGIN_OVER, login, S(""), S(""), NULL);
	entrance_withdraw_letter(e, login);
	store_drop_login(e->room->store, &login->ticket);
}

void entrance_session_ended(void *ctx, const struct session *session)
{
	struct entrance *e = ctx;

	store_drop_session(e->room->store, &session->token);
	e->has_ended = true;
}

struct entrance *entrance_new(const struct entrance_options *options, struct room *room,
			      const struct name_keyer *keyer, const struct secret *secret,
			      const struct entropy *entropy)
{
	const struct tally_rule wrong[TALLY_RULES] = {
		{options->tries_per_address, 3600000}};
	struct entrance *e = xcalloc(1, sizeof *e);

	e->options = *options;
	e->room = room;
	e->keyer = keyer;
	e->secret = secret;
	e->entropy = entropy;
	e->logins = logins_new(options->code_ttl_ms, options->code_tries);
	logins_on_end(e->logins, login_ended, e);
	e->sessions = sessions_new(options->session_ttl_ms);
	e->desk = mail_desk_new();
	e->budget = mail_budget_new(&options->mails, room->store);
	e->wrong_for_address = tally_new(TALLY_WRONG_FOR_ADDRESS, wrong, room->store);
	e->wrong_of_proof = tally_new(TALLY_WRONG_OF_PROOF, wrong, room->store);
	e->proofs = proofs_new(options->proof_ttl_ms, room->store);
	e->trail = trail_new(&options->trail, room->store);
	entrance_read_ban_options(e);
	return e;
}

void entrance_set_options(struct entrance *e, const struct entrance_options *o)
{
	const struct tally_rule wrong[TALLY_RULES] = {{o->tries_per_address, 3600000}};

	e->options = *o;
	logins_set_tries(e->logins, o->code_tries);
	logins_set_ttl(e->logins, o->code_ttl_ms);
	trail_set_options(e->trail, &o->trail);
	sessions_set_ttl(e->sessions, o->session_ttl_ms);
	mail_budget_set_limits(e->budget, &o->mails);
	tally_set_rules(e->wrong_for_address, wrong);
	tally_set_rules(e->wrong_of_proof, wrong);
	proofs_set_ttl(e->proofs, o->proof_ttl_ms);
	entrance_read_ban_options(e);
}

void entrance_free(struct entrance **e)
{
	if (e == NULL || *e == NULL)
		return;
	logins_free(&(*e)->logins);
	sessions_free(&(*e)->sessions);
	mail_desk_free(&(*e)->desk);
	mail_budget_free(&(*e)->budget);
	tally_free(&(*e)->wrong_for_address);
	tally_free(&(*e)->wrong_of_proof);
	proofs_free(&(*e)->proofs);
	trail_free(&(*e)->trail);
	free(*e);
	*e = NULL;
}

/* -- answers -- */

void entrance_tell_may_not_enter(struct gateway *g, uint64_t client, struct slice name,
				 enum reason reason)
{
	struct bus_msg m = {
		.kind = BUS_MAY_NOT_ENTER,
		.u.may_not_enter = {.client = client, .name = name, .reason = reason}};

	gateway_tell(g, &m);
}

void entrance_tell_reset(struct gateway *g, uint64_t client, enum reason reason)
{
	struct bus_msg m = {.kind = BUS_AUTH_RESET,
			    .u.auth_reset = {.client = client, .reason = reason}};

	gateway_tell(g, &m);
}

/* Nothing can be kept, so no login can begin or end. */
bool entrance_refuse_when_full(const struct entrance *e, struct gateway *g,
			       uint64_t client)
{
	struct bus_msg m = {.kind = BUS_REFUSED,
			    .u.refused = {.client = client, .reason = REASON_NOT_STORED}};

	if (e->room->is_full)
		gateway_tell(g, &m);
	return e->room->is_full;
}

/* -- hello -- */

static struct login *begin_login(struct entrance *e, const struct applicant *a,
				 char ticket[SECRET_TOKEN_LEN + 1])
{
	struct secret_hash hash;
	struct login *login;

	secret_token(e->entropy, ticket);
	hash = secret_hash(e->secret, "ticket", slice_of(ticket));
	login = logins_add(e->logins, &hash, e->t.now_ms);
	login->owner = a->owner;
	login->address_key = a->address_key;
	logins_set_who(e->logins, login, a->name, slice_of(a->typed));
	mail_reference_make(e->entropy, login->reference);
	return login;
}

/* A browser that has proven this address before says so. */
static void show_proof(struct entrance *e, struct login *login, struct slice proof)
{
	struct secret_hash token = secret_hash(e->secret, "proof", proof);

	if (proof.len > 0 && proofs_use(e->proofs, &token, &login->owner, e->t.wall_ms))
		login->proof = token;
}

void entrance_hello(struct entrance *e, struct gateway *g, const struct bus_hello *m,
		    struct room_time t)
{
	struct entrance_asker asker = {.g = g,
				       .client = m->client,
				       .answer = BUS_MAY_NOT_ENTER,
				       .name = m->name,
				       .address = m->address};
	struct applicant a;
	enum reason no;
	struct login *login;
	char ticket[SECRET_TOKEN_LEN + 1] = "";

	e->t = t;
	if (entrance_refuse_when_full(e, g, m->client) ||
	    entrance_bars_network(e, &asker))
		return;
	no = applicant_check(m, e->room->names, e->keyer, e->secret, &a);
	if (no != REASON_BAD_NAME && entrance_bars_name(e, &asker))
		return;
	if (no != REASON_NONE) {
		entrance_tell_may_not_enter(g, m->client, m->name, no);
		return;
	}
	/* The same browser asking once more keeps its ticket, and its count of wrong tries. */
	login = logins_of_client(e->logins, g->id, m->client, t.now_ms);
	if (login == NULL || login_is_redeemed(login) || login->tries_left == 0 ||
	    !secret_hash_equal(&login->owner, &a.owner) ||
	    !slice_equal(slice_of(login->name), a.name)) {
		login = begin_login(e, &a, ticket);
		logins_set_client(e->logins, login, g->id, m->client);
	}
	show_proof(e, login, m->proof);
	entrance_send_code(e, login, &a);
	entrance_keep_login(e, login);
	entrance_tell_waiting(e, login, slice_of(ticket));
}

/* -- admission -- */

/* Those of a silent gateway do not keep out who comes back over another one; and yet they take memory. */
static bool is_crowded(const struct room *r)
{
	return presence_clients(r->presence) >= r->options.clients ||
	       gateways_clients(r->gateways) / 2 >= r->options.clients;
}

void entrance_admit(struct entrance *e, struct gateway *g, uint64_t number,
		    const struct session *session, struct slice token, struct slice proof,
		    uint64_t after)
{
	const struct name_claim *who = names_by_id(e->room->names, session->person);
	struct client client = {.number = number,
				.person = session->person,
				.session = session->token,
				.used_ms = e->t.wall_ms};
	struct bus_msg m = {.kind = BUS_ADMITTED,
			    .u.admitted = {.client = number,
					   .name = slice_of(who->name),
					   .token = token,
					   .proof = proof,
					   .after = after,
					   .resumed = token.len == 0,
					   .mark = slice_of(who->mark)}};

	if (presence_clients_of(e->room->presence, session->person) >=
		    PERSON_CLIENTS_MAX ||
	    is_crowded(e->room)) {
		struct bus_msg no = {
			.kind = BUS_REFUSED,
			.u.refused = {.client = number, .reason = REASON_ROOM_FULL}};

		gateway_tell(g, &no);
		return;
	}
	m.u.admitted.newest =
		history_newest(e->room->history); /* without their own entering */
	room_attach(e->room, g, &client, e->t);
	m.u.admitted.people = presence_count(e->room->presence);
	gateway_tell(g, &m);
}

void entrance_resume(struct entrance *e, struct gateway *g, const struct bus_resume *m,
		     struct room_time t)
{
	struct secret_hash token = secret_hash(e->secret, "session", m->token);
	struct entrance_asker asker = {.g = g,
				       .client = m->client,
				       .answer = BUS_AUTH_RESET,
				       .address = m->address};
	const struct session *session;
	const struct name_claim *who;
	struct ban_numbers numbers;

	e->t = t;
	if (entrance_bars_network(e, &asker))
		return;
	session = sessions_use(e->sessions, &token, t.wall_ms);
	who = session != NULL ? names_by_id(e->room->names, session->person) : NULL;
	if (who == NULL) {
		entrance_tell_reset(g, m->client, REASON_SESSION_OVER);
		return;
	}
	asker.name = slice_of(who->name);
	numbers = ban_numbers_of(who);
	if (entrance_bars_name(e, &asker) || entrance_bars_address(e, &asker, &numbers))
		return;
	store_put_session(e->room->store, session);
	entrance_admit(e, g, m->client, session, S(""), S(""),
		       room_resume_after(e->room, m->epoch, m->after));
}

void entrance_rejoin(struct entrance *e, struct gateway *g, const struct bus_rejoin *m,
		     struct room_time t)
{
	struct secret_hash ticket = secret_hash(e->secret, "ticket", m->ticket);
	struct login *login;

	e->t = t;
	login = logins_find(e->logins, &ticket, t.now_ms);
	if (login == NULL) {
		entrance_tell_reset(g, m->client, REASON_LOGIN_OVER);
		return;
	}
	logins_set_client(e->logins, login, g->id, m->client);
	entrance_keep_login(e, login);
	entrance_tell_waiting(e, login, S(""));
}

void entrance_gone(struct entrance *e, struct gateway *g, uint64_t client,
		   struct room_time t)
{
	struct login *login = logins_of_client(e->logins, g->id, client, t.now_ms);
	struct client *c = gateway_client(g, client);

	e->t = t;
	/* Without a code there is nothing to come back for; so there are no more such logins than
	 * connections, and who asks in vain pushes nobody out. */
	if (login != NULL && !login_has_code(login))
		logins_end(e->logins, login);
	else if (login != NULL)
		logins_set_client(e->logins, login, 0, 0);
	if (c != NULL)
		room_detach(e->room, g, c, t);
}

/* -- time goes by -- */

static void expire_name(void *ctx, struct name_claim *claim)
{
	struct entrance *e = ctx;

	if (e->t.wall_ms < claim->seen_ms + e->options.name_lease_ms ||
	    presence_has(e->room->presence, claim->id))
		return;
	store_drop_name(e->room->store, claim->id);
	names_release(e->room->names, claim);
}

void entrance_tick(struct entrance *e, struct room_time t)
{
	e->t = t;
	logins_expire(e->logins, t.now_ms);
	mail_desk_expire(e->desk, t.now_ms);
	sessions_expire(e->sessions, t.wall_ms, entrance_session_ended, e);
	entrance_dismiss_ended(e);
	mail_budget_expire(e->budget, t.now_ms, t.wall_ms);
	tally_expire(e->wrong_for_address, t.now_ms, t.wall_ms);
	tally_expire(e->wrong_of_proof, t.now_ms, t.wall_ms);
	proofs_expire(e->proofs, t.wall_ms);
	bans_expire(e->room->bans, t.wall_ms);
	trail_tick(e->trail, t.wall_ms);
	entrance_watch_mailers(e);
	if (e->options.name_lease_ms != 0 &&
	    !e->room->is_full) /* nor can another take it */
		names_each(e->room->names, expire_name, e);
}

size_t entrance_sessions(const struct entrance *e)
{
	return sessions_count(e->sessions);
}

size_t entrance_logins(const struct entrance *e)
{
	return logins_count(e->logins);
}

size_t entrance_letters(const struct entrance *e)
{
	return mail_desk_count(e->desk);
}
