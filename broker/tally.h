/* tally.h - how often something happened to each of many lately: sliding windows, to the millisecond.
 *
 * A rule says how many there may be in any span of time that ends now.  Times are monotonic here, so that
 * moving the wall clock gains nothing, and wall clock in the store, so that a restart forgets nothing.
 * A key is a keyed hash: no address or network is kept.
 * Bound: TALLY_MAX keys, of each as many times as its widest rule counts; over it the key added first is
 * forgotten. */
#ifndef BROKER_TALLY_H
#define BROKER_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "common/secret.h"

struct store;

enum { TALLY_RULES = 3, TALLY_MAX = 100000 };

/* What is counted; the numbers stand in the journal and are never reused. */
enum tally_kind {
	TALLY_MAILS_TO_ADDRESS = 1,
	TALLY_MAILS_OF_NETWORK = 2,
	TALLY_MAILS_OF_PROOF = 3,
	TALLY_WRONG_FOR_ADDRESS = 4,
	TALLY_WRONG_OF_PROOF = 5,
	TALLY_KINDS
};

struct tally_rule {
	uint64_t most; /* 0: no limit */
	uint64_t span_ms;
};

struct tally;

/* store is borrowed; NULL forgets. */
struct tally *tally_new(enum tally_kind kind, const struct tally_rule rules[TALLY_RULES],
			struct store *store);
/* Other limits from now on; times that were not kept under the old ones do not come back. */
void tally_set_rules(struct tally *t, const struct tally_rule rules[TALLY_RULES]);
void tally_free(struct tally **t);
/* 0: it may happen once more; else after how many ms. */
uint64_t tally_wait(const struct tally *t, const struct secret_hash *key,
		    uint64_t now_ms);
/* It happened. */
void tally_add(struct tally *t, const struct secret_hash *key, uint64_t now_ms,
	       uint64_t wall_ms);
/* It happened age_ms ago, and is in the store already.  Oldest first. */
void tally_restore(struct tally *t, const struct secret_hash *key, uint64_t age_ms,
		   uint64_t now_ms);
/* Forgets what no rule counts any more, in the store too. */
void tally_expire(struct tally *t, uint64_t now_ms, uint64_t wall_ms);
/* How many keys there are. */
size_t tally_count(const struct tally *t);

#endif
