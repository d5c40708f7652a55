/* logins.h - logins that wait for their code.
 *
 *   asked --- right code ---> redeemed (a session begins; kept while the answer may be lost, but
 *     |                       only if the browser gave a claim of its own to know it again by)
 *     |  \--- tries used up -> dead: answered like a wrong code until it ends (SECURITY C5)
 *     +------ ttl is over ---> ended (forgotten)
 *
 * A login is found by its ticket, which only the asking browser has; the code alone opens nothing.
 * Kept are keyed hashes of both.  Times are monotonic, so moving the wall clock prolongs nothing.
 * Bound: LOGINS_MAX; over it the oldest ends. */
#ifndef BROKER_LOGINS_H
#define BROKER_LOGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bus_msg.h"
#include "common/entropy.h"
#include "common/secret.h"

enum {
	LOGINS_MAX = 50000,
	LOGIN_CODE_DIGITS = 8,
	LOGIN_CODE_SIZE = LOGIN_CODE_DIGITS + 1,
	REFERENCE_SIZE = 8, /* "K7Q-2MX" with its terminator */
};

struct login {
	struct secret_hash ticket;
	struct secret_hash
		code; /* all zero: no mail was sent for it yet, no code is right */
	struct secret_hash owner;       /* of the address */
	struct secret_hash address_key; /* of the address as budgets count it */
	struct secret_hash
		proof; /* of the asking browser (proofs.h); all zero: it has none */
	/* Kept with the login (logins_set_who); NULL is as good as empty in what is restored.  email is the
	 * address as the letter has it, for the record. */
	const char *name, *email;
	uint64_t expires_ms; /* UINT64_MAX: never */
	struct secret_hash
		claim; /* of the browser that redeemed it; all zero: not redeemed */
	uint64_t tries_left;
	uint64_t gateway, client; /* the connection that waits, to tell it news */
	uint64_t letter;          /* on the mail desk; 0: none */
	enum mail_state mail;
	uint64_t resend_at_ms; /* when another mail may be asked for */
	uint64_t
		mailed_ms; /* wall clock: when the mail server took the letter; 0: not yet */
	uint64_t retry_at_ms; /* of a letter deferred; 0: it is not */
	char reference
		[REFERENCE_SIZE]; /* of the latest letter, or of what would have been one */
};

struct logins;

/* ttl_ms 0: logins do not end by time. */
struct logins *logins_new(uint64_t ttl_ms, uint64_t tries);
/* From the next wrong code on. */
void logins_set_tries(struct logins *l, uint64_t tries);
/* For logins that begin from now on; 0: they do not end. */
void logins_set_ttl(struct logins *l, uint64_t ttl_ms);
void logins_free(struct logins **l);

/* Ends a login: called before it is forgotten. */
typedef void logins_fn(void *ctx, const struct login *login);
/* Who hears of the end of a login that logins.c ends by itself. */
void logins_on_end(struct logins *l, logins_fn *on_end, void *ctx);

/* A new login with all tries, ending ttl from now.  Borrowed; the caller fills the rest. */
struct login *logins_add(struct logins *l, const struct secret_hash *ticket,
			 uint64_t now_ms);
/* Copies both. */
void logins_set_who(struct logins *l, struct login *login, struct slice name,
		    struct slice email);
/* As it was before a restart. */
struct login *logins_restore(struct logins *l, const struct login *login);
/* Borrowed; NULL: unknown or ended. */
struct login *logins_find(const struct logins *l, const struct secret_hash *ticket,
			  uint64_t now_ms);
/* The login this connection waits for; NULL: none. */
struct login *logins_of_client(const struct logins *l, uint64_t gateway, uint64_t client,
			       uint64_t now_ms);
/* The connection that waits for it changes (0, 0: nobody waits). */
void logins_set_client(struct logins *l, struct login *login, uint64_t gateway,
		       uint64_t client);
/* Gives it a new code and its whole life again, but no new tries (NIST SP 800-63B: a new
 * secret does not reset the count of failures). */
void logins_set_code(struct logins *l, struct login *login,
		     const struct secret_hash *code, uint64_t now_ms);

enum login_try {
	LOGIN_RIGHT,
	LOGIN_WRONG,
	LOGIN_LAST, /* wrong, and no try is left */
	LOGIN_DEAD, /* no try was left before: right or wrong is not said */
};
/* Is this the code?  One step with counting the try. */
enum login_try logins_try(struct login *login, const struct secret_hash *code);
/* Was a code mailed for it? */
bool login_has_code(const struct login *login);
/* Was the code used up? */
bool login_is_redeemed(const struct login *login);
void logins_end(struct logins *l, struct login *login);
/* Ends those of this address whose code was used: none of them gives a session any more. */
void logins_end_redeemed(struct logins *l, const struct secret_hash *owner);
/* What happened to one login has this number in the trail. */
uint64_t login_number(const struct login *login);
typedef void logins_each_fn(void *ctx, struct login *login);
/* each() may not end it. */
void logins_each(struct logins *l, logins_each_fn *each, void *ctx);
void logins_expire(struct logins *l, uint64_t now_ms);
size_t logins_count(const struct logins *l);

/* A code of LOGIN_CODE_DIGITS digits, each value equally likely. */
void login_code_make(const struct entropy *e, char out[LOGIN_CODE_SIZE]);
/* The code in what a person typed or pasted: LOGIN_CODE_DIGITS digits, ASCII or full-width, with spaces and
 * dashes between them and other text around.  False: there is none, or more than one. */
bool login_code_read(struct slice typed, char out[LOGIN_CODE_SIZE]);

#endif
