/* Shares, not numbers: one reader of four is a quarter, and is not too many. */
#include "gateway/backlog.h"

#include <string.h>

enum { SHARE = 4 };

void backlog_took(struct backlog_reader *r, size_t bytes)
{
	r->took = bytes < BACKLOG_MOVING - r->took ? r->took + (uint32_t)bytes
						   : BACKLOG_MOVING;
}

void backlog_begin(struct backlog *b)
{
	memset(b->at, 0, sizeof b->at);
}

void backlog_see(struct backlog *b, struct backlog_reader *r, enum backlog_place place,
		 bool is_choked)
{
	if (r->took == BACKLOG_MOVING)
		r->still = 0;
	else if (r->still < BACKLOG_STILL)
		r->still++;
	r->took = 0;
	if (place == BACKLOG_NEAR || !is_choked || r->still < BACKLOG_STILL)
		b->at[place]++;
}

bool backlog_end(struct backlog *b)
{
	size_t far = b->at[BACKLOG_FAR], late = far + b->at[BACKLOG_LATE];
	size_t all = late + b->at[BACKLOG_NEAR];

	b->looks = SHARE * far > all ? b->looks + 1 : 0;
	b->is_over = b->is_over ? SHARE * late > all : b->looks >= BACKLOG_LOOKS;
	return b->is_over;
}
