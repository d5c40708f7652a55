/* The table, and what goes together. */
#include "mailer/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/memory.h"
#include "mailer/address.h"
#include "mailer/letter.h"

/* clang-format off */
#define STRING(name, field, fallback, value, help) \
	{name, CONFIG_STRING, offsetof(struct options, field), fallback, 0, 0, NULL, value, help}
#define CHOICE(name, field, fallback, choices, help) \
	{name, CONFIG_CHOICE, offsetof(struct options, field), fallback, 0, 0, choices, NULL, help}
#define SECRET(name, field, help) \
	{name, CONFIG_SECRET, offsetof(struct options, field), NULL, 0, 0, NULL, NULL, help}

static const struct config_option options[] = {
	BUS_OPTIONS(struct options, bus),
	BUS_CA_OPTION(struct options, bus),
	BUS_ENDPOINT_OPTION(struct options, bus.endpoints[ENDPOINT_MAIL], "mail"),
	STRING("transport", transport, NULL, "WAY",
	       "how letters leave: maildir:DIR, smtp://HOST[:PORT], smtps://HOST[:PORT] or mailgun:DOMAIN (required)"),
	STRING("from", from, NULL, "ADDRESS",
	       "address the letters come from (required)"),
	STRING("audit", audit, "plume-mailer.db", "FILE",
	       "SQLite file of the record; its key is FILE.key"),
	{"audit-keep", CONFIG_DURATION, offsetof(struct options, audit_keep), "30d",
	 0, UINT64_C(3650) * 86400000, NULL, NULL,
	 "how long rows of the record keep what they tell (0: for ever)"},
	STRING("smtp-user", smtp_user, NULL, "NAME",
	       "user at the SMTP server"),
	SECRET("smtp-password", smtp_password,
	       "password of that user"),
	CHOICE("smtp-tls", smtp_tls, "auto", "required|opportunistic|never|auto",
	       "TLS to the SMTP server; auto is required, but opportunistic to this host without a user"),
	STRING("smtp-ca", smtp_ca, NULL, "FILE",
	       "certificates (PEM) to trust at the SMTP server instead of the system's"),
	SECRET("mailgun-key", mailgun_key,
	       "API key of Mailgun"),
	STRING("mailgun-url", mailgun_url, "https://api.mailgun.net/v3", "URL",
	       "base of Mailgun's API (in the EU https://api.eu.mailgun.net/v3)"),
	{"mail-timeout", CONFIG_DURATION, offsetof(struct options, mail_timeout), "30s",
	 1000, 600000, NULL, NULL, "how long one attempt to send a letter may take"},
	{"concurrency", CONFIG_NUMBER, offsetof(struct options, concurrency), "16",
	 1, 64, NULL, NULL, "letters that are sent at the same time"},
	STRING("room", room, "Plume", "NAME",
	       "what the letters call the room"),
	STRING("public-url", public_url, NULL, "URL",
	       "where the room is, as the only link in the letters"),
	{"code-in-subject", CONFIG_FLAG, offsetof(struct options, code_in_subject), "yes",
	 0, 0, NULL, NULL, "show the login code in the subject"},
	SERVICE_OPTIONS(struct options, service, OPTIONS_ADMIN),
};
/* clang-format on */

const struct config_program options_program = {
	.name = "plume-mailer",
	.summary =
		"Sends the login codes of a Plume room by mail.\n"
		"Also: plume-mailer audit list|show|verify|erase|export, plume-mailer test ADDRESS",
	.options = options,
	.n_options = NELEMS(options),
};

#define REFUSE(p, ...) \
	(config_complain(&options_program, (p)->source, __VA_ARGS__), false)

/* -- what the table cannot say -- */

struct checking {
	const struct options *options;
	const struct config_source *source;
	struct options_meaning *out;
};

static bool check_urls(struct checking *p)
{
	const struct options *o = p->options;

	if (!bus_option_resolve(&options_program, p->source, &o->bus, ENDPOINT_MAIL,
				BUS_PEER_LISTENS, &p->out->mail))
		return false;
	if (o->public_url != NULL && !letter_url_is_valid(slice_of(o->public_url)))
		return REFUSE(p, "--public-url is not an http:// or https:// URL");
	return service_check(&options_program, p->source, &o->service);
}

static bool check_style(struct checking *p)
{
	const struct options *o = p->options;

	if (o->from == NULL)
		return REFUSE(p, "--from ADDRESS is required");
	if (!address_is_valid(slice_of(o->from)))
		return REFUSE(p, "--from is not an address like plume@example.org");
	if (!letter_room_is_valid(slice_of(o->room)))
		return REFUSE(
			p,
			"--room is not 1 to 64 bytes of text without control characters");
	return true;
}

/* Otherwise each letter would be put off until its code ends. */
static bool check_authority(struct checking *p)
{
	const char *file = p->options->smtp_ca;
	struct stat about;

	if (file == NULL || (stat(file, &about) == 0 && S_ISREG(about.st_mode) &&
			     access(file, R_OK) == 0))
		return true;
	return REFUSE(p, "--smtp-ca: %s is no file that can be read", file);
}

static bool check_transport(struct checking *p)
{
	const struct options *o = p->options;
	const char *env = getenv("PLUME_ENV");
	struct transport_facts facts = {
		.production = env != NULL && strcmp(env, "production") == 0,
		.smtp_user = o->smtp_user != NULL,
		.smtp_password = o->smtp_password != NULL,
		.mailgun_key = o->mailgun_key != NULL,
		.mailgun_url = o->mailgun_url,
	};
	const char *why;

	if (o->transport == NULL)
		return REFUSE(p,
			      "--transport is required: maildir:DIR, smtp://HOST[:PORT], "
			      "smtps://HOST[:PORT] or mailgun:DOMAIN");
	if (transport_spec_parse(o->transport, &p->out->settings.spec) != ST_OK)
		return REFUSE(p, "--transport is not maildir:DIR, smtp://HOST[:PORT], "
				 "smtps://HOST[:PORT] or mailgun:DOMAIN");
	p->out->settings.tls = (enum transport_tls)o->smtp_tls;
	why = transport_spec_check(&p->out->settings.spec, &facts, &p->out->settings.tls);
	if (why != NULL)
		return REFUSE(p, "%s", why);
	p->out->settings.smtp_user = o->smtp_user;
	p->out->settings.smtp_password = o->smtp_password;
	p->out->settings.smtp_ca = o->smtp_ca;
	p->out->settings.mailgun_key = o->mailgun_key;
	p->out->settings.mailgun_url = o->mailgun_url;
	return true;
}

bool options_check(const struct options *o, const struct config_source *source,
		   struct options_meaning *out)
{
	struct checking c = {o, source, out};

	return check_urls(&c) && check_style(&c) && check_transport(&c) &&
	       check_authority(&c);
}

const char *options_tls_name(const struct options_meaning *m)
{
	static const char *const names[] = {"required", "opportunistic", "never", "auto"};
	enum transport_kind kind = m->settings.spec.kind;

	return kind == TRANSPORT_SMTP || kind == TRANSPORT_SMTPS ? names[m->settings.tls]
								 : "-";
}

const char *options_key(const struct options *o)
{
	return o->smtp_password != NULL ? o->smtp_password : o->mailgun_key;
}
