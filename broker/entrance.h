/* entrance.h - the way into the room: hello, login code, session.
 *
 * A decider like room.h: time and randomness are passed in, answers go to the gateway's queue, and
 * what must survive goes to the store. */
#ifndef BROKER_ENTRANCE_H
#define BROKER_ENTRANCE_H

#include <stddef.h>
#include <stdint.h>

#include "broker/address_list.h"
#include "broker/bans.h"
#include "broker/logins.h"
#include "broker/mail_budget.h"
#include "broker/mail_desk.h"
#include "broker/mailers.h"
#include "broker/room.h"
#include "broker/sessions.h"
#include "common/bus_msg.h"
#include "common/entropy.h"
#include "common/secret.h"

struct entrance_options {
	uint64_t code_ttl_ms;       /* 0: codes do not end */
	uint64_t code_tries;        /* wrong codes that a login takes, at least 1 */
	uint64_t tries_per_address; /* wrong codes in any hour; 0: no limit */
	struct mail_limits mails;
	struct address_list addresses; /* its patterns are borrowed */
	uint64_t session_ttl_ms;       /* without use; 0: sessions do not end */
	uint64_t name_lease_ms; /* a name unused for so long is free again; 0: never */
	uint64_t
		proof_ttl_ms; /* a browser that did not come for so long is forgotten; 0: never */
	struct trail_options trail;
	const struct config_list *bans; /* "network:192.0.2.0/24"; NULL: none */
};

struct entrance;

/* All pointers are borrowed for the entrance's life. */
struct entrance *entrance_new(const struct entrance_options *options, struct room *room,
			      const struct name_keyer *keyer, const struct secret *secret,
			      const struct entropy *entropy);
/* Other options from now on; logins that wait keep the end of their code. */
void entrance_set_options(struct entrance *e, const struct entrance_options *o);
void entrance_free(struct entrance **e);

void entrance_hello(struct entrance *e, struct gateway *g, const struct bus_hello *m,
		    struct room_time t);
void entrance_auth(struct entrance *e, struct gateway *g, const struct bus_auth *m,
		   struct room_time t);
void entrance_resume(struct entrance *e, struct gateway *g, const struct bus_resume *m,
		     struct room_time t);
void entrance_rejoin(struct entrance *e, struct gateway *g, const struct bus_rejoin *m,
		     struct room_time t);
/* SIGN_OUT: the client's session ends, or all of its person's address, and every client of what ended
 * is dismissed. */
void entrance_sign_out(struct entrance *e, struct gateway *g,
		       const struct bus_sign_out *m, struct room_time t);
/* The person behind this client did something: their session is in use. */
void entrance_used(struct entrance *e, struct gateway *g, uint64_t client,
		   struct room_time t);
/* The connection has ended; a login that waits goes on waiting without it. */
void entrance_gone(struct entrance *e, struct gateway *g, uint64_t client,
		   struct room_time t);

/* A mailer's question has arrived; wait_ms: how long it may be held. */
void entrance_hear_mailer(struct entrance *e, const struct bus_take *m,
			  struct room_time t);
/* The connection of a mailer whose question was held has ended. */
void entrance_mailer_gone(struct entrance *e, uint64_t mailer);
/* A mailer asks for a letter: fills *out, whose slices live until the next call; false: none. */
bool entrance_take_letter(struct entrance *e, const struct bus_take *m,
			  struct room_time t, struct bus_letter *out);
/* A mailer tells what became of one; false: it is over, or somebody else's. */
bool entrance_report(struct entrance *e, const struct bus_report *m, struct room_time t);
/* Rows of the trail for a mailer that wants them; how many. */
size_t entrance_give_trail(struct entrance *e, const struct bus_take *m,
			   struct room_time t, trail_fn *each, void *ctx);

/* The person of this name is out: all their sessions end, with every connection of theirs.  ST_ABSENT:
 * nobody has the name; ST_DENIED: it is a reserved one; ST_FULL: nothing can be kept at the moment. */
enum status entrance_kick(struct entrance *e, struct slice name,
			  struct room_time t) ATTR_USE_RESULT;
/* The same, and the name is free for anybody. */
enum status entrance_release(struct entrance *e, struct slice name,
			     struct room_time t) ATTR_USE_RESULT;
/* What an operator wants banned, or let in again. */
struct ban_order {
	enum ban_kind kind;
	struct slice value;  /* of PERSON and MUTE: their name */
	uint64_t for_ms;     /* 0: until it is lifted */
	struct slice reason; /* for those whom it keeps out */
};
/* It is in force: whoever it keeps out is put out of the room, and *why says what was done - or why not, with a
 * status that is not ST_OK. */
enum status entrance_ban(struct entrance *e, const struct ban_order *o,
			 struct room_time t, const char **why) ATTR_USE_RESULT;
/* Any such ban is over. */
enum status entrance_unban(struct entrance *e, const struct ban_order *o,
			   struct room_time t, const char **why) ATTR_USE_RESULT;
/* Puts out whom the options ban: at the start, and when they have changed. */
void entrance_enforce_options(struct entrance *e, struct room_time t);
/* An operator did something: a short sentence for the record, without texts. */
void entrance_operator_acted(struct entrance *e, struct slice what, struct room_time t);
/* The story of the login with this reference; how many rows. */
size_t entrance_story(const struct entrance *e, struct slice reference, trail_fn *each,
		      void *ctx);

/* Logins, letters, sessions and names whose time is over. */
void entrance_tick(struct entrance *e, struct room_time t);

/* From the store, while it is read. */
void entrance_load_session(struct entrance *e, const struct session *session);
void entrance_load_login(struct entrance *e, const struct login *login, uint64_t wall_ms,
			 struct room_time t);
void entrance_load_letter(struct entrance *e, const struct letter *letter,
			  uint64_t wall_ms, struct room_time t);
void entrance_load_tally(struct entrance *e, enum tally_kind kind,
			 const struct secret_hash *key, uint64_t wall_ms,
			 struct room_time t);
void entrance_load_mail_pace(struct entrance *e, uint64_t wall_ms, struct room_time t);
void entrance_load_proof(struct entrance *e, const struct proof *proof);
void entrance_load_trail(struct entrance *e, const struct trail_row *row);
void entrance_load_ban(struct entrance *e, const struct ban *ban);
void entrance_load_trail_kept(struct entrance *e, uint64_t number);
/* All is loaded: whoever waits is told again how their login stands, because the last news may have been
 * lost with the process. */
void entrance_loaded(struct entrance *e, struct room_time t);

/* The mailers that were heard from lately, and how many letters each holds. */
typedef void entrance_mailer_fn(void *ctx, const struct mailer_heard *mailer,
				size_t leased);
void entrance_each_mailer(struct entrance *e, struct room_time t,
			  entrance_mailer_fn *each, void *ctx);

size_t entrance_sessions(const struct entrance *e);
size_t entrance_logins(const struct entrance *e);
/* How often something of this kind of the record happened since the start. */
uint64_t entrance_happened(const struct entrance *e, enum trail_kind kind);
/* Since when the oldest letter waits to be sent; wall clock, 0: none does. */
uint64_t entrance_oldest_letter_ms(const struct entrance *e);
size_t entrance_letters(const struct entrance *e);

#endif
