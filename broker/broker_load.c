/* The start: what the store kept goes back into the tables it came from. */
#include <stdlib.h>

#include "broker/broker_private.h"
#include "common/log.h"

struct loading {
	struct broker *b;
	struct room_time t;
};

static void on_epoch(void *ctx, uint64_t epoch)
{
	struct loading *l = ctx;

	l->b->room->epoch = epoch;
}

static void on_newest(void *ctx, uint64_t seq)
{
	struct loading *l = ctx;

	history_start_after(l->b->room->history, seq);
}

static void on_name(void *ctx, const struct name_claim *claim)
{
	struct loading *l = ctx;
	struct name_claim *mine;
	struct name_keys keys;
	char name[NAME_MAX_BYTES + 1];

	if (name_normalize(l->b->keyer, slice_of(claim->name), name) != ST_OK ||
	    name_keys_of(l->b->keyer, slice_of(name), &keys) != ST_OK) {
		log_warn("name_dropped", "id=%llu why=\"it is no longer allowed\"",
			 (unsigned long long)claim->id);
		return;
	}
	mine = names_claim(l->b->room->names, claim->id, slice_of(name), &keys,
			   &claim->owner);
	mine->seen_ms = claim->seen_ms;
	mine->folded = claim->folded;
}

static void on_session(void *ctx, const struct session *session)
{
	struct loading *l = ctx;

	names_skip_id(l->b->room->names, session->person);
	entrance_load_session(l->b->entrance, session);
}

static void on_post(void *ctx, const struct history_post *post)
{
	struct loading *l = ctx;

	names_skip_id(l->b->room->names, post->person);
	history_add(l->b->room->history, post);
}

static void on_login(void *ctx, const struct login *login, uint64_t wall_ms)
{
	struct loading *l = ctx;

	entrance_load_login(l->b->entrance, login, wall_ms, l->t);
}

static void on_letter(void *ctx, const struct letter *letter, uint64_t wall_ms)
{
	struct loading *l = ctx;

	entrance_load_letter(l->b->entrance, letter, wall_ms, l->t);
}

static void on_gateway(void *ctx, uint64_t id, uint64_t number, struct slice reply,
		       bool is_keyed, uint64_t silent_ms)
{
	struct loading *l = ctx;
	struct gateway *g = gateways_add(l->b->room->gateways, id, l->t.now_ms);

	if (g == NULL)
		return;
	g->number = number;
	g->is_keyed = is_keyed;
	gateway_keep_reply(g, reply);
	g->is_silent = silent_ms != 0;
	g->silent_ms = silent_ms;
}

static void on_client(void *ctx, uint64_t gateway, const struct client *client)
{
	struct loading *l = ctx;
	struct gateway *g = gateways_find(l->b->room->gateways, gateway);

	names_skip_id(l->b->room->names, client->person);
	if (g == NULL || names_by_id(l->b->room->names, client->person) == NULL)
		return;
	gateway_add_client(g, client);
}

/* Nobody is announced: who was here still is, and has a whole grace period to return. */
static void on_present(void *ctx, uint64_t person)
{
	struct loading *l = ctx;

	presence_restore(l->b->room->presence, person, l->t.now_ms);
}

static void on_tally(void *ctx, enum tally_kind kind, const struct secret_hash *key,
		     uint64_t wall_ms)
{
	struct loading *l = ctx;

	entrance_load_tally(l->b->entrance, kind, key, wall_ms, l->t);
}

static void on_mail_pace(void *ctx, uint64_t wall_ms)
{
	struct loading *l = ctx;

	entrance_load_mail_pace(l->b->entrance, wall_ms, l->t);
}

static void on_proof(void *ctx, const struct proof *proof)
{
	struct loading *l = ctx;

	entrance_load_proof(l->b->entrance, proof);
}

static void on_trail(void *ctx, const struct trail_row *row)
{
	struct loading *l = ctx;

	entrance_load_trail(l->b->entrance, row);
}

static void on_trail_kept(void *ctx, uint64_t number)
{
	struct loading *l = ctx;

	entrance_load_trail_kept(l->b->entrance, number);
}

static void on_ban(void *ctx, const struct ban *ban)
{
	struct loading *l = ctx;

	entrance_load_ban(l->b->entrance, ban);
}

static void find_departed(void *ctx, struct gateway *g, struct client *client)
{
	struct loading *l = ctx;

	if (presence_has(l->b->room->presence, client->person) || g->is_silent)
		return;
	g->is_silent = true;
	g->silent_ms = l->t.wall_ms;
}

static void attach(void *ctx, struct gateway *g, struct client *client)
{
	struct loading *l = ctx;

	(void)g;
	presence_attach(l->b->room->presence, client->person);
}

/* A gateway with a client whose person was announced as gone was silent: it still is. */
static void bring_back(void *ctx, struct gateway *g)
{
	gateway_each_client(g, find_departed, ctx);
	if (!g->is_silent)
		gateway_each_client(g, attach, ctx);
}

enum status broker_load(struct broker *b, bool is_full)
{
	struct loading l = {b, broker_time()};
	enum status st;
	struct store_reader reader = {.ctx = &l,
				      .epoch = on_epoch,
				      .newest = on_newest,
				      .name = on_name,
				      .session = on_session,
				      .post = on_post,
				      .login = on_login,
				      .letter = on_letter,
				      .gateway = on_gateway,
				      .client = on_client,
				      .present = on_present,
				      .tally = on_tally,
				      .mail_pace = on_mail_pace,
				      .proof = on_proof,
				      .trail = on_trail,
				      .trail_kept = on_trail_kept,
				      .ban = on_ban};

	b->room = room_new(&b->options->room, b->keyer, b->store);
	b->room->is_full = is_full;
	b->entrance = entrance_new(&b->options->entrance, b->room, b->keyer,
				   &b->options->secret, &entropy_system);
	st = store_load(b->store, b->options->room.history.posts, &reader);

	if (st != ST_OK)
		return st;
	gateways_each(b->room->gateways, bring_back, &l);
	entrance_loaded(b->entrance, l.t);
	room_list_people(b->room);
	store_begin(b->store);
	if (b->room->epoch == 0) {
		b->room->epoch = entropy_id(&entropy_system);
		store_put_epoch(b->store, b->room->epoch);
	}
	/* The history may be shorter than it was, or none at all. */
	room_trim_store(b->room);
	entrance_enforce_options(b->entrance, l.t);
	return store_commit(b->store);
}
