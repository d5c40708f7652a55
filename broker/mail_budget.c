/* A mail needs a token of each of three buckets. */
#include "broker/mail_budget.h"

#include <stdlib.h>

#include "broker/budgets.h"
#include "common/memory.h"

enum { HOUR_MS = 3600 * 1000 };

struct mail_budget {
	struct budgets *interval, *by_address, *by_network;
};

static struct bucket_rule per_hour(uint64_t n)
{
	return (struct bucket_rule){.interval_ms = n == 0 ? 0 : HOUR_MS / n, .burst = n};
}

struct mail_budget *mail_budget_new(uint64_t per_address, uint64_t per_network,
				    uint64_t interval_ms)
{
	struct mail_budget *b = xcalloc(1, sizeof *b);

	b->interval = budgets_new((struct bucket_rule){interval_ms, 1});
	b->by_address = budgets_new(per_hour(per_address));
	b->by_network = budgets_new(per_hour(per_network));
	return b;
}

void mail_budget_free(struct mail_budget **b)
{
	if (b == NULL || *b == NULL)
		return;
	budgets_free(&(*b)->interval);
	budgets_free(&(*b)->by_address);
	budgets_free(&(*b)->by_network);
	free(*b);
	*b = NULL;
}

static uint64_t longer(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t mail_budget_wait(const struct mail_budget *b, const struct applicant *a,
			  uint64_t now_ms)
{
	return longer(budgets_wait(b->interval, &a->address_key, now_ms),
		      longer(budgets_wait(b->by_address, &a->address_key, now_ms),
			     budgets_wait(b->by_network, &a->network_key, now_ms)));
}

void mail_budget_take(struct mail_budget *b, const struct applicant *a, uint64_t now_ms)
{
	budgets_take(b->interval, &a->address_key, now_ms);
	budgets_take(b->by_address, &a->address_key, now_ms);
	budgets_take(b->by_network, &a->network_key, now_ms);
}

void mail_budget_expire(struct mail_budget *b, uint64_t now_ms)
{
	budgets_expire(b->interval, now_ms);
	budgets_expire(b->by_address, now_ms);
	budgets_expire(b->by_network, now_ms);
}
