/* room.h - the room: its people, the order of its posts, and what each gateway is told of it.
 *
 * A decider: it is told the time, writes what must survive to the store, and leaves what must be
 * said in two kinds of queues - the gateways' own (results, private) and events (for all).
 * Whoever calls it commits the store before anything leaves a queue.
 * Bounds: PERSON_CLIENTS_MAX and options.clients connections, over which one is refused (room-full); people who are
 * here or in grace are names, of which there are NAMES_MAX.  Events wait for the end of one batch or tick: as many
 * as a frame of commands makes, and two lines for each person. */
#ifndef BROKER_ROOM_H
#define BROKER_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/bans.h"
#include "broker/gateways.h"
#include "broker/history.h"
#include "broker/mentions.h"
#include "broker/names.h"
#include "broker/presence.h"
#include "broker/roster.h"
#include "broker/store.h"
#include "common/bucket.h"
#include "common/config.h"

struct room_options {
	struct history_bounds history;
	uint64_t
		clients; /* connections of all people together; further ones are not let in */
	uint64_t newcomer_posts; /* posts of the past that a newcomer is sent */
	uint64_t grace_ms;
	uint64_t
		gateway_timeout_ms; /* silence after which a gateway's clients count as gone */
	bool tells_typing;          /* is the room told who is writing? */
	const struct config_list *reserved; /* names that nobody may have; NULL: none */
};

/* Connections of one person: more are not let in (SECURITY B6). */
enum { PERSON_CLIENTS_MAX = 500 };

struct room_time {
	uint64_t now_ms;  /* monotonic */
	uint64_t wall_ms; /* since 1970 */
};

/* The parts are open to broker/ because commands from all sides work on them; only room*.c
 * and entrance*.c change them. */
struct room {
	struct room_options options;
	uint64_t epoch;
	struct names *names;
	struct presence *presence;
	struct roster *roster; /* the people of presence by name */
	struct bucket typing;  /* of the whole room */
	struct history *history;
	struct gateways *gateways;
	struct bans *bans;        /* who may not enter, or not speak */
	struct bus_queue *events; /* for PUB: POST and TYPING messages */
	uint64_t trimmed;         /* posts up to this seq are not in the store any more */
	struct store *store;      /* borrowed; NULL forgets */
	const struct name_keyer *keyer; /* borrowed */
	char mentioned[MENTIONS_BYTES]; /* by the post that is written for the bus */
	/* The disk is full: nobody new, no new posts; who is here stays and reads. */
	bool is_full;
	uint64_t overfull; /* gateways that had to start over because of their queues */
};

/* keyer and store are borrowed for the room's life. */
struct room *room_new(const struct room_options *options, const struct name_keyer *keyer,
		      struct store *store);
/* Other options from now on, within a transaction; of reserved nothing changes. */
void room_set_options(struct room *r, const struct room_options *options);
void room_free(struct room **r);

/* The connection becomes a client of this person; the room hears of it if they were absent.
 * A connection that was a client already changes hands silently. */
void room_attach(struct room *r, struct gateway *g, const struct client *client,
		 struct room_time t);
/* The connection is gone; the person stays for the grace period. */
void room_detach(struct room *r, struct gateway *g, struct client *client,
		 struct room_time t);

/* The client is out of the room because its session is over, or it is banned, and why (reason and text): its
 * gateway is told, and the person leaves at once if nobody else of theirs is there. */
void room_dismiss(struct room *r, struct gateway *g, struct client *client,
		  const struct bus_dismiss *why, struct room_time t);
/* Tells g, even by a broker that dies before it could: then the gateway starts over. */
void room_tell_surely(struct room *r, struct gateway *g, const struct bus_msg *m);
/* A person without clients leaves now, instead of at the end of the grace period. */
void room_leave(struct room *r, uint64_t person, struct room_time t);
/* After presence was filled from the store: lists its people. */
void room_list_people(struct room *r);

/* A text of this person; returns its seq. */
uint64_t room_post(struct room *r, const struct name_claim *who, enum post_event event,
		   struct slice text, struct slice id, struct room_time t);

/* SAY: posts it, or answers with the seq of the post that it repeats. */
void room_say(struct room *r, struct gateway *g, const struct bus_say *m,
	      struct room_time t);
/* SYNC: the posts that are asked for, as many as fit an answer. */
void room_sync(struct room *r, struct gateway *g, const struct bus_sync *m);

/* WHO: a page of the people here. */
void room_who(struct room *r, struct gateway *g, const struct bus_who *m);
/* TYPES: an event that is nowhere kept; seldom for each person, and not too often in all. */
void room_types(struct room *r, struct gateway *g, const struct bus_types *m,
		struct room_time t);

/* After which seq a client is to be sent posts: what it has, if it knows this epoch; else as many of the
 * latest as a newcomer gets. */
uint64_t room_resume_after(const struct room *r, uint64_t epoch, uint64_t after);

/* A gateway was heard: its clients are back, silently where grace allows. */
void room_gateway_heard(struct room *r, struct gateway *g, struct room_time t);
/* A gateway will not be back: its clients are gone. */
void room_gateway_gone(struct room *r, struct gateway *g, struct room_time t);
/* The broker itself did not run for so long - it was stopped, or starved: nobody was silent or gone
 * in that time, because nobody could be heard. */
void room_paused(struct room *r, uint64_t ms, struct room_time t);
/* Gateways whose queues have passed their bounds (gateways.h) are forgotten: they start over. */
void room_bound_queues(struct room *r, struct room_time t);
/* Silent gateways, and people whose grace is over. */
void room_tick(struct room *r, struct room_time t);

/* Takes out of the store what history has forgotten.  Otherwise that is done now and then. */
void room_trim_store(struct room *r);

#endif
