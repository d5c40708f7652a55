/* Three tables over the same claims: by id, by each of the two keys, and a count per owner. */
#include "broker/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/attr.h"
#include "common/memory.h"

struct record {
	struct name_claim claim; /* first, so that the two convert */
	char *keys[NAME_KEYS];
	UT_hash_handle hh;
};

struct key {
	const char *text; /* the record's */
	struct record *record;
	UT_hash_handle hh;
};

struct owner {
	struct secret_hash hash;
	size_t claims;
	UT_hash_handle hh;
};

struct names {
	struct record *records;
	struct key *keys;
	struct owner *owners;
	uint64_t next_id;
	size_t people, reserved;
};

/* SECURITY N3; compared by key, so look-alikes of them are reserved too. */
static const char *const reserved[] = {NAMES_BOT, "admin",    "administrator", "system",
				       "root",    "everyone", "here",          "plume"};

enum status names_reserve(struct names *n, const struct name_keyer *keyer,
			  struct slice name)
{
	static const struct secret_hash nobody;
	uint64_t id = NAMES_BOT_ID + n->reserved;
	struct name_keys keys;

	if (n->reserved == NAMES_RESERVED_MAX)
		return ST_FULL;
	if (name_keys_of(keyer, name, &keys) != ST_OK)
		return ST_RANGE;
	names_claim(n, id, name, &keys, &nobody);
	n->reserved++;
	return ST_OK;
}

struct names *names_new(const struct name_keyer *keyer)
{
	struct names *n = xcalloc(1, sizeof *n);

	n->next_id = NAMES_FIRST_ID;
	for (size_t i = 0; i < NELEMS(reserved); i++) {
		if (names_reserve(n, keyer, slice_of(reserved[i])) != ST_OK)
			abort(); /* the table above is wrong */
	}
	return n;
}

static struct key *find_key(const struct names *n, const char *text)
{
	struct key *k;

	HASH_FIND_STR(n->keys, text, k);
	return k;
}

static struct owner *find_owner(const struct names *n, const struct secret_hash *hash)
{
	struct owner *o;

	HASH_FIND(hh, n->owners, hash, sizeof *hash, o);
	return o;
}

enum names_answer names_ask(const struct names *n, const struct name_keys *keys,
			    const struct secret_hash *owner, struct name_claim **own_out)
{
	const struct owner *o = find_owner(n, owner);

	*own_out = NULL;
	for (size_t i = 0; i < NAME_KEYS; i++) {
		struct key *k = find_key(n, keys->key[i]);

		if (k == NULL)
			continue;
		if (k->record->claim.id < NAMES_FIRST_ID ||
		    !secret_hash_equal(&k->record->claim.owner, owner)) {
			*own_out = NULL;
			return NAMES_TAKEN;
		}
		if (*own_out == NULL) /* the first key is nearer to what was written */
			*own_out = &k->record->claim;
	}
	if (*own_out != NULL)
		return NAMES_OWN;
	if (n->people >= NAMES_MAX || (o != NULL && o->claims >= NAMES_PER_OWNER_MAX))
		return NAMES_FULL;
	return NAMES_FREE;
}

struct name_claim *names_find(const struct names *n, const struct name_keys *keys)
{
	/* The first key is nearer to what was written. */
	for (size_t i = 0; i < NAME_KEYS; i++) {
		struct key *k = find_key(n, keys->key[i]);

		if (k != NULL)
			return &k->record->claim;
	}
	return NULL;
}

static void add_key(struct names *n, struct record *r, const char *text)
{
	struct key *k;

	if (find_key(n, text) != NULL)
		return; /* both keys of the name are the same, or its owner's other name has it */
	k = xcalloc(1, sizeof *k);
	k->text = text;
	k->record = r;
	HASH_ADD_KEYPTR(hh, n->keys, k->text, strlen(k->text), k);
}

static void count_owner(struct names *n, const struct secret_hash *hash)
{
	struct owner *o = find_owner(n, hash);

	if (o == NULL) {
		o = xcalloc(1, sizeof *o);
		o->hash = *hash;
		HASH_ADD(hh, n->owners, hash, sizeof o->hash, o);
	}
	o->claims++;
}

struct name_claim *names_claim(struct names *n, uint64_t id, struct slice name,
			       const struct name_keys *keys,
			       const struct secret_hash *owner)
{
	struct record *r = xcalloc(1, sizeof *r);

	if (id == 0)
		id = n->next_id;
	names_skip_id(n, id);
	r->claim.id = id;
	r->claim.name = slice_dup(name);
	r->claim.owner = *owner;
	mark_of(owner, r->claim.mark);
	HASH_ADD(hh, n->records, claim.id, sizeof r->claim.id, r);
	for (size_t i = 0; i < NAME_KEYS; i++) {
		r->keys[i] = xstrdup(keys->key[i]);
		add_key(n, r, r->keys[i]);
	}
	count_owner(n, owner);
	if (id >= NAMES_FIRST_ID)
		n->people++;
	return &r->claim;
}

void names_skip_id(struct names *n, uint64_t id)
{
	if (id >= n->next_id)
		n->next_id = id + 1;
}

struct name_claim *names_by_id(const struct names *n, uint64_t id)
{
	struct record *r;

	HASH_FIND(hh, n->records, &id, sizeof id, r);
	return r != NULL ? &r->claim : NULL;
}

static void forget_owner(struct names *n, const struct secret_hash *hash)
{
	struct owner *o = find_owner(n, hash);

	assert(o != NULL);
	if (--o->claims > 0)
		return;
	HASH_DEL(n->owners, o);
	free(o);
}

void names_release(struct names *n, struct name_claim *claim)
{
	struct record *r = (struct record *)claim;

	if (claim->id >= NAMES_FIRST_ID)
		n->people--;
	forget_owner(n, &claim->owner);
	for (size_t i = 0; i < NAME_KEYS; i++) {
		struct key *k = find_key(n, r->keys[i]);

		if (k != NULL && k->record == r) {
			HASH_DEL(n->keys, k);
			free(k);
		}
	}
	HASH_DEL(n->records, r);
	for (size_t i = 0; i < NAME_KEYS; i++)
		free(r->keys[i]);
	free(claim->name);
	free(r);
}

size_t names_count(const struct names *n)
{
	return n->people;
}

void names_each(struct names *n, names_fn *each, void *ctx)
{
	struct record *r, *next;

	HASH_ITER (hh, n->records, r, next) {
		if (r->claim.id >= NAMES_FIRST_ID)
			each(ctx, &r->claim);
	}
}

void names_free(struct names **n)
{
	struct record *r, *next;

	if (n == NULL || *n == NULL)
		return;
	HASH_ITER (hh, (*n)->records, r, next)
		names_release(*n, &r->claim);
	free(*n);
	*n = NULL;
}
