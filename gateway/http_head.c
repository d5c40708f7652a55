/* A head is looked at from its beginning whenever bytes have come: it is small, and state between two looks
 * would be one more thing to get wrong. */
#include "gateway/http_head.h"

#include <stdint.h>
#include <string.h>

#include "common/number.h"

enum {
	EMPTY_LINES_MAX = 2, /* in front of a request; RFC 9112 2.2 asks for one */
	METHOD_MAX = 32,
};

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_token_char(char c)
{
	/* RFC 9110 5.6.2 */
	return is_alphanumeric(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_token_char(s.ptr[i]))
			return false;
	}
	return s.len > 0;
}

/* Text and CRLF, nothing else: the last byte may be a CR whose LF is still on its way. */
static bool is_clean(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '\r'   ? i + 1 < s.len && s.ptr[i + 1] != '\n'
		    : c == '\n' ? i == 0 || s.ptr[i - 1] != '\r'
				: (c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* Takes the next line off, without its CRLF. */
static bool next_line(struct slice *rest, struct slice *line)
{
	struct slice tail;

	if (!slice_cut(*rest, '\n', line, &tail))
		return false;
	line->len--; /* the CR: is_clean() saw it */
	*rest = tail;
	return true;
}

/* -- headers */

static bool split(struct slice line, struct slice *name, struct slice *value)
{
	if (!slice_cut(line, ':', name, value))
		return false;
	*value = slice_trim(*value);
	return is_token(*name); /* so no fold, and no white space before the colon */
}

size_t http_head_value(const struct http_head *h, struct slice name,
		       struct slice *value_out)
{
	struct slice rest = h->lines, line, found, value;
	size_t n = 0;

	*value_out = S("");
	while (next_line(&rest, &line)) {
		if (split(line, &found, &value) && slice_equal_folded(found, name) &&
		    n++ == 0)
			*value_out = value;
	}
	return n;
}

bool http_head_lists(const struct http_head *h, struct slice name, struct slice word)
{
	struct slice rest = h->lines, line, found, list, member;

	while (next_line(&rest, &line)) {
		if (!split(line, &found, &list) || !slice_equal_folded(found, name))
			continue;
		while (list.len > 0) {
			slice_cut(list, ',', &member, &list);
			if (slice_equal_folded(slice_trim(member), word))
				return true;
		}
	}
	return false;
}

size_t http_head_join(const struct http_head *h, struct slice name, char *out, size_t cap)
{
	struct slice rest = h->lines, line, found, value;
	size_t len = 0;

	while (next_line(&rest, &line)) {
		if (!split(line, &found, &value) || !slice_equal_folded(found, name) ||
		    value.len == 0 || value.len + 2 > cap - len)
			continue;
		if (len > 0) {
			memcpy(out + len, ", ", 2);
			len += 2;
		}
		memcpy(out + len, value.ptr, value.len);
		len += value.len;
	}
	return len;
}

/* -- the whole */

static enum http_found wrong(struct http_head *h, unsigned int status)
{
	h->status = status;
	return HTTP_WRONG;
}

/* RFC 9112 3: method SP target SP version.  0: it is good. */
static unsigned int read_request_line(struct slice line, struct http_head *h)
{
	struct slice target, version, query;

	if (!slice_cut(line, ' ', &h->method, &target) ||
	    !slice_cut(target, ' ', &target, &version) || !is_token(h->method) ||
	    h->method.len > METHOD_MAX || !slice_starts(version, S("HTTP/")))
		return 400;
	if (!slice_equal(version, S("HTTP/1.1")) && !slice_equal(version, S("HTTP/1.0")))
		return 505;
	h->is_1_0 = slice_equal(version, S("HTTP/1.0"));
	h->is_last = h->is_1_0;
	for (size_t i = 0; i < target.len; i++) {
		if ((unsigned char)target.ptr[i] <= ' ' ||
		    (unsigned char)target.ptr[i] > '~')
			return 400;
	}
	/* A path, or the "*" of OPTIONS: this is no proxy. */
	if (!slice_starts(target, S("/")) && !slice_equal(target, S("*")))
		return 400;
	slice_cut(target, '?', &h->path, &query);
	return 0;
}

/* How many letters, digits and characters of `others` it begins with. */
static size_t run_of(struct slice s, const char *others)
{
	size_t n = 0;

	while (n < s.len && (is_alphanumeric(s.ptr[n]) ||
			     (s.ptr[n] != '\0' && strchr(others, s.ptr[n]))))
		n++;
	return n;
}

/* RFC 3986 3.2.2, 3.2.3: a name, or an address in brackets, and perhaps a port.  All of it may be empty. */
static bool is_host(struct slice s)
{
	static const char inside[] = "-._~!$&'()*+,;=:", outside[] = "-._~!$&'()*+,;=%";
	size_t n;

	if (slice_starts(s, S("["))) {
		n = 1 + run_of((struct slice){s.ptr + 1, s.len - 1}, inside);
		if (n == 1 || n == s.len || s.ptr[n++] != ']')
			return false;
	} else {
		n = run_of(s, outside);
	}
	if (n < s.len && s.ptr[n] == ':')
		n++;
	while (n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9')
		n++;
	return n == s.len;
}

/* Where the message ends must be beyond doubt (RFC 9112 6.3). */
static unsigned int check_framing(struct http_head *h)
{
	struct slice length, coding, host;
	size_t lengths = http_head_value(h, S("content-length"), &length);
	size_t codings = http_head_value(h, S("transfer-encoding"), &coding);
	size_t hosts = http_head_value(h, S("host"), &host);
	uint64_t n = 0;

	/* RFC 9112 3.2 */
	if (hosts > 1 || (hosts == 0 && !h->is_1_0) || !is_host(host))
		return 400;
	if (lengths > 1 || (lengths == 1 && codings > 0) || (codings > 0 && h->is_1_0) ||
	    (lengths == 1 && number_parse(length, &n) != ST_OK))
		return 400;
	h->has_body = codings > 0 || n > 0;
	h->is_last |= http_head_lists(h, S("connection"), S("close"));
	return 0;
}

static unsigned int check_headers(const struct http_head *h, size_t most)
{
	struct slice rest = h->lines, line, name, value;
	size_t n = 0;

	while (next_line(&rest, &line)) {
		if (!split(line, &name, &value))
			return 400;
		if (++n > most)
			return 431;
	}
	return 0;
}

static size_t empty_lines(struct slice bytes)
{
	size_t n = 0;

	while (n < EMPTY_LINES_MAX && 2 * n + 2 <= bytes.len &&
	       memcmp(bytes.ptr + 2 * n, "\r\n", 2) == 0)
		n++;
	return 2 * n;
}

/* The bytes of a head, with its empty line; 0: it has no end yet. */
static size_t length_of(struct slice bytes)
{
	for (size_t i = 0; i + 4 <= bytes.len; i++) {
		const char *cr = memchr(bytes.ptr + i, '\r', bytes.len - i - 3);

		if (cr == NULL)
			return 0;
		i = (size_t)(cr - bytes.ptr);
		if (memcmp(cr, "\r\n\r\n", 4) == 0)
			return i + 4;
	}
	return 0;
}

enum http_found http_head_read(struct slice bytes, const struct http_limits *limits,
			       struct http_head *out)
{
	size_t skip = empty_lines(bytes), len;
	struct slice line, rest;
	unsigned int status;

	*out = (struct http_head){.status = 0};
	if (bytes.len == skip)
		return HTTP_MORE;
	rest = (struct slice){bytes.ptr + skip, bytes.len - skip};
	len = length_of(rest);
	if (len > 0)
		rest.len = len;
	if (rest.len == 1 && rest.ptr[0] == '\r' && skip < 2 * EMPTY_LINES_MAX)
		return HTTP_MORE;
	if (!is_clean(rest) || rest.ptr[0] == '\r')
		return wrong(out, 400);
	if (skip + rest.len > limits->bytes)
		return wrong(out, 431);
	if (len == 0)
		return HTTP_MORE;
	out->len = skip + len;
	rest.len -= 2; /* the empty line */
	if (!next_line(&rest, &line))
		return wrong(out, 400);
	out->lines = rest;
	status = read_request_line(line, out);
	if (status == 0)
		status = check_headers(out, limits->headers);
	if (status == 0)
		status = check_framing(out);
	return status != 0 ? wrong(out, status) : HTTP_HEAD;
}
