/* world.h - a room with an entrance and two gateways, for tests: no clock, no sockets.
 *
 * What a gateway was told is taken with told_by(), read back as the gateway would. */
#ifndef TESTS_UNIT_BROKER_WORLD_H
#define TESTS_UNIT_BROKER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/entrance.h"
#include "broker/room.h"
#include "common/bus_queue.h"
#include "common/log.h"
#include "common/memory.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR, TOLD_MAX = 1000 };

struct world {
	struct room_options room_options;
	struct entrance_options entrance_options;
	struct secret secret;
	struct name_keyer *keyer;
	struct store *store; /* borrowed; NULL unless the test opened one */
	struct room *room;
	struct entrance *entrance;
	struct gateway *g, *g2; /* gateways 7 and 8 */
	struct room_time t;
	uint64_t seed;
	struct entropy entropy;
	/* What was told last; its slices live until the next told_by(). */
	struct bus_writer *writer;
	struct bus_reader *reader;
	struct bus_msg told[TOLD_MAX];
	size_t n;
	char ticket[64], token[64], code[16], code2[16]; /* copied out of answers */
	uint64_t letter, mailer; /* that was mailed last, and by whom */
};

/* xorshift64*: the same "random" numbers in every run. */
static inline uint64_t world_random(struct world *w)
{
	w->seed ^= w->seed >> 12;
	w->seed ^= w->seed << 25;
	w->seed ^= w->seed >> 27;
	return w->seed * UINT64_C(0x2545f4914f6cdd1d);
}

static inline void world_bytes(void *ctx, void *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((unsigned char *)buf)[i] = (unsigned char)(world_random(ctx) >> 56);
}

static inline uint32_t world_below(void *ctx, uint32_t bound)
{
	return (uint32_t)((world_random(ctx) >> 32) % bound);
}

static inline void world_begin(struct world *w)
{
	w->room = room_new(&w->room_options, w->keyer, w->store);
	w->room->epoch = 99;
	w->entrance = entrance_new(&w->entrance_options, w->room, w->keyer, &w->secret,
				   &w->entropy);
}

static inline void world_end(struct world *w)
{
	entrance_free(&w->entrance);
	room_free(&w->room);
}

static inline struct world *world_new(void)
{
	struct world *w = xcalloc(1, sizeof *w);

	log_init("test", LOG_ERROR);
	assert_int_equal(secret_init(), ST_OK);
	assert_int_equal(name_keyer_new(&w->keyer), ST_OK);
	w->seed = 20260131;
	w->entropy = (struct entropy){world_bytes, world_below, w};
	w->t = (struct room_time){5000000, UINT64_C(1700000000000)};
	w->writer = bus_writer_new();
	w->room_options = (struct room_options){.history = {.posts = 100},
						.clients = 10000,
						.newcomer_posts = 5,
						.grace_ms = 30000,
						.gateway_timeout_ms = 10000,
						.tells_typing = true};
	w->entrance_options = (struct entrance_options){.code_ttl_ms = 10 * MINUTE,
							.code_tries = 5,
							.session_ttl_ms = 30ull * DAY,
							.name_lease_ms = 180ull * DAY,
							.proof_ttl_ms = 90ull * DAY,
							.trail = {1000, 30ull * DAY}};
	return w;
}

static inline void world_add_gateways(struct world *w)
{
	w->g = gateways_add(w->room->gateways, 7, w->t.now_ms);
	w->g2 = gateways_add(w->room->gateways, 8, w->t.now_ms);
}

static inline int world_setup(void **state)
{
	struct world *w = world_new();

	world_begin(w);
	world_add_gateways(w);
	*state = w;
	return 0;
}

static inline void world_free(struct world *w)
{
	bus_reader_free(&w->reader);
	bus_writer_free(&w->writer);
	name_keyer_free(&w->keyer);
	free(w);
}

static inline int world_teardown(void **state)
{
	world_end(*state);
	world_free(*state);
	return 0;
}

static inline void world_pass(struct world *w, uint64_t ms)
{
	w->t.now_ms += ms;
	w->t.wall_ms += ms;
}

static inline void world_tick(struct world *w)
{
	room_tick(w->room, w->t);
	entrance_tick(w->entrance, w->t);
}

/* The same, and both gateways were heard just before. */
static inline void world_tick_heard(struct world *w)
{
	room_gateway_heard(w->room, w->g, w->t);
	room_gateway_heard(w->room, w->g2, w->t);
	world_tick(w);
}

