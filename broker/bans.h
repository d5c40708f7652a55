/* bans.h - who may not enter, and who may not speak: names, addresses, networks, for a time or until it is
 * lifted.
 *
 * A decider: what a ban is of are numbers - hashes of a name's keys, of an address, of a network - and a ban
 * is in force for whatever shares one of them.  Times are wall clock, because a ban outlives the process; it
 * is over when its moment has come, whenever the tick finds it.
 * Bounds: BANS_MAX that operators made, and those of the broker's options, which are not in the store. */
#ifndef BROKER_BANS_H
#define BROKER_BANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/address.h"
#include "common/bus_msg.h"
#include "common/ip_network.h"
#include "common/secret.h"

struct store;

enum { BANS_MAX = 10000, BAN_REASON_MAX = 200, BAN_NUMBERS = 2 };

/* Of a name: of its two keys.  Of an address: of its form for comparison, and of the one that budgets count,
 * as far as it is known.  0: none. */
struct ban_numbers {
	uint64_t at[BAN_NUMBERS];
};

struct ban {
	uint64_t id; /* of its row in the store; 0: of the options */
	enum ban_kind kind;
	uint64_t since_ms, until_ms; /* until 0: it is lifted by hand only */
	struct ban_numbers numbers;  /* of all but NETWORK */
	struct ip_network network;
	char value[ADDRESS_SIZE]; /* the name, address or network, for people */
	char reason[BAN_REASON_MAX + 1];
};

struct bans;

/* store is borrowed; NULL forgets. */
struct bans *bans_new(struct store *store);
void bans_free(struct bans **b);

/* A copy of it is in force.  One that an operator made of the same name, address or network is replaced.
 * With id 0 it is of the options, else it gets the next id.  ST_FULL: there are BANS_MAX. */
enum { BANS_NEW_ID = 1 };
enum status bans_put(struct bans *b, const struct ban *ban) ATTR_USE_RESULT;
/* Lifts what operators made of this kind for any of these numbers, or this network.  ST_ABSENT: there is
 * none; ST_DENIED: only one of the options. */
enum status bans_lift(struct bans *b, const struct ban *like) ATTR_USE_RESULT;
/* Forgets those of the options. */
void bans_drop_options(struct bans *b);
/* Forgets those whose time is over. */
void bans_expire(struct bans *b, uint64_t wall_ms);
/* From the store. */
void bans_restore(struct bans *b, const struct ban *ban);

/* The ban of any of these numbers that lasts longest, borrowed until the next change; NULL: none is in force.
 * PERSON or ADDRESS finds both. */
const struct ban *bans_find(const struct bans *b, enum ban_kind kind,
			    const struct ban_numbers *n, uint64_t wall_ms);
/* The same of the networks that have this IP address. */
const struct ban *bans_of_network(const struct bans *b, struct slice address,
				  uint64_t wall_ms);

/* The newest first. */
typedef void bans_fn(void *ctx, const struct ban *ban);
void bans_each(const struct bans *b, bans_fn *each, void *ctx);
/* In all, and of a kind. */
size_t bans_count(const struct bans *b);
size_t bans_count_of(const struct bans *b, enum ban_kind kind);

/* Somebody was kept out, or kept silent, by a ban of this kind; how often that was since the start. */
void bans_hit(struct bans *b, enum ban_kind kind);
uint64_t bans_hits(const struct bans *b, enum ban_kind kind);

/* The numbers of an address's two hashes. */
uint64_t ban_number(const struct secret_hash *hash);
bool ban_is_over(const struct ban *ban, uint64_t wall_ms);
/* Are they of one kind, and have they a number or network in common? */
bool ban_is_like(const struct ban *a, const struct ban *b);

#endif
