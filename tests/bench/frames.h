/* frames.h - whole WebSocket frames out of the bytes of a connection, cheaply.
 *
 * A decider.  Only headers are looked at (RFC 6455 5.2; a server's frames are not masked).  Bytes of a
 * frame that has not arrived completely are kept, at most FRAMES_BUFFER. */
#ifndef TESTS_BENCH_FRAMES_H
#define TESTS_BENCH_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

enum {
	FRAMES_BUFFER = 256 << 10, /* room for the bytes of one read, and what was kept */
	FRAMES_TEXT = 0x81,
	FRAMES_CLOSE = 0x88,
	FRAMES_PING = 0x89,
};

struct frames {
	char *kept;
	size_t kept_len;
};

/* first: opcode and flags.  payload is borrowed for the call. */
typedef void frames_fn(void *ctx, unsigned char first, struct slice payload);

/* Puts what was kept to the front of buf (FRAMES_BUFFER bytes); gives its length.  What is read next
 * belongs behind it. */
size_t frames_resume(struct frames *f, char *buf);
/* Gives each whole frame of buf to each() and keeps the rest.  ST_LONG: a frame that will never fit;
 * ST_PROTOCOL: a masked one. */
enum status frames_take(struct frames *f, const char *buf, size_t len, frames_fn *each,
			void *ctx) ATTR_USE_RESULT;
void frames_fini(struct frames *f);

#endif
