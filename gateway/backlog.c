/* A sum. */
#include "gateway/backlog.h"

#include <assert.h>

bool backlog_may(const struct backlog *b, size_t most, size_t own, size_t more)
{
	if (own <= BACKLOG_FREE && more <= BACKLOG_FREE - own)
		return true;
	return b->bytes <= most && more <= most - b->bytes;
}

void backlog_add(struct backlog *b, size_t bytes)
{
	b->bytes += bytes;
}

void backlog_remove(struct backlog *b, size_t bytes)
{
	assert(bytes <= b->bytes);
	b->bytes -= bytes;
}
