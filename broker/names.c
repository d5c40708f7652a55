/* Claims, and three tables that find them: by id, by either key, by owner.  Of a key a hash is enough:
 * with its secret key nobody finds two names that share it. */
#include "broker/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "common/memory.h"
#include "common/pool.h"
#include "common/table.h"

struct record {
	struct name_claim claim; /* first, so that the two convert */
	uint64_t keys[NAME_KEYS];
};

struct names {
	struct pool *records;
	struct table *by_id;
	struct table *by_key;   /* number of the record * NAME_KEYS + which key */
	struct table *by_owner; /* without reserved names */
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

static uint64_t key_of(const char *text)
{
	return secret_scatter(text, strlen(text));
}

static uint64_t id_hash(const void *records, uint32_t number)
{
	const struct record *r = pool_at(records, number);

	return secret_scatter(&r->claim.id, sizeof r->claim.id);
}

static uint64_t key_hash(const void *records, uint32_t key)
{
	const struct record *r = pool_at(records, key / NAME_KEYS);

	return r->keys[key % NAME_KEYS];
}

static uint64_t owner_hash(const void *records, uint32_t number)
{
	const struct record *r = pool_at(records, number);

	return secret_scatter(&r->claim.owner, sizeof r->claim.owner);
}

struct names *names_new(const struct name_keyer *keyer)
{
	struct names *n = xcalloc(1, sizeof *n);

	n->records = pool_new(sizeof(struct record));
	n->by_id = table_new(n->records, id_hash);
	n->by_key = table_new(n->records, key_hash);
	n->by_owner = table_new(n->records, owner_hash);
	n->next_id = NAMES_FIRST_ID;
	for (size_t i = 0; i < NELEMS(reserved); i++) {
		if (names_reserve(n, keyer, slice_of(reserved[i])) != ST_OK)
			abort(); /* the table above is wrong */
	}
	return n;
}

static bool is_id(const void *records, uint32_t number, void *id)
{
	const struct record *r = pool_at(records, number);

	return r->claim.id == *(uint64_t *)id;
}

static uint32_t number_of(const struct names *n, uint64_t id)
{
	return table_find(n->by_id, secret_scatter(&id, sizeof id), is_id, &id);
}

static bool is_key(const void *records, uint32_t key, void *hash)
{
	return key_hash(records, key) == *(uint64_t *)hash;
}

/* In by_key; TABLE_NONE: nobody has it. */
static uint32_t find_key(const struct names *n, uint64_t hash)
{
	return table_find(n->by_key, hash, is_key, &hash);
}

struct count {
	const struct secret_hash *owner;
	size_t claims;
};

static bool count_claim(const void *records, uint32_t number, void *ctx)
{
	const struct record *r = pool_at(records, number);
	struct count *count = ctx;

	count->claims += secret_hash_equal(&r->claim.owner, count->owner);
	return false; /* all of them */
}

static size_t claims_of(const struct names *n, const struct secret_hash *owner)
{
	struct count count = {.owner = owner};

	(void)table_find(n->by_owner, secret_scatter(owner, sizeof *owner), count_claim,
			 &count);
	return count.claims;
}

enum names_answer names_ask(const struct names *n, const struct name_keys *keys,
			    const struct secret_hash *owner, struct name_claim **own_out)
{
	*own_out = NULL;
	for (size_t i = 0; i < NAME_KEYS; i++) {
		struct name_claim *claim = names_by_key(n, keys->key[i]);

		if (claim == NULL)
			continue;
		if (claim->id < NAMES_FIRST_ID ||
		    !secret_hash_equal(&claim->owner, owner)) {
			*own_out = NULL;
			return NAMES_TAKEN;
		}
		if (*own_out == NULL) /* the first key is nearer to what was written */
			*own_out = claim;
	}
	if (*own_out != NULL)
		return NAMES_OWN;
	if (claims_of(n, owner) >= NAMES_PER_OWNER_MAX)
		return NAMES_TOO_MANY;
	if (n->people >= NAMES_MAX)
		return NAMES_FULL;
	return NAMES_FREE;
}

struct name_claim *names_find(const struct names *n, const struct name_keys *keys)
{
	struct name_claim *claim = NULL;

	/* The first key is nearer to what was written. */
	for (size_t i = 0; i < NAME_KEYS && claim == NULL; i++)
		claim = names_by_key(n, keys->key[i]);
	return claim;
}

struct name_claim *names_by_key(const struct names *n, const char *key)
{
	uint32_t number = find_key(n, key_of(key));
	struct record *r =
		number != TABLE_NONE ? pool_at(n->records, number / NAME_KEYS) : NULL;

	return r != NULL ? &r->claim : NULL;
}

struct name_claim *names_claim(struct names *n, uint64_t id, struct slice name,
			       const struct name_keys *keys,
			       const struct secret_hash *owner)
{
	uint32_t number = pool_add(n->records);
	struct record *r = pool_at(n->records, number);

	if (id == 0)
		id = n->next_id;
	names_skip_id(n, id);
	r->claim.id = id;
	r->claim.name = slice_dup(name);
	r->claim.owner = *owner;
	mark_of(owner, r->claim.mark);
	table_add(n->by_id, number);
	for (uint32_t i = 0; i < NAME_KEYS; i++) {
		r->keys[i] = key_of(keys->key[i]);
		/* It is there when both are the same, or when its owner's other name has it. */
		if (find_key(n, r->keys[i]) == TABLE_NONE)
			table_add(n->by_key, number * NAME_KEYS + i);
	}
	if (id >= NAMES_FIRST_ID) {
		table_add(n->by_owner, number);
		n->people++;
	}
	return &r->claim;
}

void names_skip_id(struct names *n, uint64_t id)
{
	if (id >= n->next_id)
		n->next_id = id + 1;
}

struct name_claim *names_by_id(const struct names *n, uint64_t id)
{
	uint32_t number = number_of(n, id);
	struct record *r = number != TABLE_NONE ? pool_at(n->records, number) : NULL;

	return r != NULL ? &r->claim : NULL;
}

void names_release(struct names *n, struct name_claim *claim)
{
	struct record *r = (struct record *)claim;
	uint32_t number = number_of(n, claim->id);

	if (claim->id >= NAMES_FIRST_ID) {
		table_remove(n->by_owner, number);
		n->people--;
	}
	for (uint32_t i = 0; i < NAME_KEYS; i++) {
		uint32_t key = number * NAME_KEYS + i;

		if (find_key(n, r->keys[i]) == key)
			table_remove(n->by_key, key);
	}
	table_remove(n->by_id, number);
	free(claim->name);
	pool_remove(n->records, number);
}

size_t names_count(const struct names *n)
{
	return n->people;
}

void names_each(struct names *n, names_fn *each, void *ctx)
{
	uint32_t next;

	for (uint32_t i = pool_first(n->records); i != POOL_NONE; i = next) {
		struct name_claim *claim = pool_at(n->records, i);

		next = pool_next(n->records, i);
		if (claim->id >= NAMES_FIRST_ID)
			each(ctx, claim);
	}
}

void names_free(struct names **n)
{
	if (n == NULL || *n == NULL)
		return;
	for (uint32_t i = pool_first((*n)->records); i != POOL_NONE;
	     i = pool_next((*n)->records, i))
		free(((struct name_claim *)pool_at((*n)->records, i))->name);
	table_free(&(*n)->by_id);
	table_free(&(*n)->by_key);
	table_free(&(*n)->by_owner);
	pool_free(&(*n)->records);
	free(*n);
	*n = NULL;
}
