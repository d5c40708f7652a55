/* Shares, not numbers: one reader of four is a quarter, and is not too many. */
#include "gateway/backpressure.h"

#include <string.h>

enum { SHARE = 4 };

void backpressure_took(struct backpressure_reader *r, size_t bytes)
{
	r->took = bytes < BACKPRESSURE_MOVING - r->took ? r->took + (uint32_t)bytes
							: BACKPRESSURE_MOVING;
}

void backpressure_begin(struct backpressure *b)
{
	memset(b->at, 0, sizeof b->at);
}

void backpressure_see(struct backpressure *b, struct backpressure_reader *r,
		      enum backpressure_place place, bool is_choked)
{
	if (r->took == BACKPRESSURE_MOVING)
		r->still = 0;
	else if (r->still < BACKPRESSURE_STILL)
		r->still++;
	r->took = 0;
	if (place == BACKPRESSURE_NEAR || !is_choked || r->still < BACKPRESSURE_STILL)
		b->at[place]++;
}

bool backpressure_end(struct backpressure *b)
{
	size_t far = b->at[BACKPRESSURE_FAR], late = far + b->at[BACKPRESSURE_LATE];
	size_t all = late + b->at[BACKPRESSURE_NEAR];

	b->looks = SHARE * far > all ? b->looks + 1 : 0;
	b->is_over = b->is_over ? SHARE * late > all : b->looks >= BACKPRESSURE_LOOKS;
	return b->is_over;
}
