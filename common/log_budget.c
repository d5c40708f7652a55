/* Two buckets, which count in microseconds: a thousand lines a second are one in each of their milliseconds. */
#include "common/log_budget.h"

#include <assert.h>

enum { SECOND_US = 1000000 };

void log_budget_set(struct log_budget *b, uint64_t lines_per_s)
{
	struct bucket_rule rule = {.interval_ms = 0, .burst = 1};

	assert(lines_per_s <= LOG_BUDGET_RATE_MOST);
	if (lines_per_s > 0) {
		rule.interval_ms = SECOND_US / lines_per_s;
		rule.burst = lines_per_s * LOG_BUDGET_BURST_S;
	}
	if (rule.interval_ms == b->rule.interval_ms && rule.burst == b->rule.burst)
		return;
	*b = (struct log_budget){.rule = rule};
}

bool log_budget_take(struct log_budget *b, bool is_error, uint64_t now_us)
{
	return bucket_take(is_error ? &b->errors : &b->others, &b->rule, now_us) == 0;
}
