/* RFC 6454 7: an origin is scheme://host[:port], or null.  Nothing is matched in part. */
#include "gateway/origin.h"

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
