/* A table of buckets by keyed hash, so that no address or network is kept. */
#include "broker/budgets.h"

#include <stdlib.h>

#include <uthash.h>

#include "common/memory.h"

struct budget {
	struct secret_hash key;
	struct bucket bucket;
	UT_hash_handle hh;
};

struct budgets {
	struct bucket_rule rule;
	struct budget *table; /* oldest first */
};

struct budgets *budgets_new(struct bucket_rule rule)
{
	struct budgets *b = xcalloc(1, sizeof *b);

	b->rule = rule;
	return b;
}

static struct budget *find(const struct budgets *b, const struct secret_hash *key)
{
	struct budget *x;

	HASH_FIND(hh, b->table, key, sizeof *key, x);
	return x;
}

static void forget(struct budgets *b, struct budget *x)
{
	HASH_DEL(b->table, x);
	free(x);
}

uint64_t budgets_wait(const struct budgets *b, const struct secret_hash *key,
		      uint64_t now_ms)
{
	const struct budget *x = find(b, key);

	return x == NULL || b->rule.interval_ms == 0
		       ? 0
		       : bucket_wait(&x->bucket, &b->rule, now_ms);
}

uint64_t budgets_take(struct budgets *b, const struct secret_hash *key, uint64_t now_ms)
{
	struct budget *x = find(b, key);

	if (b->rule.interval_ms == 0)
		return 0;
	if (x == NULL) {
		if (HASH_COUNT(b->table) >= BUDGETS_MAX)
			forget(b, b->table);
		x = xcalloc(1, sizeof *x);
		x->key = *key;
		HASH_ADD(hh, b->table, key, sizeof x->key, x);
	}
	return bucket_take(&x->bucket, &b->rule, now_ms);
}

void budgets_expire(struct budgets *b, uint64_t now_ms)
{
	struct budget *x, *next;

	HASH_ITER (hh, b->table, x, next) {
		if (bucket_is_full(&x->bucket, now_ms))
			forget(b, x);
	}
}

void budgets_free(struct budgets **b)
{
	if (b == NULL || *b == NULL)
		return;
	while ((*b)->table != NULL)
		forget(*b, (*b)->table);
	free(*b);
	*b = NULL;
}
