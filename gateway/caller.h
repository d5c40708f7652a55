/* caller.h - one socket that is no WebSocket (yet): reading requests, being answered, lingering.
 *
 *   READING --request--> ANSWERING --taken--> READING, or after the last answer
 *                                             LINGERING --> GONE
 *
 * It never answers two requests at once, and reads nothing while an answer waits: who does not take answers
 * is not heard.  After the last answer the socket lingers, because an answer arrives only if what comes
 * meanwhile is read (RFC 9112 9.6).  Bounds: door.h. */
#ifndef GATEWAY_CALLER_H
#define GATEWAY_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "common/slice.h"
#include "gateway/forwarded.h"
#include "gateway/http_answer.h"

enum caller_state { READING, ANSWERING, LINGERING, GONE };

struct caller {
	uv_poll_t poll;
	struct door *door;
	struct caller *next, *prev;
	int fd;
	enum caller_state state;
	struct forwarded_address peer;
	bool is_counted; /* for its network; who comes over a proxy is not, yet */
	bool is_turned;  /* away at once, and so not counted at all */
	bool is_last;    /* the answer at work */
	bool has_ended;  /* nothing more will come */
	bool was_answered;
	char *in; /* what came and was not read yet; NULL: nothing */
	size_t in_len, in_size;
	char *head; /* of the answer at work, what was not taken at once; NULL: nothing */
	size_t head_at, head_len;
	struct slice body; /* of it, what was not taken yet */
	size_t discarded;
	uint64_t due_ms; /* when it has to go */
};

/* Begins to read; the caller is in the door's list.  It is served by door_serve() whenever bytes came. */
void caller_begin(struct caller *c, uint64_t most_ms);
void caller_answer(struct caller *c, const struct http_answer *a,
		   const struct http_context *context);
/* Forgets the first n bytes of what came. */
void caller_consume(struct caller *c, size_t n);
/* It is gone; its memory goes at the end of the turn.  The descriptor is closed unless it is -1. */
void caller_end(struct caller *c);

#endif
