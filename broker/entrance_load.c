/* From the store: wall clock becomes monotonic time, and what is known is told again. */
#include "broker/entrance_private.h"
#include "common/log.h"

/* What is left at wall_ms, but never more than `most`: a wall clock that was set back while the broker was
 * down prolongs nothing by much. */
static uint64_t from_wall(uint64_t wall_ms, uint64_t most, struct room_time t)
{
	uint64_t left = wall_ms > t.wall_ms ? wall_ms - t.wall_ms : 0;

	if (wall_ms == UINT64_MAX)
		return UINT64_MAX;
	return t.now_ms + (left < most ? left : most);
}

static uint64_t life(const struct entrance *e)
{
	return e->options.code_ttl_ms == 0 ? UINT64_MAX / 2 : e->options.code_ttl_ms;
}

void entrance_load_session(struct entrance *e, const struct session *session)
{
	sessions_add(e->sessions, session, entrance_session_ended, e);
}

void entrance_load_login(struct entrance *e, const struct login *login, uint64_t wall_ms,
			 struct room_time t)
{
	struct login copy = *login;

	e->t = t;
	copy.expires_ms = from_wall(wall_ms, life(e), t);
	copy.resend_at_ms = from_wall(login->resend_at_ms, 86400000, t);
	if (login->retry_at_ms != 0)
		copy.retry_at_ms = from_wall(login->retry_at_ms, 3600000, t);
	logins_restore(e->logins, &copy);
}

void entrance_load_letter(struct entrance *e, const struct letter *letter,
			  uint64_t wall_ms, struct room_time t)
{
	struct letter copy = *letter;

	copy.expires_ms = from_wall(wall_ms, life(e), t);
	copy.lease_until_ms =
		from_wall(letter->lease_until_ms, MAIL_LEASE_MS + 3600000, t);
	if (!mail_desk_add(e->desk, &copy))
		log_warn("letter_dropped", "reference=%s why=\"the desk is full\"",
			 copy.reference);
	secret_wipe(&copy, sizeof copy);
}

void entrance_load_tally(struct entrance *e, enum tally_kind kind,
			 const struct secret_hash *key, uint64_t wall_ms,
			 struct room_time t)
{
	uint64_t age_ms = t.wall_ms > wall_ms ? t.wall_ms - wall_ms : 0;

	if (kind == TALLY_WRONG_FOR_ADDRESS)
		tally_restore(e->wrong_for_address, key, age_ms, t.now_ms);
	else if (kind == TALLY_WRONG_OF_PROOF)
		tally_restore(e->wrong_of_proof, key, age_ms, t.now_ms);
	else
		mail_budget_restore(e->budget, kind, key, age_ms, t.now_ms);
}

void entrance_load_mail_pace(struct entrance *e, uint64_t wall_ms, struct room_time t)
{
	mail_budget_restore_pace(e->budget, wall_ms > t.wall_ms ? wall_ms - t.wall_ms : 0,
				 t.now_ms);
}

void entrance_load_proof(struct entrance *e, const struct proof *proof)
{
	proofs_restore(e->proofs, proof);
}

void entrance_load_trail(struct entrance *e, const struct trail_row *row)
{
	trail_restore(e->trail, row);
}

void entrance_load_ban(struct entrance *e, const struct ban *ban)
{
	struct ban copy = *ban;
	const char *why = "";

	/* Its words are read anew, because what looks alike depends on the tables of ICU. */
	if (ban->kind != BAN_PERSON && ban->kind != BAN_MUTE &&
	    ban_read(&copy, slice_of(ban->value), e->keyer, e->secret, &why) != ST_OK)
		log_warn("ban_dropped", "kind=%s why=\"%s\"", ban_kind_name(ban->kind),
			 why);
	else
		bans_restore(e->room->bans, &copy);
}

void entrance_load_trail_kept(struct entrance *e, uint64_t number)
{
	trail_restore_kept(e->trail, number);
}

static void tell_again(void *ctx, struct login *login)
{
	struct entrance *e = ctx;

	if (login->gateway != 0 && !login_is_redeemed(login) &&
	    e->t.now_ms < login->expires_ms)
		entrance_tell_waiting(e, login, S(""));
}

void entrance_loaded(struct entrance *e, struct room_time t)
{
	e->t = t;
	e->mailers.since_ms = t.now_ms;
	logins_each(e->logins, tell_again, e);
}
