/* entrance_private.h - what entrance.c (who gets in), entrance_auth.c (codes), entrance_mail.c (letters)
 * and entrance_end.c (sessions that end) share. */
#ifndef BROKER_ENTRANCE_PRIVATE_H
#define BROKER_ENTRANCE_PRIVATE_H

#include "broker/applicant.h"
#include "broker/entrance.h"
#include "broker/mail_budget.h"

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
	char sender[255];   /* what mailers' letters come from, as they last said */
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
/* Lets the client in.  token: empty when the session is an old one. */
void entrance_admit(struct entrance *e, struct gateway *g, uint64_t number,
		    const struct session *session, struct slice token, uint64_t after);
/* For sessions.h: takes it out of the store. */
void entrance_session_ended(void *ctx, const struct session *session);

/* -- entrance_end.c -- */

/* Dismisses the clients whose session is not there any more. */
void entrance_dismiss_ended(struct entrance *e);

/* -- entrance_mail.c -- */

/* Writes the login to the store. */
void entrance_keep_login(struct entrance *e, const struct login *login);
/* Sends a code if the budget allows, and notes when the next one may be asked for. */
void entrance_send_code(struct entrance *e, struct login *login,
			const struct applicant *a);
/* The letter of this login need not be sent any more. */
void entrance_withdraw_letter(struct entrance *e, const struct login *login);
/* Tells who waits how their login stands; ticket is empty when they have it already. */
void entrance_tell_waiting(struct entrance *e, const struct login *login,
			   struct slice ticket);

#endif
