/* plume-mailer - options in, a transport and an audit out of them, then the loop. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "common/bus.h"
#include "common/bus_options.h"
#include "common/config.h"
#include "common/daemon.h"
#include "common/entropy.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "mailer/address.h"
#include "mailer/audit.h"
#include "mailer/curl_job.h"
#include "mailer/letter.h"
#include "mailer/mailer.h"
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
	uint64_t log_level;
};

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
	CHOICE("log-level", log_level, "info", "error|warn|info|debug",
	       "what is logged"),
};
/* clang-format on */

static const struct config_program program = {
	.name = "plume-mailer",
	.summary = "Sends the login codes of a Plume room by mail.",
	.options = options,
	.n_options = NELEMS(options),
};

struct process {
	struct options options;
	struct config_source source;
	struct bus_address mail;
	struct transport_settings settings;
	struct daemon daemon;
	struct audit *audit;
	struct transport *transport;
	struct mailer *mailer;
};

static const char *environment(const char *name)
{
	return getenv(name);
}

#define REFUSE(p, ...) (config_complain(&program, &(p)->source, __VA_ARGS__), false)

/* -- what the table cannot say -- */

static bool check_urls(struct process *p)
{
	const struct options *o = &p->options;

	if (!bus_option_resolve(&program, &p->source, &o->bus, ENDPOINT_MAIL,
				BUS_PEER_LISTENS, &p->mail))
		return false;
	if (o->public_url != NULL && !letter_url_is_valid(slice_of(o->public_url)))
		return REFUSE(p, "--public-url is not an http:// or https:// URL");
	return true;
}

static bool check_style(struct process *p)
{
	const struct options *o = &p->options;

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

static bool check_transport(struct process *p)
{
	const struct options *o = &p->options;
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
	if (transport_spec_parse(o->transport, &p->settings.spec) != ST_OK)
		return REFUSE(p, "--transport is not maildir:DIR, smtp://HOST[:PORT], "
				 "smtps://HOST[:PORT] or mailgun:DOMAIN");
	p->settings.tls = (enum transport_tls)o->smtp_tls;
	why = transport_spec_check(&p->settings.spec, &facts, &p->settings.tls);
	if (why != NULL)
		return REFUSE(p, "%s", why);
	p->settings.smtp_user = o->smtp_user;
	p->settings.smtp_password = o->smtp_password;
	p->settings.smtp_ca = o->smtp_ca;
	p->settings.mailgun_key = o->mailgun_key;
	p->settings.mailgun_url = o->mailgun_url;
	return true;
}

/* -- the process -- */

static void on_drain(void *ctx)
{
	struct process *p = ctx;

	mailer_drain(p->mailer);
}

/* Attempts that the drain gave up may still be on their threads, so the transport
 * stays. */
static void on_ended(void *ctx, int exit_code)
{
	struct process *p = ctx;

	audit_close(&p->audit);
	daemon_stop(&p->daemon, exit_code);
}

static enum status start_mailer(struct process *p)
{
	const struct options *o = &p->options;
	struct mailer_setup setup = {
		.loop = p->daemon.loop,
		.at = &p->mail,
		.style = {o->from, o->room, o->public_url, o->code_in_subject},
		.timeout_ms = o->mail_timeout,
		.keep_ms = o->audit_keep,
		.concurrency = o->concurrency,
		.audit = p->audit,
		.transport = p->transport,
		.key = o->smtp_password != NULL ? o->smtp_password : o->mailgun_key,
		.entropy = &entropy_system,
		.on_ended = on_ended,
		.ctx = p,
	};

	return mailer_new(&setup, &p->mailer);
}

/* libuv reads it at the first piece of work; each attempt has a thread. */
static bool size_thread_pool(uint64_t concurrency)
{
	char size[24];

	return fmt(size, sizeof size, "%u", (unsigned)concurrency) &&
	       setenv("UV_THREADPOOL_SIZE", size, 1) == 0;
}

static enum status start(struct process *p)
{
	enum status st = secret_init();

	if (st == ST_OK)
		st = curl_job_init();
	if (st == ST_OK)
		st = audit_open(p->options.audit, &entropy_system, &p->audit);
	if (st == ST_OK)
		st = transport_new(p->daemon.loop, &p->settings, &p->transport);
	if (st == ST_OK)
		st = start_mailer(p);
	return st;
}

static void log_ready(const struct process *p)
{
	static const char *const tls[] = {"required", "opportunistic", "never", "auto"};
	enum transport_kind kind = p->settings.spec.kind;
	bool smtp = kind == TRANSPORT_SMTP || kind == TRANSPORT_SMTPS;
	char shown[256];

	if (kind == TRANSPORT_SMTP && p->settings.tls == TLS_NEVER &&
	    !p->settings.spec.loopback)
		log_warn("smtp_clear",
			 "why=\"--smtp-tls never: codes travel unencrypted\"");
	log_info("ready", "mail=%s transport=%s tls=%s", p->mail.url,
		 log_quote(shown, sizeof shown, slice_of(p->options.transport)),
		 smtp ? tls[p->settings.tls] : "-");
}

static int run(struct process *p)
{
	log_init(program.name, (enum log_level)p->options.log_level);
	if (!size_thread_pool(p->options.concurrency))
		return EXIT_FAILURE;
	daemon_init(&p->daemon, uv_default_loop(), on_drain, p);
	bus_option_warn(&p->mail);
	if (start(p) != ST_OK) {
		audit_close(&p->audit);
		log_error("start_failed", "why=\"see above\"");
		return EXIT_FAILURE;
	}
	log_ready(p);
	daemon_run(&p->daemon);
}

int main(int argc, char **argv)
{
	static struct process p; /* lives as long as the process; nothing else sees it */
	int operands;

	p.source = (struct config_source){argc, argv, environment, stdout, stderr};
	switch (config_load(&program, &p.source, &p.options, &operands)) {
	case CONFIG_DONE:
		return EXIT_SUCCESS;
	case CONFIG_BAD:
		return 2;
	case CONFIG_CHECK:
		return check_urls(&p) && check_style(&p) && check_transport(&p)
			       ? EXIT_SUCCESS
			       : 2;
	case CONFIG_RUN:
		break;
	}
	if (!check_urls(&p) || !check_style(&p) || !check_transport(&p))
		return 2;
	return run(&p);
}
