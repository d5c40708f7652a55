/* bucket.h - a rate limiter that is one number.
 *
 * The generic cell rate algorithm (ITU-T I.371): what is kept is the time at which the bucket would be
 * full again.  Equal to a token bucket of `burst` tokens that gets one back every interval. */
#ifndef COMMON_BUCKET_H
#define COMMON_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket_rule {
	uint64_t interval_ms; /* one token comes back in this time; 0: no limit */
	uint64_t burst;       /* tokens of a full bucket, at least 1 */
};

struct bucket {
	uint64_t full_at_ms; /* 0 in a new one: full */
};

/* Takes a token and returns 0, or takes none and returns after how many ms there is one. */
uint64_t bucket_take(struct bucket *b, const struct bucket_rule *rule, uint64_t now_ms);
/* What bucket_take() would return, without taking. */
uint64_t bucket_wait(const struct bucket *b, const struct bucket_rule *rule,
		     uint64_t now_ms);
/* Is it full again, so that forgetting it changes nothing? */
bool bucket_is_full(const struct bucket *b, uint64_t now_ms);

#endif
