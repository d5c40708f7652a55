/* http_answer.h - what a request is answered: a file of the page, from memory, or a refusal by its status.
 *
 * Only GET and HEAD are answered by more than a refusal; ranges are not served (RFC 9110 14.2 lets a server
 * ignore them), and no body is ever read: a request that has one is answered, and its connection ends. */
#ifndef GATEWAY_HTTP_ANSWER_H
#define GATEWAY_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/attr.h"
#include "common/config.h"
#include "gateway/assets.h"
#include "gateway/http_head.h"

enum { HTTP_ANSWER_HEAD_MAX = 2048 };

struct http_answer {
	unsigned int status;
	const struct asset *file; /* borrowed; NULL: a sentence */
	const char *more;  /* headers of this answer alone, with their CRLF; NULL: none */
	struct slice body; /* borrowed */
	size_t length;     /* what content-length says: with HEAD there is no body */
	bool is_last;      /* the connection ends after it */
};

/* A refusal. */
struct http_answer http_answer_status(unsigned int status);
/* To anything but an upgrade that is wanted at /connect. */
struct http_answer http_answer_to(const struct http_head *h, const struct assets *assets);

/* -- upgrades */

struct http_upgrade_rules {
	const struct config_list *origins; /* listed ones; empty: see origin.h */
	bool by_https;                     /* a trusted proxy says so */
	bool needs_origin;                 /* is one without an Origin refused? */
};

/* Is it for /connect? */
bool http_is_for_connect(const struct http_head *h);
/* 0: it may become a WebSocket, and *key_out is its Sec-WebSocket-Key; else what it is refused with. */
unsigned int http_upgrade_refusal(const struct http_head *h,
				  const struct http_upgrade_rules *rules,
				  struct slice *key_out) ATTR_USE_RESULT;

/* -- writing */

struct http_context {
	time_t now;
	uint64_t hsts_s; /* Strict-Transport-Security (RFC 6797); 0: not said */
};

/* Writes status line and headers; gives their length. */
size_t http_answer_write_head(const struct http_answer *a,
			      const struct http_context *context,
			      char out[HTTP_ANSWER_HEAD_MAX]);

#endif
