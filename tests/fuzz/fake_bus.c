/* One request is answered at a time, outside of the call that sent it, as the real ones are. */
#include "tests/fuzz/fake_bus.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/bus.h"
#include "common/bus_msg.h"
#include "common/memory.h"

enum { HISTORY = 8 };

struct bus_requester {
	bus_frame_fn *on_answer;
	void *ctx;
	char *asked; /* NULL: nothing waits */
	size_t asked_len;
};

struct bus_subscriber {
	bus_frame_fn *on_frame;
	void *ctx;
};

static struct {
	struct bus_requester requester;
	struct bus_subscriber subscriber;
	struct bytes *how;
	struct bus_writer *results, *events;
	uint64_t newest;
	char *last_text; /* of the newest post, for whoever asks for history */
} bus;

/* -- what the gateway calls -- */

enum status bus_requester_new(uv_loop_t *loop, const struct bus_address *at,
			      bus_frame_fn *on_answer, void *ctx,
			      struct bus_requester **out)
{
	(void)loop;
	(void)at;
	bus.requester.on_answer = on_answer;
	bus.requester.ctx = ctx;
	*out = &bus.requester;
	return ST_OK;
}

void bus_request(struct bus_requester *r, struct slice frame)
{
	assert(r->asked == NULL);
	r->asked = slice_dup(frame);
	r->asked_len = frame.len;
}

bool bus_requester_is_waiting(const struct bus_requester *r)
{
	return r->asked != NULL;
}

void bus_requester_redial(struct bus_requester *r)
{
	(void)r;
}

enum status bus_subscriber_new(uv_loop_t *loop, const struct bus_address *at,
			       bus_frame_fn *on_frame, void *ctx,
			       struct bus_subscriber **out)
{
	(void)loop;
	(void)at;
	bus.subscriber.on_frame = on_frame;
	bus.subscriber.ctx = ctx;
	*out = &bus.subscriber;
	return ST_OK;
}

uint64_t bus_subscriber_dropped(const struct bus_subscriber *s)
{
	(void)s;
	return 0;
}

void bus_subscriber_redial(struct bus_subscriber *s)
{
	(void)s;
}

/* -- the broker -- */

void fake_bus_decide(struct bytes *how)
{
	bus.how = how;
}

static size_t choose(size_t n)
{
	return bus.how == NULL ? 0 : bytes_below(bus.how, n);
}

static void add(const struct bus_msg *m)
{
	bus_writer_add(bus.results, m);
}

static void begin_events(void)
{
	struct bus_msg head = {
		.kind = BUS_EVENTS,
		.u.events = {.epoch = FAKE_BUS_EPOCH, .newest = bus.newest}};

	bus_writer_clear(bus.events);
	bus_writer_add(bus.events, &head);
}

static struct bus_msg post(uint64_t seq, struct slice text, struct slice id)
{
	return (struct bus_msg){.kind = BUS_POST,
				.u.post = {.seq = seq,
					   .time_ms = 1,
					   .name = S("ann"),
					   .text = text,
					   .id = id,
					   .mark = S("abcd")}};
}

static void refuse(uint64_t client, struct slice id)
{
	struct bus_msg m = {
		.kind = BUS_REFUSED,
		.u.refused = {.client = client,
			      .id = id,
			      .reason = bus.how == NULL ? 1 : bytes_one(bus.how),
			      .retry_ms = 1000}};

	add(&m);
}

static void admit(uint64_t client)
{
	struct bus_msg m = {.kind = BUS_ADMITTED,
			    .u.admitted = {.client = client,
					   .name = S("ann"),
					   .token = S("token"),
					   .after = bus.newest,
					   .newest = bus.newest,
					   .people = 2,
					   .mark = S("abcd")}};

	if (choose(4) == 1 && bus.newest > HISTORY)
		m.u.admitted.after = bus.newest - HISTORY;
	add(&m);
}

static void wait_for_code(uint64_t client)
{
	struct bus_msg m = {.kind = BUS_WAITING,
			    .u.waiting = {.client = client,
					  .ticket = S("ticket"),
					  .name = S("ann"),
					  .expires_ms = 600000,
					  .mail = choose(7),
					  .sender = S("plume@chat.example")}};

	add(&m);
}

static void reset(uint64_t client)
{
	struct bus_msg m = {.kind = BUS_AUTH_RESET,
			    .u.auth_reset = {.client = client, .reason = choose(40)}};

	add(&m);
}

static void on_hello(const struct bus_hello *m)
{
	struct bus_msg no = {.kind = BUS_MAY_NOT_ENTER,
			     .u.may_not_enter = {.client = m->client,
						 .name = m->name,
						 .reason = choose(40)}};

	switch (choose(4)) {
	case 1:
		add(&no);
		break;
	case 2:
		refuse(m->client, S(""));
		break;
	case 3:
		break;
	default:
		wait_for_code(m->client);
	}
}

static void on_login(uint64_t client)
{
	switch (choose(5)) {
	case 1:
		reset(client);
		break;
	case 2:
		refuse(client, S(""));
		break;
	case 3:
		wait_for_code(client);
		break;
	case 4:
		break;
	default:
		admit(client);
	}
}

