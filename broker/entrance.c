/* The journey of a login: hello (may this name and address enter? a ticket, a code, a letter) ->
 * the letter's news -> auth (ticket and code give a session) -> resume, as often as needed. */
#include "broker/entrance.h"

#include <stdlib.h>
#include <string.h>

#include "broker/address.h"
#include "broker/budgets.h"
#include "common/log.h"
#include "common/memory.h"

enum { HOUR_MS = 3600 * 1000 };

struct entrance {
	struct entrance_options options;
	struct room *room;
	const struct name_keyer *keyer;
	const struct secret *secret;
	const struct entropy *entropy;
	struct logins *logins;
	struct sessions *sessions;
	struct mail_desk *desk;
	struct budgets *by_address, *by_network, *interval;
	char sender[255];   /* what mailers' letters come from, as they last said */
	struct room_time t; /* of the call at work, for the callbacks of the tables */
};

/* -- time: logins and letters are monotonic in memory, wall clock in the store -- */

static uint64_t to_wall(uint64_t ms, struct room_time t)
{
	return ms == UINT64_MAX ? UINT64_MAX
				: t.wall_ms + (ms > t.now_ms ? ms - t.now_ms : 0);
}

/* What is left at wall_ms, but never more than a whole life: a wall clock that was set back while
 * the broker was down prolongs nothing by much. */
static uint64_t from_wall(const struct entrance *e, uint64_t wall_ms, struct room_time t)
{
	uint64_t left = wall_ms > t.wall_ms ? wall_ms - t.wall_ms : 0;

	if (wall_ms == UINT64_MAX)
		return UINT64_MAX;
	if (e->options.code_ttl_ms != 0 && left > e->options.code_ttl_ms)
		left = e->options.code_ttl_ms;
	return t.now_ms + left;
}

static void keep_login(struct entrance *e, const struct login *login)
{
	store_put_login(e->room->store, login, to_wall(login->expires_ms, e->t));
}

static void login_ended(void *ctx, const struct login *login)
{
	struct entrance *e = ctx;

	mail_desk_withdraw(e->desk, login->letter);
	store_drop_letter(e->room->store, login->letter);
	store_drop_login(e->room->store, &login->ticket);
}

static void session_ended(void *ctx, const struct session *session)
{
	struct entrance *e = ctx;

	store_drop_session(e->room->store, &session->token);
}

static struct bucket_rule per_hour(uint64_t n)
{
	return (struct bucket_rule){.interval_ms = n == 0 ? 0 : HOUR_MS / n, .burst = n};
}

struct entrance *entrance_new(const struct entrance_options *options, struct room *room,
			      const struct name_keyer *keyer, const struct secret *secret,
			      const struct entropy *entropy)
{
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
	e->by_address = budgets_new(per_hour(options->mails_per_address));
	e->by_network = budgets_new(per_hour(options->mails_per_network));
	e->interval = budgets_new((struct bucket_rule){options->mail_interval_ms, 1});
	return e;
}

void entrance_free(struct entrance **e)
{
	if (e == NULL || *e == NULL)
		return;
	logins_free(&(*e)->logins);
	sessions_free(&(*e)->sessions);
	mail_desk_free(&(*e)->desk);
	budgets_free(&(*e)->by_address);
	budgets_free(&(*e)->by_network);
	budgets_free(&(*e)->interval);
	free(*e);
	*e = NULL;
}

/* -- answers -- */

static void tell_may_not_enter(struct gateway *g, uint64_t client, struct slice name,
			       enum reason reason)
{
	struct bus_msg m = {
		.kind = BUS_MAY_NOT_ENTER,
		.u.may_not_enter = {.client = client, .name = name, .reason = reason}};

	gateway_tell(g, &m);
}

static void tell_reset(struct gateway *g, uint64_t client, enum reason reason)
{
	struct bus_msg m = {.kind = BUS_AUTH_RESET,
			    .u.auth_reset = {.client = client, .reason = reason}};

	gateway_tell(g, &m);
}

