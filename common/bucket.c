/* full_at_ms runs ahead of now by one interval for each token taken; it may not run ahead by more
 * than burst intervals. */
#include "common/bucket.h"

uint64_t bucket_wait(const struct bucket *b, const struct bucket_rule *rule,
		     uint64_t now_ms)
{
	uint64_t ahead = b->full_at_ms > now_ms ? b->full_at_ms - now_ms : 0;
	uint64_t most = rule->interval_ms * (rule->burst - 1);

	return ahead > most ? ahead - most : 0;
}

uint64_t bucket_take(struct bucket *b, const struct bucket_rule *rule, uint64_t now_ms)
{
	uint64_t wait;

	if (rule->interval_ms == 0)
		return 0;
	wait = bucket_wait(b, rule, now_ms);
	if (wait == 0)
		b->full_at_ms = (b->full_at_ms > now_ms ? b->full_at_ms : now_ms) +
				rule->interval_ms;
	return wait;
}

bool bucket_is_full(const struct bucket *b, uint64_t now_ms)
{
	return b->full_at_ms <= now_ms;
}
