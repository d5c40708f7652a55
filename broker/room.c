/* Posts get their seq here and nowhere else, in the order in which commands are applied. */
#include "broker/room.h"

#include <inttypes.h>
#include <stdlib.h>

#include "broker/ban_words.h"
#include "broker/room_private.h"
#include "broker/text.h"
#include "common/log.h"
#include "common/memory.h"

enum {
	/* Posts that the store may hold above the history's bound. */
	TRIM_EVERY = 64,
};

struct room *room_new(const struct room_options *options, const struct name_keyer *keyer,
		      struct store *store)
{
	struct room *r = xcalloc(1, sizeof *r);

	r->options = *options;
	r->names = names_new(keyer);
	r->presence = presence_new(options->grace_ms);
	r->roster = roster_new();
	r->history = history_new(&options->history);
	r->gateways = gateways_new();
	r->bans = bans_new(store);
	r->events = bus_queue_new();
	r->store = store;
	r->keyer = keyer;
	for (size_t i = 0; options->reserved != NULL && i < options->reserved->n; i++) {
		const char *name = options->reserved->items[i];

		if (names_reserve(r->names, keyer, slice_of(name)) != ST_OK)
			abort(); /* main.c has looked at them */
	}
	return r;
}

void room_set_options(struct room *r, const struct room_options *options)
{
	room_set_history(r, &options->history);
	r->options = *options;
	presence_set_grace(r->presence, options->grace_ms);
}

void room_free(struct room **r)
{
	if (r == NULL || *r == NULL)
		return;
	names_free(&(*r)->names);
	presence_free(&(*r)->presence);
	roster_free(&(*r)->roster);
	history_free(&(*r)->history);
	gateways_free(&(*r)->gateways);
	bans_free(&(*r)->bans);
	bus_queue_free(&(*r)->events);
	free(*r);
	*r = NULL;
}

/* Neither the mark, which is the author's as long as their claim is there, nor whom the words call is kept with
 * the post.  The message is good until the next one is made. */
static struct bus_msg post_message(struct room *r, const struct history_post *p)
{
	const struct name_claim *who = names_by_id(r->names, p->person);
	struct slice mentions = mentions_of(r->names, r->keyer, p->text, r->mentioned);

	return (struct bus_msg){.kind = BUS_POST,
				.u.post = {.seq = p->seq,
					   .time_ms = p->time_ms,
					   .event = p->event,
					   .name = p->name,
					   .text = p->text,
					   .id = p->id,
					   .people = p->people,
					   .mark = slice_of(who != NULL ? who->mark : ""),
					   .mentions = mentions}};
}

/* The store is trimmed now and then, not at every post. */
static void trim_store(struct room *r, uint64_t slack)
{
	uint64_t forgotten = history_first(r->history) - 1;

	if (r->options.history.posts == 0 || forgotten < r->trimmed + slack)
		return;
	store_trim_posts(r->store, forgotten);
	r->trimmed = forgotten;
}

static void keep_post(struct room *r, const struct history_post *post)
{
	if (r->options.history.posts == 0) {
		store_put_newest(r->store, post->seq);
		return;
	}
	store_put_post(r->store, post);
	trim_store(r, TRIM_EVERY);
}

uint64_t room_post(struct room *r, const struct name_claim *who, enum post_event event,
		   struct slice text, struct slice id, struct room_time t)
{
	struct history_post post = {
		.seq = history_newest(r->history) + 1,
		.time_ms = t.wall_ms,
		.event = event,
		.person = who->id,
		.name = slice_of(who->name),
		.text = text,
		.id = id,
		.people = event == POST_TEXT ? 0 : presence_count(r->presence)};
	struct bus_msg m = post_message(r, &post);

	history_add(r->history, &post);
	keep_post(r, &post);
	bus_queue_add(r->events, &m);
	return post.seq;
}

/* -- what clients ask -- */

static void refuse(struct gateway *g, const struct bus_say *m, enum reason reason)
{
	struct bus_msg no = {
		.kind = BUS_REFUSED,
		.u.refused = {.client = m->client, .id = m->id, .reason = reason}};

	gateway_tell(g, &no);
}

const struct ban *room_mute_of(const struct room *r, const struct name_claim *who,
			       struct room_time t)
{
	struct ban_numbers n;