static uint64_t left(uint64_t at_ms, uint64_t now_ms)
{
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

/* ticket: empty when the browser has it already. */
static void tell_waiting(struct entrance *e, const struct login *login,
			 struct slice ticket)
{
	struct gateway *g = gateways_find(e->room->gateways, login->gateway);
	uint64_t never = login->expires_ms == UINT64_MAX;
	struct bus_msg m = {
		.kind = BUS_WAITING,
		.u.waiting = {.client = login->client,
			      .ticket = ticket,
			      .name = slice_of(login->name),
			      .expires_ms =
				      never ? 0 : left(login->expires_ms, e->t.now_ms),
			      .resend_ms = left(login->resend_at_ms, e->t.now_ms),
			      .mail = login->mail,
			      .sender = slice_of(e->sender)}};

	if (g != NULL)
		gateway_tell(g, &m);
}

/* -- hello -- */

/* Somebody who may ask for a code, all checked. */
struct applicant {
	struct slice name;
	char email[ADDRESS_SIZE]; /* for comparison */
	char typed[ADDRESS_SIZE]; /* for the envelope */
	char network[NETWORK_SIZE];
	struct secret_hash owner, address_budget, network_budget;
};

static enum reason check_applicant(struct entrance *e, const struct bus_hello *m,
				   struct applicant *a)
{
	struct name_keys keys;
	struct name_claim *own;
	char budget[ADDRESS_SIZE];

	memset(a, 0, sizeof *a);
	a->name = m->name;
	if (name_keys_of(e->keyer, m->name, &keys) != ST_OK)
		return REASON_BAD_NAME;
	if (address_normalize(m->email, a->email) != ST_OK ||
	    !fmt(a->typed, sizeof a->typed, "%.*s", SLICE_ARGS(m->email)))
		return REASON_BAD_ADDRESS;
	a->owner = secret_hash(e->secret, "address", slice_of(a->email));
	address_for_budget(a->email, budget);
	a->address_budget = secret_hash(e->secret, "address budget", slice_of(budget));
	address_network(m->address, a->network);
	a->network_budget = secret_hash(e->secret, "network", slice_of(a->network));

	switch (names_ask(e->room->names, &keys, &a->owner, &own)) {
	case NAMES_FREE:
	case NAMES_OWN:
		return REASON_NONE;
	case NAMES_TAKEN:
		return REASON_NAME_TAKEN;
	case NAMES_FULL:
		return REASON_TOO_MANY_NAMES;
	}
	return REASON_ROOM_FULL;
}

static uint64_t longest_wait(const struct entrance *e, const struct applicant *a)
{
	uint64_t wait = budgets_wait(e->interval, &a->address_budget, e->t.now_ms);
	uint64_t address = budgets_wait(e->by_address, &a->address_budget, e->t.now_ms);
	uint64_t network = budgets_wait(e->by_network, &a->network_budget, e->t.now_ms);

	wait = address > wait ? address : wait;
	return network > wait ? network : wait;
}

/* Makes a code and puts its letter on the desk. */
static void write_letter(struct entrance *e, struct login *login,
			 const struct applicant *a)
{
	struct letter letter = {.id = entropy_id(e->entropy), .ticket = login->ticket};
	struct secret_hash code;

	login_code_make(e->entropy, letter.code);
	code = secret_hash(e->secret, "code", slice_of(letter.code));
	logins_set_code(e->logins, login, &code, e->t.now_ms);

	mail_reference_make(e->entropy, letter.reference);
	memcpy(letter.email, a->typed, sizeof letter.email);
	memcpy(letter.name, login->name, sizeof letter.name);
	memcpy(letter.network, a->network, sizeof letter.network);
	letter.gateway = login->gateway;
	letter.expires_ms = login->expires_ms;

	mail_desk_withdraw(e->desk,
			   login->letter); /* a newer code makes the older one useless */
	store_drop_letter(e->room->store, login->letter);
	login->letter = letter.id;
	login->mail = mail_desk_add(e->desk, &letter) ? MAIL_QUEUED : MAIL_WITHHELD;
	store_put_letter(e->room->store, &letter, to_wall(letter.expires_ms, e->t));
	log_info("code_made", "reference=%s gateway=%016llx", letter.reference,
		 (unsigned long long)letter.gateway);
	secret_wipe(&letter, sizeof letter);
}

/* Sends a code if the budgets allow, and says when the next one may be asked for. */
static void send_code(struct entrance *e, struct login *login, const struct applicant *a)
{
	uint64_t wait = longest_wait(e, a);

	if (wait == 0) {
		budgets_take(e->interval, &a->address_budget, e->t.now_ms);
		budgets_take(e->by_address, &a->address_budget, e->t.now_ms);
		budgets_take(e->by_network, &a->network_budget, e->t.now_ms);
		write_letter(e, login, a);
		wait = longest_wait(e, a);
	} else if (login->letter == 0) {
		login->mail = MAIL_WITHHELD;
	}
	login->resend_at_ms = e->t.now_ms + wait;
}

void entrance_hello(struct entrance *e, struct gateway *g, const struct bus_hello *m,
		    struct room_time t)
{
	struct applicant a;
	enum reason no;
	struct login *login;
	char ticket[SECRET_TOKEN_LEN + 1] = "";

	e->t = t;
	no = check_applicant(e, m, &a);
	if (no != REASON_NONE) {
		tell_may_not_enter(g, m->client, m->name, no);
		return;
	}
	/* The same browser asking once more keeps its ticket, and its count of wrong tries. */
	login = logins_of_client(e->logins, g->id, m->client, t.now_ms);
	if (login == NULL || !secret_hash_equal(&login->owner, &a.owner) ||
	    !slice_equal(slice_of(login->name), a.name)) {
		struct secret_hash hash;

		secret_token(e->entropy, ticket);
		hash = secret_hash(e->secret, "ticket", slice_of(ticket));
		login = logins_add(e->logins, &hash, t.now_ms);
		login->owner = a.owner;
		memcpy(login->name, a.name.ptr, a.name.len);
		logins_set_client(e->logins, login, g->id, m->client);
	}
	send_code(e, login, &a);
	keep_login(e, login);
	tell_waiting(e, login, slice_of(ticket));
}

/* -- admission -- */

/* The two private lines that every newcomer hears from the bot. */
static void welcome(struct gateway *g, uint64_t client, const char *name)
{
	char *hello = xasprintf(
		"Welcome, %s! This is Plume, a small chat room: what you write is "
		"read by everybody who is here.",
		name);
	const char *lines[] = {
		hello,
		"Your mail address is tied to your name and to what you say here; it "
		"is never shown to anybody else."};

	for (size_t i = 0; i < NELEMS(lines); i++) {
		struct bus_msg m = {.kind = BUS_WHISPER,
				    .u.whisper = {.client = client,
						  .name = S(NAMES_BOT),
						  .text = slice_of(lines[i])}};

		gateway_tell(g, &m);
	}
	free(hello);
}

/* The claim this login proves; NULL and the reason why not. */
static struct name_claim *claim_name(struct entrance *e, const struct login *login,
				     enum reason *no)
{
	struct slice name = slice_of(login->name);
	struct name_keys keys;
	struct name_claim *own = NULL;

	*no = REASON_NONE;
	if (name_keys_of(e->keyer, name, &keys) != ST_OK) {
		*no = REASON_BAD_NAME;
		return NULL;
	}
	switch (names_ask(e->room->names, &keys, &login->owner, &own)) {
	case NAMES_OWN:
		break;
	case NAMES_FREE:
		own = names_claim(e->room->names, 0, name, &keys, &login->owner);
		break;
	case NAMES_TAKEN:
		*no = REASON_NAME_TAKEN;
		return NULL;
	case NAMES_FULL:
		*no = REASON_TOO_MANY_NAMES;
		return NULL;
	}
	own->seen_ms = e->t.wall_ms;
	store_put_name(e->room->store, own);
	return own;
}

/* token: empty when the session is an old one. */
static void admit(struct entrance *e, struct gateway *g, uint64_t number,
		  const struct session *session, struct slice token, uint64_t after)
{
	const struct name_claim *who = names_by_id(e->room->names, session->person);
	struct client client = {
		.number = number, .person = session->person, .session = session->token};
	struct bus_msg m = {.kind = BUS_ADMITTED,
			    .u.admitted = {.client = number,
					   .name = slice_of(who->name),
					   .token = token,
					   .after = after,
					   .resumed = token.len == 0}};

	room_attach(e->room, g, &client, e->t);
	m.u.admitted.newest = history_newest(e->room->history);
	gateway_tell(g, &m);
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
		tell_may_not_enter(g, m->client, slice_of(login->name), no);
		logins_end(e->logins, login);
		return;
	}
	logins_end(e->logins, login);

	secret_token(e->entropy, token);
	session.token = secret_hash(e->secret, "session", slice_of(token));
	session.person = who->id;
	sessions_add(e->sessions, &session, session_ended, e);
	store_put_session(room->store, &session);

	after = m->current ? room_resume_after(room, m->epoch, m->after)
			   : history_newest(room->history);
	admit(e, g, m->client, &session, slice_of(token), after);
	welcome(g, m->client, who->name);
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
	login = logins_find(e->logins, &ticket, t.now_ms);
	/* The same work for a code that is none: SECURITY C9. */
	code = secret_hash(e->secret, "code",
			   login_code_read(m->code, digits) ? slice_of(digits)
							    : S("none"));
	if (login == NULL) {
		tell_reset(g, m->client, REASON_LOGIN_OVER);
		return;
	}
	logins_set_client(e->logins, login, g->id, m->client);
	if (logins_try(login, &code)) {
		redeem(e, g, m, login);
	} else {
		keep_login(e, login);
		tell_reset(g, m->client, REASON_WRONG_CODE);
	}
}

