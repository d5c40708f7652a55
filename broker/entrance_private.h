/* entrance_private.h - what entrance.c (who gets in) and entrance_mail.c (their letters) share. */
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
};

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
