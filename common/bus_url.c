/* Which URLs the bus takes, and where its other endpoints are. */
#include "common/bus.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/attr.h"
#include "common/memory.h"
#include "common/number.h"

static const struct {
	struct slice scheme;
	bool is_tls;
} schemes[] = {
	{{"tcp://", 6}, false},
	{{"tls+tcp://", 10}, true},
};

struct url {
	struct slice scheme, host; /* the host may be in brackets */
	uint64_t port;
	bool is_tls;
};

static bool split_scheme(struct slice s, struct url *out)
{
	for (size_t i = 0; i < NELEMS(schemes); i++) {
		if (slice_starts(s, schemes[i].scheme)) {
			out->scheme = schemes[i].scheme;
			out->is_tls = schemes[i].is_tls;
			return true;
		}
	}
	return false;
}

/* Whatever else it is: it is shown and logged. */
static bool is_host(struct slice host)
{
	for (size_t i = 0; i < host.len; i++) {
		if (host.ptr[i] <= ' ' || host.ptr[i] > '~')
			return false;
	}
	return host.len > 0;
}

/* Splits SCHEME://HOST:PORT. */
static bool split_url(const char *url, struct url *out)
{
	struct slice rest = slice_of(url);
	size_t colon, begin;

	*out = (struct url){.port = 0};
	if (!split_scheme(rest, out))
		return false;
	begin = out->scheme.len;
	for (colon = rest.len; colon > begin && rest.ptr[colon - 1] != ':'; colon--)
		;
	if (colon <= begin + 1)
		return false;
	out->host = (struct slice){rest.ptr + begin, colon - 1 - begin};
	return is_host(out->host) &&
	       number_parse((struct slice){rest.ptr + colon, rest.len - colon},
			    &out->port) == ST_OK &&
	       out->port >= 1 && out->port <= 65535;
}

bool bus_url_is_valid(const char *url)
{
	struct url u;

	return split_url(url, &u);
}

bool bus_url_is_tls(const char *url)
{
	struct url u;

	return split_url(url, &u) && u.is_tls;
}

/* By what is written, not by what a name resolves to today. */
bool bus_url_is_loopback(const char *url)
{
	struct in_addr four;
	struct url u;
	char host[64];

	if (!split_url(url, &u) || !fmt(host, sizeof host, "%.*s", SLICE_ARGS(u.host)))
		return false;
	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

enum status bus_endpoint_url(const char *bus, enum bus_endpoint endpoint, char *buf,
			     size_t cap)
{
	struct url u;

	if (!split_url(bus, &u) || u.port + ENDPOINT_COUNT - 1 > 65535 ||
	    !fmt(buf, cap, "%.*s%.*s:%u", SLICE_ARGS(u.scheme), SLICE_ARGS(u.host),
		 (unsigned)u.port + endpoint))
		return ST_RANGE;
	return ST_OK;
}
