/* People come, go, are listed and write.  What is told of it to all goes into the events. */
#include "broker/room_private.h"

#include "common/attr.h"

enum {
	WHO_PAGE = 200, /* people of one answer */
	/* Bytes that wait for a gateway, over which it is given no more lists: a page is some 30 kB
	 * at most, and a gateway over GATEWAY_OUT_MAX would start over. */
	WHO_QUEUE_MAX = 1 << 20,
	WHO_RETRY_MS = 1000,
};

/* Typing notices of the whole room: nobody reads more, and 10,000 people who write cost no
 * more than these. */
static const struct bucket_rule typing = {.interval_ms = 40, .burst = 25};

/* -- coming and going -- */

void room_enter(struct room *r, uint64_t person, struct room_time t)
{
	const struct name_claim *who = names_by_id(r->names, person);

	if (!presence_attach(r->presence, person))
		return;
	roster_add(r->roster, slice_of(who->name), person);
	store_put_present(r->store, person);
	if (r->is_full)
		return; /* a line that cannot be kept is not said */
	room_post(r, who, POST_ENTERED, S("entered chat"), S(""), t);
}

void room_attach(struct room *r, struct gateway *g, const struct client *client,
		 struct room_time t)
{
	struct client *old = gateway_client(g, client->number);

	if (old != NULL)
		room_detach(r, g, old, t);
	gateway_add_client(g, client);
	store_put_client(r->store, g->id, client);
	room_enter(r, client->person, t);
}

void room_detach(struct room *r, struct gateway *g, struct client *client,
		 struct room_time t)
{
	if (!g->is_silent)
		presence_detach(r->presence, client->person, t.now_ms);
	store_drop_client(r->store, g->id, client->number);
	gateway_remove_client(g, client);
}

struct leaving {
	struct room *r;
	struct room_time t;
};

static void person_left(void *ctx, uint64_t person, size_t clients)
{
	struct leaving *l = ctx;
	struct name_claim *who = names_by_id(l->r->names, person);

	(void)clients;
	store_drop_present(l->r->store, person);
	if (who == NULL)
		return; /* the state has a name that is no longer allowed */
	roster_remove(l->r->roster, slice_of(who->name), person);
	if (l->r->is_full)
		return; /* the line could not be kept */
	who->seen_ms = l->t.wall_ms;
	store_put_name(l->r->store, who);
	room_post(l->r, who, POST_LEFT, S("left chat"), S(""), l->t);
}

void room_expire_people(struct room *r, struct room_time t)
{
	struct leaving l = {r, t};

	presence_expire(r->presence, t.now_ms, person_left, &l);
}

void room_leave(struct room *r, uint64_t person, struct room_time t)
{
	struct leaving l = {r, t};

	presence_leave(r->presence, person, person_left, &l);
}

void room_tell_surely(struct room *r, struct gateway *g, const struct bus_msg *m)
{
	gateway_tell(g, m);
	if (g->has_more)
		return;
	g->has_more = true;
	store_put_gateway(r->store, g);
}

void room_dismiss(struct room *r, struct gateway *g, struct client *client,
		  const struct bus_dismiss *why, struct room_time t)
{
	uint64_t person = client->person;
	struct bus_msg m = {.kind = BUS_DISMISS, .u.dismiss = *why};

	m.u.dismiss.client = client->number;
	room_tell_surely(r, g, &m);
	room_detach(r, g, client, t);
	room_leave(r, person, t);
}

static void list_person(void *ctx, uint64_t person, size_t clients)
{
	struct room *r = ctx;
	const struct name_claim *who = names_by_id(r->names, person);

	(void)clients;
	if (who != NULL)
		roster_add(r->roster, slice_of(who->name), person);
}

void room_list_people(struct room *r)
{
	presence_each(r->presence, list_person, r);
}

/* -- what clients ask -- */

static void refuse_who(struct gateway *g, const struct bus_who *m, enum reason reason,
		       uint64_t retry_ms)
{
	struct bus_msg no = {.kind = BUS_REFUSED,
			     .u.refused = {.client = m->client,
					   .reason = reason,
					   .retry_ms = retry_ms}};

	gateway_tell(g, &no);
}

void room_who(struct room *r, struct gateway *g, const struct bus_who *m)
{
	const struct name_claim *page[WHO_PAGE];
	size_t place = roster_after(r->roster, m->after), n = 0;
	struct bus_msg head = {.kind = BUS_HERE, .u.here = {.client = m->client}};

	if (gateway_client(g, m->client) == NULL) {
		refuse_who(g, m, REASON_NOT_IN_ROOM, 0);
		return;
	}
	if (bus_queue_bytes(g->out) > WHO_QUEUE_MAX) {
		refuse_who(g, m, REASON_BUSY, WHO_RETRY_MS);
		return;
	}
	while (n < WHO_PAGE && place < roster_count(r->roster)) {
		page[n] = names_by_id(r->names, roster_at(r->roster, place++));
		n += page[n] != NULL;
	}
	head.u.here.people = n;
	head.u.here.more = place < roster_count(r->roster);
	gateway_tell(g, &head);
	for (size_t i = 0; i < n; i++) {
		struct bus_msg one = {.kind = BUS_PRESENT,
				      .u.present = {.name = slice_of(page[i]->name),
						    .mark = slice_of(page[i]->mark)}};

		gateway_tell(g, &one);
	}
}

void room_types(struct room *r, struct gateway *g, const struct bus_types *m,
		struct room_time t)
{
	const struct client *c = gateway_client(g, m->client);
	const struct name_claim *who =
		c != NULL ? names_by_id(r->names, c->person) : NULL;
	struct bus_msg event = {.kind = BUS_TYPING};

	if (who == NULL || !r->options.tells_typing || room_mute_of(r, who, t) != NULL ||
	    bucket_wait(&r->typing, &typing, t.now_ms) > 0 ||
	    !presence_may_type(r->presence, c->person, t.now_ms))
		return;
	bucket_take(&r->typing, &typing, t.now_ms);
	event.u.typing.name = slice_of(who->name);
	event.u.typing.mark = slice_of(who->mark);
	bus_queue_add(r->events, &event);
}
