/* http_head.h - the head of an HTTP/1 request, read strictly (RFC 9112).
 *
 * What another program on the way may read otherwise - a bare LF, a folded header, white space before a
 * colon, a length and a coding, two lengths, two hosts - is refused and never mended: so nobody can take
 * for one request what are two to somebody else.  Slices borrow from the bytes that were read. */
#ifndef GATEWAY_HTTP_HEAD_H
#define GATEWAY_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/slice.h"

struct http_limits {
	size_t bytes;   /* of a head, with its empty line */
	size_t headers; /* lines of it */
};

enum http_found {
	HTTP_MORE, /* it is not whole yet, and may become good */
	HTTP_HEAD,
	HTTP_WRONG, /* to be answered with status, and the end: where it ends is not known */
};

struct http_head {
	unsigned int status;
	size_t len; /* how many of the bytes it takes */
	struct slice method;
	struct slice
		path; /* of the target, as it came: without the query, nothing decoded */
	struct slice lines; /* the headers */
	bool is_1_0;        /* the version that the client speaks is HTTP/1.0 */
	bool has_body;
	bool is_last; /* no request follows it: the client says so, or speaks HTTP/1.0 */
};

enum http_found http_head_read(struct slice bytes, const struct http_limits *limits,
			       struct http_head *out) ATTR_USE_RESULT;
/* How often a header stands there; *value_out is its first value (trimmed), empty without one. */
size_t http_head_value(const struct http_head *h, struct slice name,
		       struct slice *value_out);
/* Is the word among the members of this comma-separated header, in capitals or not? */
bool http_head_lists(const struct http_head *h, struct slice name, struct slice word);
/* All values of a header, joined by ", " (RFC 9110 5.2); gives their length.  cap: at least as large as the
 * head. */
size_t http_head_join(const struct http_head *h, struct slice name, char *out,
		      size_t cap);

#endif