void entrance_resume(struct entrance *e, struct gateway *g, const struct bus_resume *m,
		     struct room_time t)
{
	struct secret_hash token = secret_hash(e->secret, "session", m->token);
	const struct session *session;

	e->t = t;
	session = sessions_use(e->sessions, &token, t.wall_ms);
	if (session == NULL || names_by_id(e->room->names, session->person) == NULL) {
		tell_reset(g, m->client, REASON_SESSION_OVER);
		return;
	}
	store_put_session(e->room->store, session);
	admit(e, g, m->client, session, S(""),
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
		tell_reset(g, m->client, REASON_LOGIN_OVER);
		return;
	}
	logins_set_client(e->logins, login, g->id, m->client);
	keep_login(e, login);
	tell_waiting(e, login, S(""));
}

void entrance_gone(struct entrance *e, struct gateway *g, uint64_t client,
		   struct room_time t)
{
	struct login *login = logins_of_client(e->logins, g->id, client, t.now_ms);
	struct client *c = gateway_client(g, client);

	e->t = t;
	if (login != NULL)
		logins_set_client(e->logins, login, 0, 0);
	if (c != NULL)
		room_detach(e->room, g, c, t);
}

/* -- mail -- */

bool entrance_take_letter(struct entrance *e, const struct bus_take *m,
			  struct room_time t, struct bus_letter *out)
{
	const struct letter *letter = mail_desk_take(e->desk, m->mailer, t.now_ms);

