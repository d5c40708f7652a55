/* wire.h - what a browser may be sent: answers of HTTP/1.x, and after a 101 frames of RFC 6455.
 *
 * Everything that came over a connection, from its first byte, is looked at at its end; what breaks the
 * grammar aborts. */
#ifndef TESTS_FUZZ_WIRE_H
#define TESTS_FUZZ_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"

struct wire {
	size_t answers;    /* of HTTP */
	size_t frames;     /* of WebSockets, complete ones */
	size_t rest;       /* bytes of a frame that is not whole yet */
	int pong;          /* first byte of the newest pong; -1: there was none */
	bool is_websocket; /* 101 was answered */
	bool is_closed;    /* a close frame came: it was the last thing */
};

/* all: may end anywhere. */
void wire_check(struct slice all, struct wire *out);
/* Only frames: of a connection whose 101 is behind it. */
void wire_check_frames(struct slice all, struct wire *out);

#endif