static void on_say(const struct bus_say *m)
{
	struct bus_msg yes = {.kind = BUS_ACCEPTED,
			      .u.accepted = {.client = m->client, .id = m->id}};
	struct bus_msg line;
	size_t how = choose(5);

	if (how == 1) {
		refuse(m->client, m->id);
		return;
	}
	line = post(++bus.newest, m->text, m->id);
	free(bus.last_text);
	bus.last_text = slice_dup(m->text);
	yes.u.accepted.seq = bus.newest;
	yes.u.accepted.again = how == 2;
	add(&yes);
	if (how != 3) /* then it is a hole that has to be repaired */
		bus_writer_add(bus.events, &line);
}

static void on_sync(const struct bus_sync *m)
{
	uint64_t first = bus.newest > HISTORY ? bus.newest - HISTORY : 0;
	uint64_t after = m->after > first ? m->after : first;
	uint64_t n = after < bus.newest ? bus.newest - after : 0;
	struct bus_msg head = {.kind = BUS_SYNCED, .u.synced = {.client = m->client}};

	n = n > m->most ? m->most : n;
	head.u.synced.after = after;
	head.u.synced.posts = n;
	add(&head);
	for (uint64_t i = 1; i <= n; i++) {
		struct bus_msg line = post(
			after + i,
			bus.last_text != NULL ? slice_of(bus.last_text) : S("x"), S(""));

		if (line.u.post.text.len == 0)
			line.u.post.text = S("x");
		add(&line);
	}
}

static void on_who(const struct bus_who *m)
{
	struct bus_msg here = {.kind = BUS_HERE, .u.here = {.client = m->client}};
	struct bus_msg person = {.kind = BUS_PRESENT,
				 .u.present = {.name = S("ann"), .mark = S("abcd")}};

	here.u.here.people = choose(4);
	here.u.here.more = choose(2) == 1;
	add(&here);
	for (uint64_t i = 0; i < here.u.here.people; i++)
		add(&person);
}

static void on_types(void)
{
	struct bus_msg m = {.kind = BUS_TYPING,
			    .u.typing = {.name = S("ann"), .mark = S("abcd")}};

	bus_writer_add(bus.events, &m);
}

static void on_sign_out(const struct bus_sign_out *m)
{
	struct bus_msg out = {.kind = BUS_DISMISS,
			      .u.dismiss = {.client = m->client, .reason = choose(40)}};

	if (choose(4) != 3)
		add(&out);
}

static void on_command(const struct bus_msg *m)
{
	switch (m->kind) {
	case BUS_HELLO:
		on_hello(&m->u.hello);
		break;
	case BUS_AUTH:
		on_login(m->u.auth.client);
		break;
	case BUS_RESUME:
		on_login(m->u.resume.client);
		break;
	case BUS_REJOIN:
		on_login(m->u.rejoin.client);
		break;
	case BUS_SAY:
		on_say(&m->u.say);
		break;
	case BUS_SYNC:
		on_sync(&m->u.sync);
		break;
	case BUS_WHO:
		on_who(&m->u.who);
		break;
	case BUS_TYPES:
		on_types();
		break;
	case BUS_SIGN_OUT:
		on_sign_out(&m->u.sign_out);
		break;
	default:
		assert(m->kind == BUS_GONE || m->kind == BUS_GOODBYE ||
		       m->kind == BUS_ABOUT);
	}
}

/* What the gateway asks is what the protocol has, in its order. */
static void answer_batch(struct slice frame)
{
	struct bus_msg head = {.kind = BUS_RESULTS,
			       .u.results = {.epoch = FAKE_BUS_EPOCH,
					     .newest = bus.newest,
					     .first = bus.newest > HISTORY
							      ? bus.newest - HISTORY + 1
							      : 1}};
	struct bus_reader *r;
	struct bus_msg m;
	enum status st = bus_reader_new(frame, &r);

	assert(st == ST_OK);
	st = bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &m);
	assert(st == ST_OK && m.kind == BUS_BATCH);
	head.u.results.number = m.u.batch.number;
	bus_writer_clear(bus.results);
	add(&head);
	while ((st = bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &m)) == ST_OK)
		on_command(&m);
	assert(st == ST_END);
	bus_reader_free(&r);
}

bool fake_bus_turn(void)
{
	struct bus_requester *r = &bus.requester;
	char *asked = r->asked;

	if (asked == NULL)
		return false;
	if (bus.results == NULL) {
		bus.results = bus_writer_new();
		bus.events = bus_writer_new();
	}
	begin_events();
	answer_batch((struct slice){asked, r->asked_len});
	r->asked = NULL;
	free(asked);
	r->on_answer(r->ctx, bus_writer_frame(bus.results));
	bus.subscriber.on_frame(bus.subscriber.ctx, bus_writer_frame(bus.events));
	return true;
}

void fake_bus_answer(struct slice frame)
{
	struct bus_requester *r = &bus.requester;

	if (r->asked == NULL)
		return;
	free(r->asked);
	r->asked = NULL;
	r->on_answer(r->ctx, frame);
}

void fake_bus_publish(struct slice frame)
{
	bus.subscriber.on_frame(bus.subscriber.ctx, frame);
}