	e->t = t;
	if (!fmt(e->sender, sizeof e->sender, "%.*s", SLICE_ARGS(m->sender)))
		e->sender[0] = '\0';
	if (letter == NULL)
		return false;
	*out = (struct bus_letter){.letter = letter->id,
				   .reference = slice_of(letter->reference),
				   .email = slice_of(letter->email),
				   .name = slice_of(letter->name),
				   .code = slice_of(letter->code),
				   .expires_ms = letter->expires_ms == UINT64_MAX
							 ? 0
							 : letter->expires_ms - t.now_ms,
				   .lease_ms = MAIL_LEASE_MS,
				   .address = slice_of(letter->network),
				   .gateway = letter->gateway};
	return true;
}

bool entrance_report(struct entrance *e, const struct bus_report *m, struct room_time t)
{
	const struct letter *letter = mail_desk_get(e->desk, m->letter);
	enum mail_state state = (enum mail_state)m->state;
	struct secret_hash ticket;
	struct login *login;

	e->t = t;
	if (letter == NULL)
		return false;
	ticket = letter->ticket;
	if (!mail_desk_report(e->desk, m->mailer, m->letter, state, m->retry_ms,
			      t.now_ms))
		return false;
	if (mail_desk_get(e->desk, m->letter) == NULL)
		store_drop_letter(e->room->store, m->letter);
	login = logins_find(e->logins, &ticket, t.now_ms);
	if (login != NULL && login->letter == m->letter) {
		login->mail = state;
		keep_login(e, login);
		tell_waiting(e, login, S(""));
	}
	return true;
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
	sessions_expire(e->sessions, t.wall_ms, session_ended, e);
	budgets_expire(e->by_address, t.now_ms);
	budgets_expire(e->by_network, t.now_ms);
	budgets_expire(e->interval, t.now_ms);
	if (e->options.name_lease_ms != 0)
		names_each(e->room->names, expire_name, e);
}

/* -- from the store -- */

void entrance_load_session(struct entrance *e, const struct session *session)
{
	sessions_add(e->sessions, session, session_ended, e);
}

void entrance_load_login(struct entrance *e, const struct login *login, uint64_t wall_ms,
			 struct room_time t)
{
	struct login copy = *login;

	e->t = t;
	copy.expires_ms = from_wall(e, wall_ms, t);
	logins_restore(e->logins, &copy);
}

void entrance_load_letter(struct entrance *e, const struct letter *letter,
			  uint64_t wall_ms, struct room_time t)
{
	struct letter copy = *letter;

	copy.expires_ms = from_wall(e, wall_ms, t);
	if (!mail_desk_add(e->desk, &copy))
		log_warn("letter_dropped", "reference=%s why=\"the desk is full\"",
			 copy.reference);
	secret_wipe(&copy, sizeof copy);
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
