/* A table by key of the times, oldest first.  An age is the difference of two times modulo 2^64, so
 * that what happened before the machine was started is no special case. */
#include "broker/tally.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "broker/store.h"
#include "common/memory.h"

struct record {
	struct secret_hash key;
	uint64_t *at; /* oldest first */
	size_t n, cap;
	UT_hash_handle hh;
};

struct tally {
	enum tally_kind kind;
	struct tally_rule rules[TALLY_RULES];
	uint64_t span_ms;     /* the widest; 0: nothing is limited, so nothing is kept */
	uint64_t most;        /* times worth keeping for one key */
	struct record *table; /* in the order of adding */
	bool is_trimmed; /* the store, once: it may have what a past process counted */
	struct store *store;
};

struct tally *tally_new(enum tally_kind kind, const struct tally_rule rules[TALLY_RULES],
			struct store *store)
{
	struct tally *t = xcalloc(1, sizeof *t);

	t->kind = kind;
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
	struct record *r;

	HASH_FIND(hh, t->table, key, sizeof *key, r);
	return r;
}

static void forget(struct tally *t, struct record *r)
{
	HASH_DEL(t->table, r);
	free(r->at);
	free(r);
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
	size_t old = 0;

	while (old < r->n && (r->n - old > t->most || now_ms - r->at[old] >= t->span_ms))
		old++;
	r->n -= old;
	memmove(r->at, r->at + old, r->n * sizeof *r->at);
}

static void put(struct tally *t, const struct secret_hash *key, uint64_t at_ms,
		uint64_t now_ms)
{
	struct record *r = find(t, key);

	if (r == NULL) {
		if (HASH_COUNT(t->table) >= TALLY_MAX)
			forget(t, t->table);
		r = xcalloc(1, sizeof *r);
		r->key = *key;
		HASH_ADD(hh, t->table, key, sizeof r->key, r);
	}
	if (r->n == r->cap) {
		r->cap = 2 * r->cap + 4;
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
	struct record *r, *next;
	bool has_old = !t->is_trimmed;

	HASH_ITER (hh, t->table, r, next) {
		if (r->n > 0 && now_ms - r->at[0] < t->span_ms)
			continue;
		has_old = true;
		trim(t, r, now_ms);
		if (r->n == 0)
			forget(t, r);
	}
	t->is_trimmed = true;
	if (has_old && wall_ms > t->span_ms)
		store_trim_tally(t->store, t->kind, wall_ms - t->span_ms);
}

size_t tally_count(const struct tally *t)
{
	return HASH_COUNT(t->table);
}

void tally_free(struct tally **t)
{
	if (t == NULL || *t == NULL)
		return;
	while ((*t)->table != NULL)
		forget(*t, (*t)->table);
	free(*t);
	*t = NULL;
}
