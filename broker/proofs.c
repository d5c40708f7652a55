/* Records in the order of use; one table finds them by token, one all of an owner. */
#include "broker/proofs.h"

#include <stdlib.h>

#include "broker/store.h"
#include "common/memory.h"
#include "common/pool.h"
#include "common/table.h"

struct record {
	struct proof proof;
	uint64_t turn; /* the higher, the later it was used */
};

struct proofs {
	struct pool *records; /* the one unused for longest first */
	struct table *by_token, *by_owner;
	uint64_t turns, ttl_ms;
	struct store *store;
};

static const struct proof *proof_at(const void *records, uint32_t number)
{
	return &((const struct record *)pool_at(records, number))->proof;
}

static uint64_t place_of(const struct secret_hash *hash)
{
	return secret_scatter(hash, sizeof *hash);
}

static uint64_t token_hash(const void *records, uint32_t number)
{
	return place_of(&proof_at(records, number)->token);
}

static uint64_t owner_hash(const void *records, uint32_t number)
{
	return place_of(&proof_at(records, number)->owner);
}

struct proofs *proofs_new(uint64_t ttl_ms, struct store *store)
{
	struct proofs *p = xcalloc(1, sizeof *p);

	p->records = pool_new(sizeof(struct record));
	p->by_token = table_new(p->records, token_hash);
	p->by_owner = table_new(p->records, owner_hash);
	p->ttl_ms = ttl_ms;
	p->store = store;
	return p;
}

static bool is_token(const void *records, uint32_t number, void *token)
{
	return secret_hash_equal(&proof_at(records, number)->token, token);
}

struct holding {
	struct secret_hash owner;
	size_t n;
	uint32_t oldest; /* the one unused for longest */
	uint64_t turn;   /* its */
};

static bool hold(const void *records, uint32_t number, void *ctx)
{
	const struct record *r = pool_at(records, number);
	struct holding *h = ctx;

	if (!secret_hash_equal(&r->proof.owner, &h->owner))
		return false;
	if (h->n++ == 0 || r->turn < h->turn) {
		h->oldest = number;
		h->turn = r->turn;
	}
	return false; /* all of them */
}

static void drop(struct proofs *p, uint32_t number)
{
	store_drop_proof(p->store, &proof_at(p->records, number)->token);
	table_remove(p->by_token, number);
	table_remove(p->by_owner, number);
	pool_remove(p->records, number);
}

void proofs_restore(struct proofs *p, const struct proof *proof)
{
	struct holding h = {.owner = proof->owner};
	struct record *r;
	uint32_t number;

	(void)table_find(p->by_owner, place_of(&h.owner), hold, &h);
	if (h.n >= PROOFS_OF_ONE)
		drop(p, h.oldest);
	else if (pool_count(p->records) >= PROOFS_MAX)
		drop(p, pool_first(p->records));
	number = pool_add(p->records);
	r = pool_at(p->records, number);
	r->proof = *proof;
	r->turn = ++p->turns;
	table_add(p->by_token, number);
	table_add(p->by_owner, number);
}

void proofs_add(struct proofs *p, const struct proof *proof)
{
	proofs_restore(p, proof);
	store_put_proof(p->store, proof);
}

static bool is_over(const struct proofs *p, const struct proof *proof, uint64_t wall_ms)
{
	return p->ttl_ms != 0 && wall_ms >= proof->used_ms + p->ttl_ms;
}

bool proofs_use(struct proofs *p, const struct secret_hash *token,
		const struct secret_hash *owner, uint64_t wall_ms)
{
	struct secret_hash key = *token;
	uint32_t number = table_find(p->by_token, place_of(token), is_token, &key);
	struct record *r;

	if (number == TABLE_NONE)
		return false;
	r = pool_at(p->records, number);
	if (!secret_hash_equal(&r->proof.owner, owner) || is_over(p, &r->proof, wall_ms))
		return false;
	pool_renew(p->records, number);
	r->turn = ++p->turns;
	r->proof.used_ms = wall_ms;
	store_put_proof(p->store, &r->proof);
	return true;
}

void proofs_expire(struct proofs *p, uint64_t wall_ms)
{
	uint32_t oldest;

	while ((oldest = pool_first(p->records)) != POOL_NONE) {
		struct record *r = pool_at(p->records, oldest);

		if (r->proof.used_ms > wall_ms) { /* the clock was wrong then, or is */
			r->proof.used_ms = wall_ms;
			r->turn = ++p->turns;
			pool_renew(p->records, oldest);
		} else if (is_over(p, &r->proof, wall_ms)) {
			drop(p, oldest);
		} else {
			break;
		}
	}
}

size_t proofs_count(const struct proofs *p)
{
	return pool_count(p->records);
}

void proofs_set_ttl(struct proofs *p, uint64_t ttl_ms)
{
	p->ttl_ms = ttl_ms;
}

void proofs_free(struct proofs **p)
{
	if (p == NULL || *p == NULL)
		return;
	table_free(&(*p)->by_token);
	table_free(&(*p)->by_owner);
	pool_free(&(*p)->records);
	free(*p);
	*p = NULL;
}
