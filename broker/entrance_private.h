/* entrance_private.h - what entrance.c (who gets in), entrance_auth.c (codes), entrance_mail.c
 * (letters), entrance_trail.c (the record), entrance_load.c (from the store), entrance_end.c (sessions
 * that end), entrance_operator.c (what operators do) and entrance_bans.c (who is kept out) share. */
#ifndef BROKER_ENTRANCE_PRIVATE_H
#define BROKER_ENTRANCE_PRIVATE_H

#include "broker/applicant.h"
#include "broker/ban_words.h"
#include "broker/entrance.h"
#include "broker/mail_budget.h"
#include "broker/proofs.h"
#include "broker/tally.h"
#include "broker/trail.h"

struct entrance {
	struct entrance_options options;
	struct room *room;
	const struct name_keyer *keyer;
	const struct secret *secret;
	const struct entropy *entropy;
	struct logins *logins;
	struct sessions *sessions;
	struct mail_desk *desk;
	struct mail_budget *budget;
	struct tally *wrong_for_address, *wrong_of_proof; /* codes */
	struct proofs *proofs;
	struct trail *trail;
	struct mailers mailers;
	uint64_t told_mailers; /* as people who wait were told: of mailers_known() */
	/* What mailers' letters come from, and what their subject is, as they last said. */
	char sender[255], subject[201];
	struct room_time t; /* of the call at work, for the callbacks of the tables */
	bool has_ended;     /* a session ended since clients were last looked at */
};

/* -- entrance.c -- */

void entrance_tell_may_not_enter(struct gateway *g, uint64_t client, struct slice name,
				 enum reason reason);
void entrance_tell_reset(struct gateway *g, uint64_t client, enum reason reason);
/* True, and the client is told, when nothing can be kept: no login can begin or end. */
bool entrance_refuse_when_full(const struct entrance *e, struct gateway *g,
			       uint64_t client);
/* Lets the client in.  token: empty when the session is an old one; proof: empty when it gets none. */
void entrance_admit(struct entrance *e, struct gateway *g, uint64_t number,
		    const struct session *session, struct slice token, struct slice proof,
		    uint64_t after);
/* For sessions.h: takes it out of the store. */
void entrance_session_ended(void *ctx, const struct session *session);

/* -- entrance_operator.c -- */

/* Whose name it is.  ST_ABSENT: nobody's; ST_DENIED: reserved. */
enum status entrance_find_person(const struct entrance *e, struct slice name,
				 struct name_claim **out) ATTR_USE_RESULT;

/* -- entrance_end.c -- */

/* Ends every session of this person, and dismisses its clients. */
void entrance_end_person(struct entrance *e, const struct name_claim *who,
			 struct room_time t);
/* Dismisses the clients whose session is not there any more. */
void entrance_dismiss_ended(struct entrance *e);

/* -- entrance_bans.c -- */

/* Who asks to be let in, and by what message they are refused: MAY_NOT_ENTER or AUTH_RESET. */
struct entrance_asker {
	struct gateway *g;
	uint64_t client;
	enum bus_kind answer;
	struct slice name, address; /* as typed; of the browser */
	const struct login *login;  /* NULL: none */
};
/* True: they are told, it is noted and counted. */
bool entrance_bars_network(struct entrance *e, const struct entrance_asker *a);
bool entrance_bars_name(struct entrance *e, const struct entrance_asker *a);
/* Of an address that was proven: by a code, or a session of this person. */
bool entrance_bars_address(struct entrance *e, const struct entrance_asker *a,
			   const struct ban_numbers *n);
/* Is it?  Whoever asks is not told, because nothing tells whether an address is known (SECURITY S2). */
const struct ban *entrance_ban_of_address(const struct entrance *e,
					  const struct secret_hash *owner,
					  const struct secret_hash *address_key);
/* Takes the bans of the options anew. */
void entrance_read_ban_options(struct entrance *e);

/* -- entrance_mail.c -- */

/* Writes the login to the store. */
void entrance_keep_login(struct entrance *e, const struct login *login);
/* Sends a code if the budget allows, and notes when the next one may be asked for. */
void entrance_send_code(struct entrance *e, struct login *login,
			const struct applicant *a);
/* Tells all who wait for a letter when the first mailer comes or the last one goes. */
void entrance_watch_mailers(struct entrance *e);
/* The letter of this login need not be sent any more. */
void entrance_withdraw_letter(struct entrance *e, const struct login *login);
/* Tells who waits how their login stands; ticket is empty when they have it already. */
void entrance_tell_waiting(struct entrance *e, const struct login *login,
			   struct slice ticket);
/* As times are in the store, and from there. */
uint64_t entrance_to_wall(uint64_t ms, struct room_time t);

/* -- entrance_trail.c -- */

/* This happened to the login, seen from the browser with this IP address (empty: none).  flood: as for
 * trail_add(). */
void entrance_note(struct entrance *e, enum trail_kind kind, const struct login *login,
		   struct slice address, struct slice detail, const char *flood);
/* Somebody was kept out. */
void entrance_note_banned(struct entrance *e, const struct entrance_asker *a,
			  const struct ban *ban);
/* An operator's act on an address or network, which are no part of its sentence. */
void entrance_note_act(struct entrance *e, struct slice what, const struct ban *ban);
void entrance_note_letter(struct entrance *e, const struct letter *letter,
			  const struct bus_report *m);

#endif
