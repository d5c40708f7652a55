/* The mail side of the entrance: letters are written, taken, reported, and their news told. */
#include <stdlib.h>
#include <string.h>

#include "broker/entrance_private.h"
#include "common/log.h"
#include "common/memory.h"

/* -- time: logins and letters are monotonic in memory, wall clock in the store -- */

uint64_t entrance_to_wall(uint64_t ms, struct room_time t)
{
	return ms == UINT64_MAX ? UINT64_MAX
				: t.wall_ms + (ms > t.now_ms ? ms - t.now_ms : 0);
}

void entrance_keep_login(struct entrance *e, const struct login *login)
{
	struct login copy = *login;

	copy.resend_at_ms = entrance_to_wall(login->resend_at_ms, e->t);
	copy.retry_at_ms =
		login->retry_at_ms == 0 ? 0 : entrance_to_wall(login->retry_at_ms, e->t);
	store_put_login(e->room->store, &copy, entrance_to_wall(login->expires_ms, e->t));
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
			      .sender = slice_of(e->sender),
			      .subject = slice_of(e->subject),
			      .reference = slice_of(login->reference),
			      .mailed_ms = login->mailed_ms,
			      .retry_ms = left(login->retry_at_ms, e->t.now_ms),
			      .mailers = mailers_known(&e->mailers, e->t.now_ms)}};

	if (g != NULL)
		gateway_tell(g, &m);
}

/* -- letters -- */

void entrance_withdraw_letter(struct entrance *e, const struct login *login)
{
	mail_desk_withdraw(e->desk, login->letter);
	store_drop_letter(e->room->store, login->letter);
}

/* The login's first letter has the reference it was begun with; so has a mail that was withheld. */
static void name_letter(struct entrance *e, struct login *login, struct letter *letter)
{
	if (login_has_code(login))
		mail_reference_make(e->entropy, login->reference);
	memcpy(letter->reference, login->reference, sizeof letter->reference);
}

static void queue_letter(struct entrance *e, struct login *login,
			 const struct letter *letter)
{
	login->letter = letter->id;
	login->mailed_ms = login->retry_at_ms = 0;
	login->mail = mail_desk_add(e->desk, letter) ? MAIL_QUEUED : MAIL_WITHHELD;
	if (login->mail == MAIL_QUEUED)
		store_put_letter(e->room->store, letter,
				 entrance_to_wall(letter->expires_ms, e->t));
}

/* Makes a code and puts its letter on the desk. */
static void write_letter(struct entrance *e, struct login *login,
			 const struct applicant *a)
{
	struct letter letter = {.id = entropy_id(e->entropy),
				.ticket = login->ticket,
				.gateway = login->gateway,
				.asked_ms = e->t.wall_ms,
				.salt = entropy_id(e->entropy)};
	struct secret_hash code;

	login_code_make(e->entropy, letter.code);
	code = secret_hash(e->secret, "code", slice_of(letter.code));
	name_letter(e, login, &letter);
	logins_set_code(e->logins, login, &code, e->t.now_ms);

	memcpy(letter.email, a->typed, sizeof letter.email);
	if (!fmt(letter.name, sizeof letter.name, "%s", login->name))
		abort(); /* names are shorter */
	memcpy(letter.network, a->truncated, sizeof letter.network);
	letter.expires_ms = login->expires_ms;

	entrance_withdraw_letter(e,
				 login); /* the newer code makes the older one useless */
	queue_letter(e, login, &letter);
	log_info("code_made", "reference=%s gateway=%016llx", letter.reference,
		 (unsigned long long)letter.gateway);
	secret_wipe(&letter, sizeof letter);
}

/* True: no mail for this address, whatever the budgets say.  They count it as if there were one, so that its
 * seconds go by like those of any address that somebody asked for a moment ago (SECURITY S2). */