/* Empties a queue into w->told and w->n. */
static inline void world_take(struct world *w, struct bus_queue *q)
{
	bus_reader_free(&w->reader);
	bus_writer_clear(w->writer);
	w->n = 0;
	bus_queue_take(q, w->writer);
	if (bus_writer_count(w->writer) == 0)
		return;
	assert_int_equal(bus_reader_new(bus_writer_frame(w->writer), &w->reader), ST_OK);
	while (bus_reader_next(w->reader, BUS_BROKER, BUS_GATEWAY, &w->told[w->n]) ==
	       ST_OK)
		w->n++;
	assert_int_equal(w->n, bus_writer_count(w->writer));
}

static inline void world_hear(struct world *w, struct gateway *g)
{
	world_take(w, g->out);
}

static inline void world_events(struct world *w)
{
	world_take(w, w->room->events);
}

/* The one thing of this kind that was told; NULL: none. */
static inline const struct bus_msg *world_told(const struct world *w, enum bus_kind kind)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->told[i].kind == kind)
			return &w->told[i];
	}
	return NULL;
}

static inline void world_copy(char *out, size_t cap, struct slice s)
{
	assert_true(fmt(out, cap, "%.*s", SLICE_ARGS(s)));
}

/* Nothing but this one message was told to g. */
static inline const struct bus_msg *world_only(struct world *w, struct gateway *g,
					       enum bus_kind kind)
{
	world_hear(w, g);
	assert_int_equal(w->n, 1);
	assert_int_equal(w->told[0].kind, kind);
	return &w->told[0];
}

static inline void world_hello(struct world *w, struct gateway *g, uint64_t client,
			       const char *name, const char *email)
{
	struct bus_hello m = {.client = client,
			      .name = slice_of(name),
			      .email = slice_of(email),
			      .address = S("192.0.2.7")};

	entrance_hello(w->entrance, g, &m, w->t);
}

static inline void world_auth(struct world *w, struct gateway *g, uint64_t client,
			      const char *ticket, const char *code)
{
	struct bus_auth m = {.client = client,
			     .ticket = slice_of(ticket),
			     .code = slice_of(code),
			     .current = true};

	entrance_auth(w->entrance, g, &m, w->t);
}

static inline void world_resume(struct world *w, struct gateway *g, uint64_t client,
				const char *token, uint64_t after)
{
	struct bus_resume m = {.client = client,
			       .token = slice_of(token),
			       .epoch = w->room->epoch,
			       .after = after};

	entrance_resume(w->entrance, g, &m, w->t);
}

static inline void world_say(struct world *w, struct gateway *g, uint64_t client,
			     const char *id, const char *text)
{
	struct bus_say m = {.client = client, .id = slice_of(id), .text = slice_of(text)};

	room_say(w->room, g, &m, w->t);
}

/* A mailer takes the next letter: its code into w->code.  False: there is none.  It is mailer 1, or the
 * next one that has taken all it was offered. */
static inline bool world_mail(struct world *w)
{
	struct bus_take take = {.sender = S("room@plume.example"),
				.subject = S("Your login code")};
	struct bus_letter letter = {.letter = 0};

	for (take.mailer = 1; take.mailer < 20 && letter.letter == 0; take.mailer++) {
		if (!entrance_take_letter(w->entrance, &take, w->t, &letter))
			continue;
		entrance_hear_mailer(w->entrance, &take, w->t);
		w->mailer = take.mailer;
	}
	if (letter.letter == 0)
		return false;
	w->letter = letter.letter;
	world_copy(w->code, sizeof w->code, letter.code);
	return true;
}

/* Hello and the letter: ticket and code are in w. */
static inline void world_ask(struct world *w, struct gateway *g, uint64_t client,
			     const char *name, const char *email)
{
	const struct bus_msg *m;

	world_hello(w, g, client, name, email);
	m = world_only(w, g, BUS_WAITING);
	world_copy(w->ticket, sizeof w->ticket, m->u.waiting.ticket);
	assert_true(world_mail(w));
}

/* The whole way in; the token is in w. */
static inline void world_enter(struct world *w, struct gateway *g, uint64_t client,
			       const char *name, const char *email)
{
	const struct bus_msg *m;

	world_ask(w, g, client, name, email);
	world_auth(w, g, client, w->ticket, w->code);
	world_hear(w, g);
	m = world_told(w, BUS_ADMITTED);
	assert_non_null(m);
	world_copy(w->token, sizeof w->token, m->u.admitted.token);
}

#endif
