/* Bans at the entrance: made and lifted by operators, in force for whoever is inside, and for whoever asks. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "broker/entrance_private.h"
#include "broker/text.h"
#include "common/log.h"
#include "common/memory.h"

enum { BAN_YEARS = 100 };
#define BAN_LONGEST_MS (BAN_YEARS * UINT64_C(365) * 86400000)

/* -- whoever asks -- */

static void tell(struct entrance *e, const struct entrance_asker *a,
		 const struct ban *ban)
{
	char text[BAN_WORDS_SIZE];
	struct bus_msg m = {.kind = a->answer};

	ban_words(ban, e->t.wall_ms, text);
	if (a->answer == BUS_AUTH_RESET)
		m.u.auth_reset = (struct bus_auth_reset){.client = a->client,
							 .reason = ban_reason(ban),
							 .text = slice_of(text)};
	else
		m.u.may_not_enter = (struct bus_may_not_enter){.client = a->client,
							       .name = a->name,
							       .reason = ban_reason(ban),
							       .text = slice_of(text)};
	gateway_tell(a->g, &m);
}

/* ban NULL: there is none. */
static bool keep_out(struct entrance *e, const struct entrance_asker *a,
		     const struct ban *ban)
{
	if (ban == NULL)
		return false;
	bans_hit(e->room->bans, ban->kind);
	entrance_note_banned(e, a, ban);
	tell(e, a, ban);
	return true;
}

bool entrance_bars_network(struct entrance *e, const struct entrance_asker *a)
{
	return keep_out(e, a, bans_of_network(e->room->bans, a->address, e->t.wall_ms));
}

bool entrance_bars_name(struct entrance *e, const struct entrance_asker *a)
{
	struct ban_numbers n;
	struct name_keys keys;
	char shown[NAME_MAX_BYTES + 1];

	/* Keys take a while: they are not made for nothing. */
	if (bans_count_of(e->room->bans, BAN_NAME) == 0 ||
	    name_normalize(e->keyer, a->name, shown) != ST_OK ||
	    name_keys_of(e->keyer, slice_of(shown), &keys) != ST_OK)
		return false;
	n = ban_numbers_of_name(&keys);
	return keep_out(e, a, bans_find(e->room->bans, BAN_NAME, &n, e->t.wall_ms));
}

bool entrance_bars_address(struct entrance *e, const struct entrance_asker *a,
			   const struct ban_numbers *n)
{
	return keep_out(e, a, bans_find(e->room->bans, BAN_ADDRESS, n, e->t.wall_ms));
}

const struct ban *entrance_ban_of_address(const struct entrance *e,
					  const struct secret_hash *owner,
					  const struct secret_hash *address_key)
{
	struct ban_numbers n = {{ban_number(owner), ban_number(address_key)}};

	return bans_find(e->room->bans, BAN_ADDRESS, &n, e->t.wall_ms);
}

/* -- whoever is inside -- */

struct putting_out {
	struct entrance *e;
	const struct ban *ban;
	struct bus_dismiss why;
	struct name_claim *named[NAME_KEYS]; /* of a NAME: who has it, or looks like it */
};

static bool is_meant(const struct putting_out *p, const struct name_claim *who)
{
	struct ban own = {.kind = p->ban->kind};

	if (who == NULL)
		return false;
	if (p->ban->kind == BAN_NAME)
		return who == p->named[0] || who == p->named[1];
	own.numbers = ban_numbers_of(who);
	return ban_is_like(&own, p->ban);
}

static void put_out_client(void *ctx, struct gateway *g, struct client *c)
{
	struct putting_out *p = ctx;

	if (is_meant(p, names_by_id(p->e->room->names, c->person)))
		room_dismiss(p->e->room, g, c, &p->why, p->e->t);
}

static void put_out_clients(void *ctx, struct gateway *g)
{
	gateway_each_client(g, put_out_client, ctx);
}

/* In the grace period, without clients. */
static void put_out_absent(void *ctx, struct name_claim *who)
{
	struct putting_out *p = ctx;

	if (presence_has(p->e->room->presence, who->id) && is_meant(p, who))
		room_leave(p->e->room, who->id, p->e->t);
}

/* Only the gateways know where their browsers are. */
static void put_out_network(void *ctx, struct gateway *g)
{
	const struct putting_out *p = ctx;
	struct bus_msg m = {.kind = BUS_PUT_OUT,
			    .u.put_out = {.network = slice_of(p->ban->value),
					  .reason = p->why.reason,
					  .text = p->why.text}};

	room_tell_surely(p->e->room, g, &m);
}

static void find_named(struct putting_out *p)
{
	struct name_keys keys, one;

	if (name_keys_of(p->e->keyer, slice_of(p->ban->value), &keys) != ST_OK)
		return; /* cannot be: it was read */
	for (size_t i = 0; i < NAME_KEYS; i++) {
		memcpy(one.key[0], keys.key[i], sizeof one.key[0]);
		memcpy(one.key[1], keys.key[i], sizeof one.key[1]);
		p->named[i] = names_find(p->e->room->names, &one);
	}
}

static void enforce(struct entrance *e, const struct ban *ban)
{
	char text[BAN_WORDS_SIZE];
	struct putting_out p = {.e = e, .ban = ban, .why = {.reason = ban_reason(ban)}};

	ban_words(ban, e->t.wall_ms, text);
	p.why.text = slice_of(text);
	switch (ban->kind) {
	case BAN_NETWORK:
		gateways_each(e->room->gateways, put_out_network, &p);
		break;
	case BAN_NAME:
		find_named(&p);
		/* fall through */
	case BAN_PERSON:
	case BAN_ADDRESS:
		gateways_each(e->room->gateways, put_out_clients, &p);
		names_each(e->room->names, put_out_absent, &p);
		break;
	case BAN_MUTE:
	case BAN_KINDS:
		break;
	}
}