static bool deny(struct entrance *e, struct login *login, const struct applicant *a)
{
	const struct ban *ban = entrance_ban_of_address(e, &a->owner, &a->address_key);

	if (ban == NULL && !address_list_denies(&e->options.addresses, a->normal))
		return false;
	if (ban != NULL)
		bans_hit(e->room->bans, ban->kind);
	entrance_note(e, ban != NULL ? TRAIL_BANNED : TRAIL_DENIED, login,
		      slice_of(a->truncated), ban != NULL ? S("by address") : S(""),
		      a->truncated);
	return true;
}

static void withhold(struct entrance *e, struct login *login, const struct applicant *a,
		     struct slice address, enum mail_answer answer)
{
	struct slice why[] = {[MAIL_MAY_NOT_ADDRESS] = S("too many for this address"),
			      [MAIL_MAY_NOT_NETWORK] = S("too many from this network"),
			      [MAIL_MAY_NOT_ROOM] = S("too many in this room")};
	const char *flood = answer == MAIL_MAY_NOT_ADDRESS   ? a->budget
			    : answer == MAIL_MAY_NOT_NETWORK ? a->network
							     : "";

	entrance_note(e, TRAIL_WITHHELD, login, address, why[answer], flood);
}

static void send(struct entrance *e, struct login *login, const struct applicant *a,
		 struct slice address, enum mail_answer answer)
{
	struct slice detail = answer == MAIL_MAY_RESERVE
				      ? S("by the reserve of a browser known before")
				      : S("");

	write_letter(e, login, a);
	if (login->mail == MAIL_QUEUED)
		entrance_note(e, TRAIL_ASKED, login, address, detail, NULL);
	else
		entrance_note(e, TRAIL_WITHHELD, login, address,
			      S("the mail desk is full"), "");
}

void entrance_send_code(struct entrance *e, struct login *login,
			const struct applicant *a)
{
	struct mail_asker who = {&a->address_key, &a->network_key, &login->proof};
	struct slice address = slice_of(a->truncated);
	uint64_t wait;
	enum mail_answer answer = mail_budget_ask(e->budget, &who, e->t.now_ms, &wait);
	bool is_counted = wait == 0;

	if (is_counted)
		mail_budget_take(e->budget, &who, answer, e->t.now_ms, e->t.wall_ms);
	if (!deny(e, login, a)) {
		if (is_counted)
			send(e, login, a, address, answer);
		else
			withhold(e, login, a, address, answer);
	}
	if (is_counted)
		(void)mail_budget_ask(e->budget, &who, e->t.now_ms, &wait);
	if (login->letter == 0)
		login->mail = MAIL_WITHHELD;
	login->resend_at_ms = e->t.now_ms + wait;
}

/* -- mailers -- */

static void keep_text(char *buf, size_t cap, struct slice text)
{
	if (!fmt(buf, cap, "%.*s", SLICE_ARGS(text)))
		buf[0] = '\0';
}

void entrance_hear_mailer(struct entrance *e, const struct bus_take *m,
			  struct room_time t)
{
	e->t = t;
	mailers_heard(&e->mailers, m->mailer, m->wait_ms, t.now_ms);
	mailers_about(&e->mailers, m);
	keep_text(e->sender, sizeof e->sender, m->sender);
	keep_text(e->subject, sizeof e->subject, m->subject);
	if (m->room == e->room->epoch)
		trail_kept(e->trail, m->mailer, m->kept);
}

void entrance_each_mailer(struct entrance *e, struct room_time t,
			  entrance_mailer_fn *each, void *ctx)
{
	(void)mailers_known(&e->mailers, t.now_ms); /* forgets who is silent */
	for (size_t i = 0; i < e->mailers.n; i++) {
		const struct mailer_heard *h = &e->mailers.heard[i];

		each(ctx, h, mail_desk_held_by(e->desk, h->id, t.now_ms));
	}
}

void entrance_mailer_gone(struct entrance *e, uint64_t mailer)
{
	mailers_gone(&e->mailers, mailer);
}

