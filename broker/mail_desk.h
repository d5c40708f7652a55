/* mail_desk.h - letters with login codes, waiting for a mailer, leased to one, or being sent.
 *
 *   queued --take--> offered --report taken--> leased --report sent, refused, expired--> over
 *     ^                 |                       |  \--report deferred--> leased for longer
 *     +-- a moment later, or when the lease ends, or given back (report queued)
 *
 * A letter whose code has ended is forgotten.  Bound: MAIL_DESK_MAX. */
#ifndef BROKER_MAIL_DESK_H
#define BROKER_MAIL_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/address.h"
#include "broker/logins.h"
#include "broker/name_keys.h"

enum {
	MAIL_DESK_MAX = 50000,
	MAIL_OFFER_MS = 3000, /* until its mailer must have said that it took a letter */
	MAIL_AGAIN_MS = 500,
	MAIL_LEASE_MS = 60000, /* longer than a mail server may take in one phase */
};

struct letter {
	uint64_t id;
	struct secret_hash ticket; /* of the login it belongs to */
	char reference[REFERENCE_SIZE];
	char email[ADDRESS_SIZE];
	char name[NAME_MAX_BYTES + 1];
	char code[LOGIN_CODE_SIZE];
	char network[NETWORK_SIZE];
	uint64_t gateway;
	uint64_t expires_ms; /* of the code; UINT64_MAX: never */
	uint64_t asked_ms;   /* wall clock: its Date */
	uint64_t salt;       /* of its Message-ID, the same whoever sends it */
	/* Who holds it until when; 0: nobody yet.  A restart keeps it: no letter has two holders. */
	uint64_t mailer, lease_until_ms;
	bool is_offered;       /* held, but its holder has not yet said so */
	uint64_t given_ms;     /* an offered one: to its mailer, the last time */
	uint64_t attempt;      /* as was told last, in this process */
	enum mail_state state; /* the same */
};

struct mail_desk;

struct mail_desk *mail_desk_new(void);
void mail_desk_free(struct mail_desk **d);
/* Copies.  letter->id must be new; false: the desk is full. */
bool mail_desk_add(struct mail_desk *d, const struct letter *letter) ATTR_USE_RESULT;
/* The oldest letter that nobody holds, offered to this mailer.  A mailer has one offer at a time: until it has
 * said that it took it, it is given the same letter again - its first answer may be lost -, but not faster
 * than every MAIL_AGAIN_MS.  Borrowed; NULL: none, or none now. */
const struct letter *mail_desk_take(struct mail_desk *d, uint64_t mailer,
				    uint64_t now_ms);
/* Borrowed; NULL: it is over. */
const struct letter *mail_desk_get(const struct mail_desk *d, uint64_t letter);
/* What a mailer says of a letter; one that nobody holds becomes its own.  False: the letter is over, or
 * somebody else's. */
bool mail_desk_report(struct mail_desk *d, uint64_t mailer, uint64_t letter,
		      enum mail_state state, uint64_t retry_ms, uint64_t now_ms);
/* Is it news that the letter is in this state after so many attempts? */
bool mail_desk_note(struct mail_desk *d, uint64_t letter, enum mail_state state,
		    uint64_t attempt);
/* The login is over or has a newer letter: this one need not be sent any more. */
void mail_desk_withdraw(struct mail_desk *d, uint64_t letter);
void mail_desk_expire(struct mail_desk *d, uint64_t now_ms);
/* The oldest letter that is not over. Borrowed; NULL: none. */
const struct letter *mail_desk_oldest(const struct mail_desk *d);
/* How many letters this mailer holds, offered ones too. */
size_t mail_desk_held_by(const struct mail_desk *d, uint64_t mailer, uint64_t now_ms);
size_t mail_desk_count(const struct mail_desk *d);

/* A short reference that people can read to each other: no 0 O 1 I L, "K7Q-2MX". */
void mail_reference_make(const struct entropy *e, char out[REFERENCE_SIZE]);

#endif
