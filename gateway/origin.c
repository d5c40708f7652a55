/* RFC 6454 7: an origin is scheme://host[:port], or null.  Nothing is matched in part. */
#include "gateway/origin.h"

#include <string.h>

#include "common/memory.h"
#include "common/number.h"

/* The gateway itself speaks plain HTTP. */
static bool is_of_host(struct slice origin, struct slice host, bool by_https)
{
	const struct slice scheme = by_https ? S("https://") : S("http://");
	struct slice rest;

	if (!slice_starts(origin, scheme))
		return false;
	rest = (struct slice){origin.ptr + scheme.len, origin.len - scheme.len};
	return host.len > 0 && slice_equal_folded(rest, host);
}

bool origin_is_allowed(const struct config_list *listed, struct slice origin,
		       struct slice host, bool by_https)
{
	if (origin.len == 0)
		return true;
	if (listed->n == 0)
		return is_of_host(origin, host, by_https);
	for (size_t i = 0; i < listed->n; i++) {
		if (slice_equal(slice_of(listed->items[i]), origin))
			return true;
	}
	return false;
}

/* -- what may be listed -- */

#define HTTP S("http://")
#define HTTPS S("https://")

static struct slice after(struct slice s, size_t n)
{
	return (struct slice){s.ptr + n, s.len - n};
}

static bool consists_of(struct slice s, const char *allowed)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\0' || strchr(allowed, s.ptr[i]) == NULL)
			return false;
	}
	return s.len > 0;
}

static bool is_port(struct slice s, uint64_t of_scheme)
{
	uint64_t n;

	return s.len <= 5 && s.len > 0 && s.ptr[0] != '0' &&
	       number_parse(s, &n) == ST_OK && n <= 65535 && n != of_scheme;
}

/* An address of IPv6 is in brackets; other hosts have no colon. */
static bool is_host_and_port(struct slice s, uint64_t of_scheme)
{
	struct slice host, port;
	bool is_v6 = s.len > 0 && s.ptr[0] == '[', has_port;

	if (!is_v6) {
		has_port = slice_cut(s, ':', &host, &port);
		return consists_of(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_") &&
		       (!has_port || is_port(port, of_scheme));
	}
	if (!slice_cut(after(s, 1), ']', &host, &port) ||
	    !consists_of(host, "abcdef0123456789:."))
		return false;
	return port.len == 0 ||
	       (port.ptr[0] == ':' && is_port(after(port, 1), of_scheme));
}

bool origin_is_valid(struct slice origin)
{
	if (slice_starts(origin, HTTPS))
		return is_host_and_port(after(origin, HTTPS.len), 443);
	if (slice_starts(origin, HTTP))
		return is_host_and_port(after(origin, HTTP.len), 80);
	return slice_equal(origin, S("null"));
}

static void drop_end(char *text, const char *start, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	if (strncmp(text, start, strlen(start)) == 0 && len > end_len &&
	    strcmp(text + len - end_len, end) == 0)
		text[len - end_len] = '\0';
}

bool origin_guess(struct slice typed, char out[ORIGIN_CAP])
{
	struct slice all = slice_trim(typed);
	struct slice scheme = S("https://");
	char *slash;

	for (size_t i = 0; i + 2 < all.len && scheme.len > 0; i++) {
		if (memcmp(all.ptr + i, "://", 3) == 0)
			scheme.len = 0; /* it has one */
	}
	if (!fmt(out, ORIGIN_CAP, "%.*s%.*s", SLICE_ARGS(scheme), SLICE_ARGS(all)))
		return false;
	for (char *c = out; *c != '\0'; c++)
		*c = ascii_lower(*c);
	slash = strstr(out, "://");
	slash = slash == NULL ? NULL : strchr(slash + 3, '/');
	if (slash != NULL)
		*slash = '\0';
	drop_end(out, "https:", ":443");
	drop_end(out, "http:", ":80");
	return strchr(out, '.') != NULL && origin_is_valid(slice_of(out));
}
