/* Which URLs the bus takes, and where its other endpoints are. */
#include "common/bus.h"

#include "common/memory.h"
#include "common/number.h"

static const struct slice scheme = {"tcp://", 6};

/* Splits tcp://HOST:PORT; the host may be in brackets. */
static bool split_url(const char *url, struct slice *host, uint64_t *port)
{
	struct slice rest = slice_of(url);
	size_t colon;

	if (!slice_starts(rest, scheme))
		return false;
	for (colon = rest.len; colon > scheme.len && rest.ptr[colon - 1] != ':'; colon--)
		;
	if (colon <= scheme.len + 1)
		return false;
	*host = (struct slice){rest.ptr + scheme.len, colon - 1 - scheme.len};
	return number_parse((struct slice){rest.ptr + colon, rest.len - colon}, port) ==
		       ST_OK &&
	       *port >= 1 && *port <= 65535;
}

bool bus_url_is_valid(const char *url)
{
	struct slice host;
	uint64_t port;

	return split_url(url, &host, &port);
}

enum status bus_endpoint_url(const char *bus, enum bus_endpoint endpoint, char *buf,
			     size_t cap)
{
	struct slice host;
	uint64_t port;

	if (!split_url(bus, &host, &port) || port + ENDPOINT_COUNT - 1 > 65535 ||
	    !fmt(buf, cap, "tcp://%.*s:%u", SLICE_ARGS(host), (unsigned)port + endpoint))
		return ST_RANGE;
	return ST_OK;
}