	if (bans_count_of(r->bans, BAN_MUTE) == 0)
		return NULL;
	n = ban_numbers_of(who);
	return bans_find(r->bans, BAN_MUTE, &n, t.wall_ms);
}

/* True: they are muted, and told so. */
static bool refuse_muted(struct room *r, struct gateway *g, const struct bus_say *m,
			 const struct name_claim *who, struct room_time t)
{
	const struct ban *mute = room_mute_of(r, who, t);
	char text[BAN_WORDS_SIZE];
	struct bus_msg no = {
		.kind = BUS_REFUSED,
		.u.refused = {.client = m->client, .id = m->id, .reason = REASON_MUTED}};

	if (mute == NULL)
		return false;
	ban_words(mute, t.wall_ms, text);
	no.u.refused.text = slice_of(text);
	bans_hit(r->bans, BAN_MUTE);
	gateway_tell(g, &no);
	return true;
}

void room_say(struct room *r, struct gateway *g, const struct bus_say *m,
	      struct room_time t)
{
	const struct client *c = gateway_client(g, m->client);
	struct bus_msg yes = {.kind = BUS_ACCEPTED,
			      .u.accepted = {.client = m->client, .id = m->id}};
	const struct name_claim *who =
		c != NULL ? names_by_id(r->names, c->person) : NULL;

	if (who == NULL) {
		refuse(g, m, REASON_NOT_IN_ROOM);
		return;
	}
	if (!text_is_good(m->text)) {
		refuse(g, m, REASON_BAD_TEXT);
		return;
	}
	yes.u.accepted.seq = history_find(r->history, who->id, m->id);
	yes.u.accepted.again = yes.u.accepted.seq != 0;
	/* A retry of what was said before is answered all the same. */
	if (!yes.u.accepted.again && refuse_muted(r, g, m, who, t))
		return;
	if (!yes.u.accepted.again && r->is_full) {
		refuse(g, m, REASON_NOT_STORED);
		return;
	}
	if (!yes.u.accepted.again)
		yes.u.accepted.seq = room_post(r, who, POST_TEXT, m->text, m->id, t);
	gateway_tell(g, &yes);
}

void room_sync(struct room *r, struct gateway *g, const struct bus_sync *m)
{
	struct bus_msg head = {.kind = BUS_SYNCED, .u.synced = {.client = m->client}};
	uint64_t first = history_first(r->history);
	uint64_t newest = history_newest(r->history);
	uint64_t after = m->after < first - 1 ? first - 1 : m->after;
	size_t room_left = bus_queue_bytes(g->out) < BUS_QUEUE_FRAME_BYTES
				   ? BUS_QUEUE_FRAME_BYTES - bus_queue_bytes(g->out)
				   : 0;
	uint64_t last = after;

	/* Count what fits first: the head says how many follow. */
	while (last < newest && last - after < m->most) {
		const struct history_post *p = history_get(r->history, last + 1);
		size_t size = p->text.len + p->name.len + p->id.len + MARK_SIZE +
			      mentions_most(p->text) + 64;

		if (room_left == 0 || (size > room_left && last > after))
			break; /* one that is larger than a frame goes alone */
		room_left -= size < room_left ? size : room_left;
		last++;
	}
	head.u.synced.after = after;
	head.u.synced.posts = last > after ? last - after : 0;
	gateway_tell(g, &head);
	for (uint64_t seq = after; seq < last; seq++) {
		struct bus_msg post = post_message(r, history_get(r->history, seq + 1));

		gateway_tell(g, &post);
	}
}

uint64_t room_resume_after(const struct room *r, uint64_t epoch, uint64_t after)
{
	uint64_t newest = history_newest(r->history);
	uint64_t forgotten = history_first(r->history) - 1;
	uint64_t past = r->options.newcomer_posts < newest
				? newest - r->options.newcomer_posts
				: 0;

	if (epoch != r->epoch || after > newest)
		after = past;
	return after < forgotten ? forgotten : after;
}

void room_tick(struct room *r, struct room_time t)
{
	room_watch_gateways(r, t);
	room_bound_queues(r, t);
	room_expire_people(r, t);
	history_expire(r->history, t.wall_ms);
	/* What is too old leaves the disk too, and soon. */
	trim_store(r, r->options.history.age_ms > 0 ? 1 : TRIM_EVERY);
}
