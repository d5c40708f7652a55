/* A scheme from a table, then what that scheme is followed by. */
#include "mailer/transport_spec.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/memory.h"
#include "common/number.h"

static const struct {
	struct slice prefix;
	enum transport_kind kind;
	uint16_t port; /* RFC 5321 4.5.4.2, RFC 8314 7.3; 0: not a server */
} schemes[] = {
	{{"maildir:", 8}, TRANSPORT_MAILDIR, 0},
	{{"smtp://", 7}, TRANSPORT_SMTP, 25},
	{{"smtps://", 8}, TRANSPORT_SMTPS, 465},
	{{"mailgun:", 8}, TRANSPORT_MAILGUN, 0},
};

static bool is_host_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == '-' || c == '.';
}

/* A name or an IPv4 address; neither begins with what an option or a path begins with. */
static bool is_host(struct slice host)
{
	for (size_t i = 0; i < host.len; i++) {
		if (!is_host_char(host.ptr[i]))
			return false;
	}
	return host.len >= 1 && host.len <= 253 && host.ptr[0] != '-' &&
	       host.ptr[0] != '.';
}

static bool is_ipv6(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET6, host, &address) == 1;
}

/* Cuts HOST, HOST:PORT, [IPv6] or [IPv6]:PORT; *port stays as it is when there is
 * none. */
static enum status parse_server(struct slice text, struct transport_spec *spec)
{
	struct slice host, rest;
	uint64_t port = spec->port;
	bool bracketed = slice_starts(text, S("["));

	if (bracketed) {
		text.ptr++;
		text.len--;
		if (!slice_cut(text, ']', &host, &rest) ||
		    (rest.len > 0 && !slice_starts(rest, S(":"))))
			return ST_RANGE;
		text = rest;
		if (slice_cut(text, ':', &rest, &text) &&
		    (number_parse(text, &port) != ST_OK))
			return ST_RANGE;
	} else if (slice_cut(text, ':', &host, &rest) &&
		   number_parse(rest, &port) != ST_OK) {
		return ST_RANGE;
	}
	if (port < 1 || port > 65535 ||
	    !fmt(spec->where, sizeof spec->where, "%.*s", SLICE_ARGS(host)) ||
	    (bracketed ? !is_ipv6(spec->where) : !is_host(host)))
		return ST_RANGE;
	spec->port = (uint16_t)port;
	spec->loopback = transport_host_is_loopback(spec->where);
	return ST_OK;
}

enum status transport_spec_parse(const char *text, struct transport_spec *out)
{
	struct slice rest = slice_of(text);
	size_t i = 0;

	memset(out, 0, sizeof *out);
	while (i < sizeof schemes / sizeof schemes[0] &&
	       !slice_starts(rest, schemes[i].prefix))
		i++;
	if (i == sizeof schemes / sizeof schemes[0])
		return ST_UNKNOWN;

	rest.ptr += schemes[i].prefix.len;
	rest.len -= schemes[i].prefix.len;
	out->kind = schemes[i].kind;
	out->port = schemes[i].port;
	if (out->port != 0)
		return parse_server(rest, out);
	if (rest.len == 0 ||
	    !fmt(out->where, sizeof out->where, "%.*s", SLICE_ARGS(rest)) ||
	    (out->kind == TRANSPORT_MAILGUN && !is_host(rest)))
		return ST_RANGE;
	return ST_OK;
}

bool transport_host_is_loopback(const char *host)
{
	struct in_addr address;

	if (inet_pton(AF_INET, host, &address) == 1)
		return ntohl(address.s_addr) >> 24 == 127;
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

bool transport_api_url_is_valid(const char *url)
{
	struct slice rest = slice_of(url), authority, path;
	struct transport_spec server = {.port = 443};
	bool clear = slice_starts(rest, S("http://"));
	size_t skip = clear ? 7 : 8;

	if (!clear && !slice_starts(rest, S("https://")))
		return false;
	rest.ptr += skip;
	rest.len -= skip;
	slice_cut(rest, '/', &authority, &path);
	for (size_t i = 0; i < path.len; i++) {
		if (!is_host_char(path.ptr[i]) && strchr("/_~", path.ptr[i]) == NULL)
			return false;
	}
	return parse_server(authority, &server) == ST_OK && (!clear || server.loopback);
}

/* -- what goes together -- */

static const char *check_smtp(const struct transport_spec *spec,
			      const struct transport_facts *facts,
			      enum transport_tls *tls)
{
	if (facts->smtp_user && !facts->smtp_password)
		return "--smtp-user needs a password: PLUME_SMTP_PASSWORD or --smtp-password-file";
	if (!facts->smtp_user && facts->smtp_password)
		return "the SMTP password needs --smtp-user";
	if (*tls == TLS_AUTO)
		*tls = spec->loopback && !facts->smtp_user ? TLS_OPPORTUNISTIC
							   : TLS_REQUIRED;
	if (spec->kind == TRANSPORT_SMTPS && *tls == TLS_NEVER)
		return "smtps:// is TLS: --smtp-tls never needs smtp://";
	if (facts->smtp_user && *tls == TLS_OPPORTUNISTIC)
		return "--smtp-user needs --smtp-tls required: a password is not sent in clear";
	if (facts->smtp_user && *tls == TLS_NEVER && !spec->loopback)
		return "--smtp-tls never sends the password in clear: only to a server on this host";
	return NULL;
}

const char *transport_spec_check(const struct transport_spec *spec,
				 const struct transport_facts *facts,
				 enum transport_tls *tls)
{
	switch (spec->kind) {
	case TRANSPORT_MAILDIR:
		return facts->production
			       ? "--transport maildir: sends no mail, and PLUME_ENV is production"
			       : NULL;
	case TRANSPORT_SMTP:
	case TRANSPORT_SMTPS:
		return check_smtp(spec, facts, tls);
	case TRANSPORT_MAILGUN:
		if (!facts->mailgun_key)
			return "--transport mailgun: needs a key: PLUME_MAILGUN_KEY or --mailgun-key-file";
		if (!transport_api_url_is_valid(facts->mailgun_url))
			return "--mailgun-url is not https://HOST[:PORT][/PATH] (http:// only to this host)";
		return NULL;
	}
	return NULL;
}
