/* proofs.h - browsers that have proven an address before (SECURITY C15): each holds a token, here is its
 * keyed hash with the address's.
 *
 * Bounds: PROOFS_OF_ONE of one address, PROOFS_MAX in all; over them the one unused for longest is
 * forgotten, as is one unused for the ttl.  Times are wall clock: a proof outlives the process. */
#ifndef BROKER_PROOFS_H
#define BROKER_PROOFS_H

#include <stddef.h>
#include <stdint.h>

#include "common/secret.h"

struct store;

enum { PROOFS_OF_ONE = 8, PROOFS_MAX = 200000 };

struct proof {
	struct secret_hash token, owner;
	uint64_t used_ms;
};

struct proofs;

/* ttl_ms 0: for ever.  store is borrowed; NULL forgets. */
struct proofs *proofs_new(uint64_t ttl_ms, struct store *store);
/* From now on, for all. */
void proofs_set_ttl(struct proofs *p, uint64_t ttl_ms);
void proofs_free(struct proofs **p);
/* token must be new. */
void proofs_add(struct proofs *p, const struct proof *proof);
/* Is it a proof of this address?  Then it was used just now. */
bool proofs_use(struct proofs *p, const struct secret_hash *token,
		const struct secret_hash *owner, uint64_t wall_ms);
void proofs_expire(struct proofs *p, uint64_t wall_ms);
/* From the store, the one used last at the end. */
void proofs_restore(struct proofs *p, const struct proof *proof);
size_t proofs_count(const struct proofs *p);

#endif
