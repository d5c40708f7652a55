/* Where something is: HOST:PORT, a URL of the bus, a transport, the URL of an API.
 *
 * What is taken is what was written, taken apart; what counts as this machine says so by its own words,
 * because a plain bus and a password without TLS depend on it; nothing that a server is called by could
 * be taken for something else by whom it is given to. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bus.h"
#include "common/host_port.h"
#include "common/memory.h"
#include "mailer/transport_spec.h"
#include "tests/fuzz/fuzz.h"

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_loopback_by_name(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       begins(host, "127.");
}

static void check_host_port(const char *text)
{
	struct host_port at;
	char *bare, *bracketed;

	if (!host_port_split(text, &at))
		return;
	bare = xasprintf("%s:%s", at.host, at.port);
	bracketed = xasprintf("[%s]:%s", at.host, at.port);
	assert(strcmp(bare, text) == 0 || strcmp(bracketed, text) == 0);
	assert(at.host[0] != '\0' && at.number <= 65535);
	assert(strtoull(at.port, NULL, 10) == at.number);
	free(bare);
	free(bracketed);
}

static void check_bus_url(const char *text)
{
	char url[BUS_URL_CAP], again[BUS_URL_CAP];
	const char *host;

	if (!bus_url_is_valid(text)) {
		assert(!bus_url_is_tls(text) && !bus_url_is_loopback(text));
		assert(bus_endpoint_url(text, ENDPOINT_EVENTS, url, sizeof url) != ST_OK);
		return;
	}
	assert(begins(text, "tcp://") != begins(text, "tls+tcp://"));
	assert(bus_url_is_tls(text) == begins(text, "tls+tcp://"));
	host = strstr(text, "://") + 3;
	assert(!bus_url_is_loopback(text) || begins(host, "127.") ||
	       begins(host, "localhost:") || begins(host, "[::1]:"));
	for (int i = ENDPOINT_EVENTS; i < ENDPOINT_COUNT; i++) {
		if (bus_endpoint_url(text, (enum bus_endpoint)i, url, sizeof url) !=
		    ST_OK)
			continue;
		assert(bus_url_is_valid(url));
		assert(bus_url_is_tls(url) == bus_url_is_tls(text));
		assert(bus_url_is_loopback(url) == bus_url_is_loopback(text));
		assert(i != ENDPOINT_EVENTS || strcmp(url, text) == 0);
		assert(bus_endpoint_url(url, ENDPOINT_EVENTS, again, sizeof again) !=
			       ST_OK ||
		       strcmp(url, again) == 0);
	}
}

static void check_transport(const char *text)
{
	struct transport_spec spec;

	if (transport_spec_parse(text, &spec) != ST_OK)
		return;
	assert(memchr(spec.where, '\0', sizeof spec.where) != NULL &&
	       spec.where[0] != '\0');
	assert(strstr(text, spec.where) != NULL);
	if (spec.kind == TRANSPORT_MAILDIR)
		return;
	for (const char *at = spec.where; *at != '\0'; at++)
		assert(*at > ' ' && *at < 0x7f && strchr("/\\@?#\"'`$%<>", *at) == NULL);
	assert(spec.where[0] != '-');
	assert(spec.kind == TRANSPORT_MAILGUN || spec.port >= 1);
	assert(spec.kind == TRANSPORT_MAILGUN ||
	       spec.loopback == transport_host_is_loopback(spec.where));
	assert(!spec.loopback || is_loopback_by_name(spec.where));
}

static void check_api_url(const char *text)
{
	if (!transport_api_url_is_valid(text))
		return;
	for (const char *at = text; *at != '\0'; at++)
		assert(*at > ' ' && *at < 0x7f && strchr("\\@?#\"'`$%<>", *at) == NULL);
	assert(begins(text, "https://") || begins(text, "http://127.") ||
	       begins(text, "http://localhost") || begins(text, "http://[::1]"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = slice_dup(fuzz_slice(data, size));

	check_host_port(text);
	check_bus_url(text);
	check_transport(text);
	check_api_url(text);
	free(text);
	return 0;
}