/* -- of the options -- */

void entrance_read_ban_options(struct entrance *e)
{
	const struct config_list *list = e->options.bans;
	struct ban ban;
	const char *why;

	bans_drop_options(e->room->bans);
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		if (ban_read_option(&ban, slice_of(list->items[i]), e->keyer, e->secret,
				    &why) != ST_OK ||
		    bans_put(e->room->bans, &ban) != ST_OK)
			abort(); /* main.c has looked at them */
	}
}

static void enforce_option(void *ctx, const struct ban *ban)
{
	if (ban->id == 0)
		enforce(ctx, ban);
}

void entrance_enforce_options(struct entrance *e, struct room_time t)
{
	e->t = t;
	bans_each(e->room->bans, enforce_option, e);
}

/* -- of operators -- */

/* Of somebody who has this name: whoever that is. */
static enum status read_person(struct entrance *e, struct slice name, struct ban *out,
			       const char **why)
{
	struct name_claim *who;
	enum status st = entrance_find_person(e, name, &who);

	*why = st == ST_DENIED ? "this name is reserved: nobody has it"
			       : "nobody has this name";
	if (st != ST_OK)
		return st;
	memcpy(out->value, who->name, strlen(who->name) + 1);
	out->numbers = ban_numbers_of(who);
	return ST_OK;
}

/* A person or mute by the name it was made with: that name may be free since. */
static void find_made(void *ctx, const struct ban *made)
{
	struct ban *like = ctx;

	if (made->kind == like->kind && strcmp(made->value, like->value) == 0)
		like->numbers = made->numbers;
}

static enum status read_order(struct entrance *e, const struct ban_order *o,
			      struct ban *out, const char **why)
{
	*out = (struct ban){.id = BANS_NEW_ID, .kind = o->kind, .since_ms = e->t.wall_ms};
	if (o->kind == BAN_PERSON || o->kind == BAN_MUTE)
		return read_person(e, o->value, out, why);
	return ban_read(out, o->value, e->keyer, e->secret, why);
}

static enum status read_terms(struct entrance *e, const struct ban_order *o,
			      struct ban *out, const char **why)
{
	bool is_line = o->reason.len == 0 ||
		       (memchr(o->reason.ptr, '\n', o->reason.len) == NULL &&
			memchr(o->reason.ptr, '\t', o->reason.len) == NULL &&
			text_is_good(o->reason));

	*why = "a reason is at most 200 bytes in one line, without control characters";
	if (!is_line ||
	    !fmt(out->reason, sizeof out->reason, "%.*s", SLICE_ARGS(o->reason)))
		return ST_RANGE;
	*why = "nothing is banned for more than 100 years; without a time it is until lifted";
	if (o->for_ms > BAN_LONGEST_MS)
		return ST_RANGE;
	out->until_ms = o->for_ms == 0 ? 0 : e->t.wall_ms + o->for_ms;
	return ST_OK;
}

/* Addresses and networks are told in their own columns of the record, not here. */
static void note_act(struct entrance *e, const char *act, const struct ban *ban,
		     uint64_t for_ms)
{
	bool is_named = ban->kind != BAN_ADDRESS && ban->kind != BAN_NETWORK;
	char what[TRAIL_DETAIL_SIZE + BAN_REASON_MAX], span[BAN_SPAN_SIZE] = "";

	if (for_ms != 0)
		ban_span(for_ms, span);
	if (!fmt(what, sizeof what, "%s %s%s%s%s%s%s%s", act, ban_kind_name(ban->kind),
		 is_named ? " " : "", is_named ? ban->value : "",
		 span[0] != '\0' ? " for " : "", span, ban->reason[0] != '\0' ? ": " : "",
		 ban->reason))
		abort(); /* it is long enough */
	entrance_note_act(e, slice_of(what), ban);
}

enum status entrance_ban(struct entrance *e, const struct ban_order *o,
			 struct room_time t, const char **why)
{
	struct ban ban;
	enum status st;

	e->t = t;
	*why = "the disk is full: nothing new can be stored";
	if (e->room->is_full)
		return ST_FULL;
	st = read_order(e, o, &ban, why);
	if (st == ST_OK)
		st = read_terms(e, o, &ban, why);
	if (st != ST_OK)
		return st;
	*why = "there are 10000 bans and mutes: lift those that are not needed any more";
	st = bans_put(e->room->bans, &ban);
	if (st != ST_OK)
		return st;
	note_act(e, "banned:", &ban, o->for_ms);
	enforce(e, &ban);
	*why = ban.kind == BAN_MUTE ? "muted" : "banned";
	return ST_OK;
}

enum status entrance_unban(struct entrance *e, const struct ban_order *o,
			   struct room_time t, const char **why)
{
	struct ban like;
	enum status st;

	e->t = t;
	*why = "the disk is full: nothing new can be stored";
	if (e->room->is_full)
		return ST_FULL;
	st = read_order(e, o, &like, why);
	if (st == ST_ABSENT &&
	    fmt(like.value, sizeof like.value, "%.*s", SLICE_ARGS(o->value))) {
		bans_each(e->room->bans, find_made, &like);
		st = ST_OK;
	}
	if (st != ST_OK)
		return st;
	st = bans_lift(e->room->bans, &like);
	*why = st == ST_DENIED
		       ? "this is an option of plume-broker: take it out there, and reload"
	       : st != ST_OK ? "there is no such ban"
			     : "lifted";
	if (st == ST_OK)
		note_act(e, "lifted:", &like, 0);
	return st;
}