size_t entrance_give_trail(struct entrance *e, const struct bus_take *m,
			   struct room_time t, trail_fn *each, void *ctx)
{
	bool is_ours = m->room == e->room->epoch;
	uint64_t next = m->kept == 0 || is_ours ? m->kept : 1;

	if (e->room->is_full) /* whoever keeps rows could not be noted */
		return 0;
	return trail_give(e->trail, m->mailer, next, t.now_ms, t.wall_ms, each, ctx);
}

/* Also whose mail was sent: after a restart they hear from the first mailer again what to look for. */
static void tell_if_waiting(void *ctx, struct login *login)
{
	struct entrance *e = ctx;

	if (login->gateway != 0 && login_has_code(login) &&
	    e->t.now_ms < login->expires_ms)
		entrance_tell_waiting(e, login, S(""));
}

void entrance_watch_mailers(struct entrance *e)
{
	uint64_t known = mailers_known(&e->mailers, e->t.now_ms);
	uint64_t told = e->told_mailers;

	e->told_mailers = known;
	if ((known == 1) != (told == 1) || (known == 0) != (told == 0))
		logins_each(e->logins, tell_if_waiting, e);
}

bool entrance_take_letter(struct entrance *e, const struct bus_take *m,
			  struct room_time t, struct bus_letter *out)
{
	const struct letter *letter;

	e->t = t;
	if (e->room->is_full) /* whoever takes it could not be noted */
		return false;
	letter = mail_desk_take(e->desk, m->mailer, t.now_ms);
	if (letter == NULL)
		return false;
	store_put_lease(e->room->store, letter,
			entrance_to_wall(letter->lease_until_ms, t));
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
				   .gateway = letter->gateway,
				   .asked_ms = letter->asked_ms,
				   .salt = letter->salt};
	return true;
}

/* What is known of the letter is a fact of the login it belongs to. */
static void tell_news(struct entrance *e, const struct secret_hash *ticket,
		      const struct bus_report *m)
{
	struct login *login = logins_find(e->logins, ticket, e->t.now_ms);

	if (login == NULL || login->letter != m->letter)
		return;
	login->mail = (enum mail_state)m->state;
	if (login->mail == MAIL_SENT)
		login->mailed_ms = e->t.wall_ms;
	login->retry_at_ms =
		login->mail == MAIL_DEFERRED
			? e->t.now_ms + (m->retry_ms < 3600000 ? m->retry_ms : 3600000)
			: 0;
	entrance_keep_login(e, login);
	entrance_tell_waiting(e, login, S(""));
}

bool entrance_report(struct entrance *e, const struct bus_report *m, struct room_time t)
{
	const struct letter *letter = mail_desk_get(e->desk, m->letter);
	struct letter copy;

	e->t = t;
	mailers_heard(&e->mailers, m->mailer, 0, t.now_ms);
	if (letter == NULL)
		return false;
	copy = *letter;
	if (mail_desk_report(e->desk, m->mailer, m->letter, (enum mail_state)m->state,
			     m->retry_ms, t.now_ms)) {
		letter = mail_desk_get(e->desk, m->letter);
		if (letter == NULL)
			store_drop_letter(e->room->store, m->letter);
		else
			store_put_lease(e->room->store, letter,
					entrance_to_wall(letter->lease_until_ms, t));
		/* That it is still so is said to keep the lease, and is no news. */
		if (letter == NULL ||
		    mail_desk_note(e->desk, m->letter, (enum mail_state)m->state,
				   m->attempt)) {
			entrance_note_letter(e, &copy, m);
			tell_news(e, &copy.ticket, m);
		}
		letter = &copy; /* it is not NULL */
	} else {
		letter = NULL;
	}
	secret_wipe(&copy, sizeof copy);
	return letter != NULL;
}

uint64_t entrance_oldest_letter_ms(const struct entrance *e)
{
	const struct letter *oldest = mail_desk_oldest(e->desk);

	return oldest != NULL ? oldest->asked_ms : 0;
}
