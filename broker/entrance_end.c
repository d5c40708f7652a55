/* Sessions end - signed out, too old, too many - and with them the access of every client of theirs. */
#include "broker/entrance_private.h"

/* -- in use -- */

void entrance_used(struct entrance *e, struct gateway *g, uint64_t client,
		   struct room_time t)
{
	struct client *c = gateway_client(g, client);
	const struct session *session;

	if (c == NULL || t.wall_ms - c->used_ms < sessions_grain(e->sessions))
		return;
	c->used_ms = t.wall_ms;
	session = sessions_use(e->sessions, &c->session, t.wall_ms);
	if (session != NULL)
		store_put_session(e->room->store, session);
}

/* -- the end of some -- */

struct signing_out {
	struct entrance *e;
	uint64_t person;
	struct secret_hash token; /* of the one session of theirs, */
	struct secret_hash owner; /* or all of this address */
	bool everywhere;
	bool whole_person; /* whatever is this person's, and nothing else */
};

static bool is_meant(const struct signing_out *s, uint64_t person,
		     const struct secret_hash *token)
{
	const struct name_claim *who;

	if (s->whole_person)
		return person == s->person;
	if (!s->everywhere)
		return person == s->person && secret_hash_equal(token, &s->token);
	who = names_by_id(s->e->room->names, person);
	return who != NULL && secret_hash_equal(&who->owner, &s->owner);
}

static void sign_out_client(void *ctx, struct gateway *g, struct client *c)
{
	const struct signing_out *s = ctx;

	if (is_meant(s, c->person, &c->session))
		room_dismiss(s->e->room, g, c,
			     &(struct bus_dismiss){.reason = REASON_SESSION_OVER},
			     s->e->t);
}

static void sign_out_clients(void *ctx, struct gateway *g)
{
	gateway_each_client(g, sign_out_client, ctx);
}

static bool is_session_meant(void *ctx, const struct session *session)
{
	return is_meant(ctx, session->person, &session->token);
}

/* Its clients are gone by now; a person in grace leaves, too. */
static void signed_out(void *ctx, const struct session *session)
{
	const struct signing_out *s = ctx;
	uint64_t person = session->person;

	entrance_session_ended(s->e, session);
	room_leave(s->e->room, person, s->e->t);
}

void entrance_sign_out(struct entrance *e, struct gateway *g,
		       const struct bus_sign_out *m, struct room_time t)
{
	const struct client *c = gateway_client(g, m->client);
	struct bus_msg done = {
		.kind = BUS_DISMISS,
		.u.dismiss = {.client = m->client, .reason = REASON_SESSION_OVER}};
	struct signing_out s = {.e = e};
	const struct name_claim *who;

	e->t = t;
	if (c == NULL) { /* it is out already, whatever it thinks */
		gateway_tell(g, &done);
		return;
	}
	if (entrance_refuse_when_full(e, g, m->client))
		return; /* after a restart the session would be good again */
	s.person = c->person;
	s.token = c->session;
	who = names_by_id(e->room->names, c->person);
	if (who != NULL) {
		s.owner = who->owner;
		s.everywhere = m->everywhere;
	}
	gateways_each(e->room->gateways, sign_out_clients, &s);
	if (s.everywhere)
		sessions_end_if(e->sessions, is_session_meant, signed_out, &s);
	else
		sessions_end(e->sessions, &s.token, signed_out, &s);
	/* A browser whose answer was lost may redeem its code once more; not after this. */
	logins_end_redeemed(e->logins, &s.owner);
}

void entrance_end_person(struct entrance *e, const struct name_claim *who,
			 struct room_time t)
{
	struct signing_out s = {
		.e = e, .owner = who->owner, .person = who->id, .whole_person = true};

	e->t = t;
	gateways_each(e->room->gateways, sign_out_clients, &s);
	sessions_end_if(e->sessions, is_session_meant, signed_out, &s);
	logins_end_redeemed(e->logins, &s.owner);
	/* In the grace period without a session: out, too. */
	room_leave(e->room, s.person, t);
}

/* -- the end of any -- */

static void dismiss_if_ended(void *ctx, struct gateway *g, struct client *c)
{
	struct entrance *e = ctx;

	if (!sessions_has(e->sessions, &c->session))
		room_dismiss(e->room, g, c,
			     &(struct bus_dismiss){.reason = REASON_SESSION_OLD}, e->t);
}

static void dismiss_ended_of(void *ctx, struct gateway *g)
{
	gateway_each_client(g, dismiss_if_ended, ctx);
}

void entrance_dismiss_ended(struct entrance *e)
{
	if (!e->has_ended)
		return;
	e->has_ended = false;
	gateways_each(e->room->gateways, dismiss_ended_of, e);
}
