/* options.h - what plume-mailer is told on its command line and in its environment, checked.
 *
 * The same options serve letters and send a test letter. */
#ifndef MAILER_OPTIONS_H
#define MAILER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/bus_options.h"
#include "common/config.h"
#include "common/service.h"
#include "mailer/transport.h"

struct options {
	struct bus_settings bus;
	const char *transport, *from, *audit;
	const char *smtp_user, *smtp_password, *smtp_ca;
	uint64_t smtp_tls;
	const char *mailgun_key, *mailgun_url;
	uint64_t mail_timeout, concurrency, audit_keep;
	const char *room, *public_url;
	bool code_in_subject;
	struct service_settings service;
};

#define OPTIONS_ADMIN "127.0.0.1:4887" /* unless --admin says otherwise */

extern const struct config_program options_program;

/* What follows from them; strings are borrowed. */
struct options_meaning {
	struct bus_address mail;
	struct transport_settings settings;
};

/* Checks what the table cannot say.  False: a complaint was printed, and the exit code is 2. */
bool options_check(const struct options *o, const struct config_source *source,
		   struct options_meaning *out) ATTR_USE_RESULT;
/* TLS_AUTO and so on, for people. */
const char *options_tls_name(const struct options_meaning *m);
/* The key of the transport, which is never kept or logged; NULL: none. */
const char *options_key(const struct options *o);

#endif
