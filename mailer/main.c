/* plume-mailer - options in, a transport and an audit out of them, then the loop; or one of the
 * commands. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <uv.h>

#include "common/bus_options.h"
#include "common/config_reload.h"
#include "common/daemon.h"
#include "common/entropy.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "common/service.h"
#include "mailer/audit.h"
#include "mailer/command.h"
#include "mailer/curl_job.h"
#include "mailer/mailer.h"
#include "mailer/options.h"

struct process {
	struct options options;
	struct config_source source;
	struct options_meaning meaning;
	struct service service;
	struct audit *audit;
	struct transport *transport;
	struct mailer *mailer;
};

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
	daemon_stop(&p->service.daemon, exit_code);
}

static enum status start_mailer(struct process *p)
{
	const struct options *o = &p->options;
	struct mailer_setup setup = {
		.loop = p->service.daemon.loop,
		.at = &p->meaning.mail,
		.style = {o->from, o->room, o->public_url, o->code_in_subject},
		.timeout_ms = o->mail_timeout,
		.keep_ms = o->audit_keep,
		.concurrency = o->concurrency,
		.audit = p->audit,
		.transport = p->transport,
		.key = options_key(o),
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
		st = transport_new(p->service.daemon.loop, &p->meaning.settings,
				   &p->transport);
	if (st == ST_OK)
		st = start_mailer(p);
	return st;
}

static void log_ready(const struct process *p)
{
	char shown[256];

	if (p->meaning.settings.spec.kind == TRANSPORT_SMTP &&
	    p->meaning.settings.tls == TLS_NEVER && !p->meaning.settings.spec.loopback)
		log_warn("smtp_clear",
			 "why=\"--smtp-tls never: codes travel unencrypted\"");
	log_info("ready", "mail=%s transport=%s tls=%s", p->meaning.mail.url,
		 log_quote(shown, sizeof shown, slice_of(p->options.transport)),
		 options_tls_name(&p->meaning));
}

static bool is_ready(void *ctx, const char **why)
{
	const struct process *p = ctx;

	return mailer_is_ready(p->mailer, why);
}

static void write_metrics(void *ctx, FILE *out)
{
	struct process *p = ctx;

	mailer_write_metrics(p->mailer, out);
}

static bool would_start(const void *fresh, const struct config_source *source)
{
	struct options_meaning scratch = {0};
	bool good = options_check(fresh, source, &scratch);

	bus_ends_free(&scratch.mail.ends);
	return good;
}

static enum status on_reload(void *ctx)
{
	static const char *const live[] = {"mail-timeout", "audit-keep", SERVICE_LIVE};
	struct process *p = ctx;
	struct config_reloading r = {&options_program, &p->source, live, NELEMS(live),
				     would_start};
	struct options fresh;
	enum status st = bus_certificates_check(&p->meaning.mail, BUS_PEER_LISTENS);

	if (st == ST_OK)
		st = config_reload(&r, &p->options, &fresh);
	if (st != ST_OK)
		return st;
	p->options = fresh;
	mailer_set_limits(p->mailer, fresh.mail_timeout, fresh.audit_keep);
	service_set_log(&p->options.service);
	if (bus_renew(&p->meaning.mail) != ST_OK)
		_exit(1); /* it would stay deaf: the next start can do better */
	return ST_OK;
}

static int run(struct process *p)
{
	struct service_hooks hooks = {on_drain, is_ready, write_metrics, on_reload, p};

	if (!size_thread_pool(p->options.concurrency))
		return EXIT_FAILURE;
	service_begin(&p->service, uv_default_loop(), &options_program,
		      &p->options.service, &hooks);
	service_mind_bus(&p->service, &p->meaning.mail);
	if (start(p) != ST_OK ||
	    service_open(&p->service, &p->options.service, OPTIONS_ADMIN) != ST_OK) {
		audit_close(&p->audit);
		log_error("start_failed", "why=\"see above\"");
		return EXIT_FAILURE;
	}
	log_ready(p);
	daemon_run(&p->service.daemon);
}

static int serve(int argc, char **argv)
{
	static struct process p; /* lives as long as the process; nothing else sees it */
	int operands;

	p.source = (struct config_source){argc, argv, config_env, stdout, stderr};
	switch (config_load(&options_program, &p.source, &p.options, &operands)) {
	case CONFIG_DONE:
		return EXIT_SUCCESS;
	case CONFIG_BAD:
		return 2;
	case CONFIG_CHECK:
		return options_check(&p.options, &p.source, &p.meaning) ? EXIT_SUCCESS
									: 2;
	case CONFIG_RUN:
		break;
	}
	return options_check(&p.options, &p.source, &p.meaning) ? run(&p) : 2;
}

int main(int argc, char **argv)
{
	return argc > 1 && argv[1][0] != '-' ? command_main(argc, argv)
					     : serve(argc, argv);
}
