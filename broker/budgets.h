/* budgets.h - how often something may be done by each of many: a bucket per key.
 *
 * Bound: BUDGETS_MAX keys; over it the oldest is forgotten. */
#ifndef BROKER_BUDGETS_H
#define BROKER_BUDGETS_H

#include <stddef.h>
#include <stdint.h>

#include "common/bucket.h"
#include "common/secret.h"

enum { BUDGETS_MAX = 100000 };

struct budgets;

struct budgets *budgets_new(struct bucket_rule rule);
void budgets_free(struct budgets **b);
/* 0: it may be done now; else after how many ms.  Takes nothing. */
uint64_t budgets_wait(const struct budgets *b, const struct secret_hash *key,
		      uint64_t now_ms);
/* Takes one; returns as budgets_wait(). */
uint64_t budgets_take(struct budgets *b, const struct secret_hash *key, uint64_t now_ms);
/* Forgets the full ones. */
void budgets_expire(struct budgets *b, uint64_t now_ms);

#endif
