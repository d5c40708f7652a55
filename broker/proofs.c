/* A table by token in the order of use, and one by owner of what each has. */
#include "broker/proofs.h"

#include <stdlib.h>

#include <uthash.h>
#include <utlist.h>

#include "broker/store.h"
#include "common/memory.h"

struct record {
	struct proof proof;
	struct record *prev, *next; /* of one owner, the one unused for longest first */
	UT_hash_handle hh;
};

struct holder {
	struct secret_hash owner;
	struct record *list;
	size_t n;
	UT_hash_handle hh;
};

struct proofs {
	struct record *by_token; /* the one unused for longest first */
	struct holder *by_owner;
	uint64_t ttl_ms;
	struct store *store;
};

struct proofs *proofs_new(uint64_t ttl_ms, struct store *store)
{
	struct proofs *p = xcalloc(1, sizeof *p);

	p->ttl_ms = ttl_ms;
	p->store = store;
	return p;
}

static struct holder *holder_of(struct proofs *p, const struct secret_hash *owner)
{
	struct holder *h;

	HASH_FIND(hh, p->by_owner, owner, sizeof *owner, h);
	return h;
}

static void unlink_record(struct proofs *p, struct record *r)
{
	struct holder *h = holder_of(p, &r->proof.owner);

	HASH_DEL(p->by_token, r);
	DL_DELETE(h->list, r);
	if (--h->n > 0)
		return;
	HASH_DEL(p->by_owner, h);
	free(h);
}

static void link_record(struct proofs *p, struct record *r)
{
	struct holder *h = holder_of(p, &r->proof.owner);

	if (h == NULL) {
		h = xcalloc(1, sizeof *h);
		h->owner = r->proof.owner;
		HASH_ADD(hh, p->by_owner, owner, sizeof h->owner, h);
	}
	HASH_ADD(hh, p->by_token, proof.token, sizeof r->proof.token, r);
	DL_APPEND(h->list, r);
	h->n++;
}

static void drop(struct proofs *p, struct record *r)
{
	unlink_record(p, r);
	store_drop_proof(p->store, &r->proof.token);
	free(r);
}

void proofs_restore(struct proofs *p, const struct proof *proof)
{
	struct holder *h = holder_of(p, &proof->owner);
	struct record *r;

	if (h != NULL && h->n >= PROOFS_OF_ONE)
		drop(p, h->list);
	else if (HASH_COUNT(p->by_token) >= PROOFS_MAX)
		drop(p, p->by_token);
	r = xcalloc(1, sizeof *r);
	r->proof = *proof;
	link_record(p, r);
}

void proofs_add(struct proofs *p, const struct proof *proof)
{
	proofs_restore(p, proof);
	store_put_proof(p->store, proof);
}

static bool is_over(const struct proofs *p, const struct record *r, uint64_t wall_ms)
{
	return p->ttl_ms != 0 && wall_ms >= r->proof.used_ms + p->ttl_ms;
}

bool proofs_use(struct proofs *p, const struct secret_hash *token,
		const struct secret_hash *owner, uint64_t wall_ms)
{
	struct record *r;

	HASH_FIND(hh, p->by_token, token, sizeof *token, r);
	if (r == NULL || !secret_hash_equal(&r->proof.owner, owner) ||
	    is_over(p, r, wall_ms))
		return false;
	unlink_record(p, r);
	r->proof.used_ms = wall_ms;
	link_record(p, r);
	store_put_proof(p->store, &r->proof);
	return true;
}

void proofs_expire(struct proofs *p, uint64_t wall_ms)
{
	while (p->by_token != NULL && is_over(p, p->by_token, wall_ms))
		drop(p, p->by_token);
}

size_t proofs_count(const struct proofs *p)
{
	return HASH_COUNT(p->by_token);
}

void proofs_set_ttl(struct proofs *p, uint64_t ttl_ms)
{
	p->ttl_ms = ttl_ms;
}

void proofs_free(struct proofs **p)
{
	if (p == NULL || *p == NULL)
		return;
	while ((*p)->by_token != NULL) {
		struct record *r = (*p)->by_token;

		unlink_record(*p, r);
		free(r);
	}
	free(*p);
	*p = NULL;
}
