/* names.h - who may be called what: claims of names, each held by one mail address.
 *
 * A claim begins when a login code is redeemed and ends when it is released or was not used for
 * long.  A claim is also what the rest of the broker calls a person: its id stays the same
 * over sessions and restarts. */
#ifndef BROKER_NAMES_H
#define BROKER_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/mark.h"
#include "broker/name_keys.h"
#include "common/secret.h"
#include "common/slice.h"

enum {
	NAMES_MAX = 100000,       /* claims in all; further ones are refused */
	NAMES_PER_OWNER_MAX = 10, /* claims of one address */
	NAMES_BOT_ID = 1,         /* the claim of the bot */
	NAMES_FIRST_ID = 1000,    /* of people; lower ids are reserved names */
	NAMES_RESERVED_MAX = NAMES_FIRST_ID - NAMES_BOT_ID,
};

#define NAMES_BOT "plumebot"

struct name_claim {
	uint64_t id;
	char *name;               /* as its owner first wrote it */
	struct secret_hash owner; /* keyed hash of the address; all zero: reserved */
	char mark[MARK_SIZE];     /* the owner's; empty: reserved */
	uint64_t seen_ms;         /* wall clock: the last time its person was here */
	uint64_t
		folded; /* of the address without case and tag (bans.h); 0: not known yet */
};

/* FULL: the table is; TOO_MANY: the owner has as many as one may. */
enum names_answer { NAMES_FREE, NAMES_OWN, NAMES_TAKEN, NAMES_TOO_MANY, NAMES_FULL };

struct names;

/* Begins with the reserved names, the bot's among them. */
struct names *names_new(const struct name_keyer *keyer);
/* Reserves one more, before anything is claimed: nobody new can have it or what looks like it.
 * ST_RANGE: it is no name; ST_FULL: NAMES_RESERVED_MAX are. */
enum status names_reserve(struct names *n, const struct name_keyer *keyer,
			  struct slice name) ATTR_USE_RESULT;
void names_free(struct names **n);

/* May this owner be called so?  NAMES_OWN: *own_out is their claim (borrowed), else NULL.
 * NAMES_FULL: free, but the owner holds as many as one may, or the table is full. */
enum names_answer names_ask(const struct names *n, const struct name_keys *keys,
			    const struct secret_hash *owner, struct name_claim **own_out);
/* Adds a claim that names_ask() said is free.  id 0: the next free one. */
struct name_claim *names_claim(struct names *n, uint64_t id, struct slice name,
			       const struct name_keys *keys,
			       const struct secret_hash *owner);
/* Ids up to this one were given before: none of them is given again, because a session, post or client of
 * a claim that was released may still name it. */
void names_skip_id(struct names *n, uint64_t id);
/* Whose name it is, or a look-alike of. Borrowed; NULL: nobody's. */
struct name_claim *names_find(const struct names *n, const struct name_keys *keys);
/* Whose key this is, one of name_keys; an answer for each, where names_find() gives the first.  Borrowed; NULL:
 * nobody's. */
struct name_claim *names_by_key(const struct names *n, const char *key);
/* Borrowed; NULL: no such claim. */
struct name_claim *names_by_id(const struct names *n, uint64_t id);
void names_release(struct names *n, struct name_claim *claim);
/* How many claims of people. */
size_t names_count(const struct names *n);
/* Calls each() for every claim of people; each() may release the claim it was given. */
typedef void names_fn(void *ctx, struct name_claim *claim);
void names_each(struct names *n, names_fn *each, void *ctx);

#endif
