/* Records of times, oldest first, and a table that finds them by key.  An age is the difference of two times modulo 2^64, so
 * that what happened before the machine was started is no special case. */
#include "broker/tally.h"

#include <stdlib.h>
#include <string.h>

#include "broker/store.h"
#include "common/memory.h"
#include "common/pool.h"
#include "common/table.h"

struct record {
	struct secret_hash key;
	uint64_t *at; /* oldest first */
	uint32_t n, cap;
};

struct tally {
	enum tally_kind kind;
	struct tally_rule rules[TALLY_RULES];
	uint64_t span_ms;     /* the widest; 0: nothing is limited, so nothing is kept */
	uint64_t most;        /* times worth keeping for one key */
	struct pool *records; /* in the order of adding */
	struct table *by_key;
	bool is_trimmed; /* the store, once: it may have what a past process counted */
	struct store *store;
};

static uint64_t hash_of(const void *records, uint32_t number)
{
	const struct record *r = pool_at(records, number);

	return secret_scatter(&r->key, sizeof r->key);
}

static bool is_key(const void *records, uint32_t number, void *key)
{
	const struct record *r = pool_at(records, number);

	return secret_hash_equal(&r->key, key);
}

struct tally *tally_new(enum tally_kind kind, const struct tally_rule rules[TALLY_RULES],
			struct store *store)
{
	struct tally *t = xcalloc(1, sizeof *t);

	t->kind = kind;
	t->records = pool_new(sizeof(struct record));
	t->by_key = table_new(t->records, hash_of);
	t->store = store;
	tally_set_rules(t, rules);
	return t;
}

void tally_set_rules(struct tally *t, const struct tally_rule rules[TALLY_RULES])
{
	memcpy(t->rules, rules, sizeof t->rules);
	t->span_ms = t->most = 0;
	for (size_t i = 0; i < TALLY_RULES; i++) {
		if (rules[i].most == 0)
			continue;
		if (rules[i].span_ms > t->span_ms)
			t->span_ms = rules[i].span_ms;
		if (rules[i].most > t->most)
			t->most = rules[i].most;
	}
}

static struct record *find(const struct tally *t, const struct secret_hash *key)
{
	struct secret_hash copy = *key;
	uint32_t number =
		table_find(t->by_key, secret_scatter(key, sizeof *key), is_key, &copy);

	return number != TABLE_NONE ? pool_at(t->records, number) : NULL;
}

static void forget(struct tally *t, uint32_t number)
{
	struct record *r = pool_at(t->records, number);

	table_remove(t->by_key, number);
	free(r->at);
	pool_remove(t->records, number);
}

/* The rule's most-th latest time must leave its span first. */
static uint64_t wait_of(const struct tally_rule *rule, const struct record *r,
			uint64_t now_ms)
{
	uint64_t age;

	if (rule->most == 0 || r->n < rule->most)
		return 0;
	age = now_ms - r->at[r->n - rule->most];
	return age >= rule->span_ms ? 0 : rule->span_ms - age;
}

uint64_t tally_wait(const struct tally *t, const struct secret_hash *key, uint64_t now_ms)
{
	const struct record *r = find(t, key);
	uint64_t longest = 0;

	for (size_t i = 0; r != NULL && i < TALLY_RULES; i++) {
		uint64_t wait = wait_of(&t->rules[i], r, now_ms);

		longest = wait > longest ? wait : longest;
	}
	return longest;
}

/* Times that no rule looks at. */
static void trim(const struct tally *t, struct record *r, uint64_t now_ms)
{
	uint32_t old = 0;

	while (old < r->n && (r->n - old > t->most || now_ms - r->at[old] >= t->span_ms))
		old++;
	r->n -= old;
	memmove(r->at, r->at + old, r->n * sizeof *r->at);
}

static struct record *add(struct tally *t, const struct secret_hash *key)
{
	struct record *r;
	uint32_t number;

	if (pool_count(t->records) >= TALLY_MAX)
		forget(t, pool_first(t->records));
	number = pool_add(t->records);
	r = pool_at(t->records, number);
	r->key = *key;
	table_add(t->by_key, number);
	return r;
}

static void put(struct tally *t, const struct secret_hash *key, uint64_t at_ms,
		uint64_t now_ms)
{
	struct record *r = find(t, key);

	if (r == NULL)
		r = add(t, key);
	if (r->n == r->cap) {
		/* Most have one; three take no more memory. */
		r->cap = r->cap == 0 ? 3 : 2 * r->cap;
		r->at = xrealloc(r->at, r->cap * sizeof *r->at);
	}
	r->at[r->n++] = at_ms;
	trim(t, r, now_ms);
}

void tally_add(struct tally *t, const struct secret_hash *key, uint64_t now_ms,
	       uint64_t wall_ms)
{
	if (t->span_ms == 0)
		return;
	put(t, key, now_ms, now_ms);
	store_put_tally(t->store, t->kind, key, wall_ms);
}

void tally_restore(struct tally *t, const struct secret_hash *key, uint64_t age_ms,
		   uint64_t now_ms)
{
	if (age_ms < t->span_ms)
		put(t, key, now_ms - age_ms, now_ms);
}

void tally_expire(struct tally *t, uint64_t now_ms, uint64_t wall_ms)
{
	bool has_old = !t->is_trimmed;
	uint32_t next;

	for (uint32_t i = pool_first(t->records); i != POOL_NONE; i = next) {
		struct record *r = pool_at(t->records, i);

		next = pool_next(t->records, i);
		if (r->n > 0 && now_ms - r->at[0] < t->span_ms)
			continue;
		has_old = true;
		trim(t, r, now_ms);
		if (r->n == 0)
			forget(t, i);
	}
	t->is_trimmed = true;
	if (has_old && wall_ms > t->span_ms)
		store_trim_tally(t->store, t->kind, wall_ms - t->span_ms);
}

size_t tally_count(const struct tally *t)
{
	return pool_count(t->records);
}

void tally_free(struct tally **t)
{
	if (t == NULL || *t == NULL)
		return;
	while (pool_count((*t)->records) > 0)
		forget(*t, pool_first((*t)->records));
	table_free(&(*t)->by_key);
	pool_free(&(*t)->records);
	free(*t);
	*t = NULL;
}
