/* backlog.h - the bytes that wait in a gateway for its browsers, of all connections together: pieces of
 * messages that are not whole yet, private frames, and the rest of a frame that the kernel did not take.
 *
 * What one connection may have of each is bounded by connection.h; thousands that all have as much as they may
 * would be gigabytes.  So here is a bound for all: beyond it a connection may have BACKLOG_FREE bytes, which
 * everybody needs for a moment; for more, those for whom something waits longest are closed (CLOSE_BUSY). */
#ifndef GATEWAY_BACKLOG_H
#define GATEWAY_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

enum { BACKLOG_FREE = 8 << 10 };

/* All zero: nothing waits. */
struct backlog {
	size_t bytes;
};

/* May a connection that has `own` bytes waiting have so many more?  most: of all together. */
bool backlog_may(const struct backlog *b, size_t most, size_t own, size_t more);
void backlog_add(struct backlog *b, size_t bytes);
/* bytes were added before. */
void backlog_remove(struct backlog *b, size_t bytes);

#endif
