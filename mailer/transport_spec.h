/* transport_spec.h - what the options say about the way letters leave, understood and
 * checked.
 *
 * Pure.  Here stands who is trusted with what: TLS is demanded of every server that is
 * not on this host, and a password is never sent without TLS unless the operator says
 * so for this host (SECURITY M4). */
#ifndef MAILER_TRANSPORT_SPEC_H
#define MAILER_TRANSPORT_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

enum transport_kind {
	TRANSPORT_MAILDIR,
	TRANSPORT_SMTP,
	TRANSPORT_SMTPS,
	TRANSPORT_MAILGUN
};

struct transport_spec {
	enum transport_kind kind;
	char where[512]; /* directory, host (without brackets) or domain */
	uint16_t port;   /* of an SMTP server */
	bool loopback;   /* the SMTP server is on this host */
};

/* Reads maildir:DIR, smtp://HOST[:PORT] (25), smtps://HOST[:PORT] (465) or
 * mailgun:DOMAIN. ST_UNKNOWN: none of them; ST_RANGE: one of them, but with something
 * wrong in it. */
enum status transport_spec_parse(const char *text,
				 struct transport_spec *out) ATTR_USE_RESULT;

/* The values of --smtp-tls, in its order. */
enum transport_tls { TLS_REQUIRED, TLS_OPPORTUNISTIC, TLS_NEVER, TLS_AUTO };

struct transport_facts {
	bool production;                            /* PLUME_ENV=production */
	bool smtp_user, smtp_password, mailgun_key; /* is there one? */
	const char *mailgun_url;
};

/* Resolves TLS_AUTO in *tls and gives a sentence on what does not go together, NULL
 * when all of it does. */
const char *transport_spec_check(const struct transport_spec *spec,
				 const struct transport_facts *facts,
				 enum transport_tls *tls);

/* localhost, 127.0.0.0/8 or ::1, written without brackets. */
bool transport_host_is_loopback(const char *host);
/* https://, or http:// to this host; no user, query or fragment. */
bool transport_api_url_is_valid(const char *url);

#endif
