/* The mail side of the entrance: letters are written, taken, reported, and their news told. */
#include <string.h>

#include "broker/entrance_private.h"
#include "common/log.h"
#include "common/memory.h"

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

void entrance_keep_login(struct entrance *e, const struct login *login)
{
	store_put_login(e->room->store, login, to_wall(login->expires_ms, e->t));
}

static uint64_t left(uint64_t at_ms, uint64_t now_ms)
{
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

void entrance_tell_waiting(struct entrance *e, const struct login *login,
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

/* -- letters -- */

void entrance_withdraw_letter(struct entrance *e, const struct login *login)
{
	mail_desk_withdraw(e->desk, login->letter);
	store_drop_letter(e->room->store, login->letter);
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

	entrance_withdraw_letter(e,
				 login); /* the newer code makes the older one useless */
	login->letter = letter.id;
	login->mail = mail_desk_add(e->desk, &letter) ? MAIL_QUEUED : MAIL_WITHHELD;
	if (login->mail == MAIL_QUEUED)
		store_put_letter(e->room->store, &letter,
				 to_wall(letter.expires_ms, e->t));
	log_info("code_made", "reference=%s gateway=%016llx", letter.reference,
		 (unsigned long long)letter.gateway);
	secret_wipe(&letter, sizeof letter);
}

void entrance_send_code(struct entrance *e, struct login *login,
			const struct applicant *a)
{
	uint64_t wait = mail_budget_wait(e->budget, a, e->t.now_ms);

	if (wait == 0) {
		mail_budget_take(e->budget, a, e->t.now_ms);
		write_letter(e, login, a);
		wait = mail_budget_wait(e->budget, a, e->t.now_ms);
	} else if (login->letter == 0) {
		login->mail = MAIL_WITHHELD;
	}
	login->resend_at_ms = e->t.now_ms + wait;
}

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
		entrance_keep_login(e, login);
		entrance_tell_waiting(e, login, S(""));
	}
	return true;
}

/* -- from the store -- */

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
