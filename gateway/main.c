/* plume-gateway: options, then the loop. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <uv.h>

#include "common/attr.h"
#include "common/bus_options.h"
#include "common/config.h"
#include "common/config_reload.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/secret.h"
#include "common/service.h"
#include "gateway/gateway.h"
#include "gateway/listener.h"
#include "gateway/origin.h"

struct options {
	struct bus_settings bus;
	const char *listen, *static_dir;
	struct config_list origins, proxies;
	bool require_origin;
	uint64_t header_bytes, headers, header_timeout_ms, hsts_ms;
	uint64_t sockets_per_network, unauthenticated;
	uint64_t hello_bytes, text_bytes;
	uint64_t posts_per_second, posts_burst;
	uint64_t ping_interval_ms, pong_timeout_ms, hello_timeout_ms, flush_interval_ms;
	uint64_t drain_ms, backlog_bytes;
	struct service_settings service;
};

#define AT(field) offsetof(struct options, field)
#define ADMIN "127.0.0.1:4886" /* unless --admin says otherwise */
#define HOUR UINT64_C(3600000) /* in milliseconds */
#define DAY (24 * HOUR)

enum { DESCRIPTORS_MAX = 1 << 17 };

static const struct config_option table[] = {
	BUS_OPTIONS(struct options, bus),
	BUS_CA_OPTION(struct options, bus),
	BUS_ENDPOINT_OPTION(struct options, bus.endpoints[ENDPOINT_EVENTS], "events"),
	BUS_ENDPOINT_OPTION(struct options, bus.endpoints[ENDPOINT_COMMANDS], "commands"),
	{"listen", CONFIG_STRING, AT(listen), "127.0.0.1:8080", 0, 0, NULL, "HOST:PORT",
	 "where browsers connect; port 0 takes a free one, told in the ready line"},
	{"static", CONFIG_STRING, AT(static_dir), PLUME_STATIC_DIR, 0, 0, NULL, "DIR",
	 "the files of the page"},
	{"origin", CONFIG_LIST, AT(origins), NULL, 0, 0, NULL, "URL",
	 "origin whose pages may connect, like https://chat.example; repeatable [the host the "
	 "page was asked from]"},
	{"trusted-proxy", CONFIG_LIST, AT(proxies), NULL, 0, 0, NULL, "NETWORK",
	 "proxy whose X-Forwarded-For is believed, like 192.0.2.1 or 10.0.0.0/8; repeatable"},
	{"require-origin", CONFIG_FLAG, AT(require_origin), "no", 0, 0, NULL, NULL,
	 "refuse WebSockets that name no origin: then programs that are no browsers stay out"},
	{"hsts", CONFIG_DURATION, AT(hsts_ms), "365d", 0, 730 * DAY, NULL, "TIME",
	 "for how long browsers are to use https only, told where an --origin or a trusted proxy says "
	 "https; 0 tells nothing"},
	{"header-bytes", CONFIG_NUMBER, AT(header_bytes), "8192", 1024, 65536, NULL, "N",
	 "bytes of a request's headers"},
	{"headers", CONFIG_NUMBER, AT(headers), "64", 8, 1000, NULL, "N",
	 "headers of a request"},
	{"header-timeout", CONFIG_DURATION, AT(header_timeout_ms), "10s", 1000, HOUR,
	 NULL, "TIME", "how long a request's headers may take"},
	{"sockets-per-network", CONFIG_NUMBER, AT(sockets_per_network), "500", 0, 1000000,
	 NULL, "N", "connections from one IPv4 address or IPv6 /64; 0 lifts the limit"},
	{"unauthenticated", CONFIG_NUMBER, AT(unauthenticated), "10000", 0, 1000000, NULL,
	 "N", "connections outside the room, all together; 0 lifts the limit"},
	{"hello-bytes", CONFIG_NUMBER, AT(hello_bytes), "4096", 1024, 65536, NULL, "N",
	 "bytes of a message from outside the room"},
	{"text-bytes", CONFIG_NUMBER, AT(text_bytes), "65536", 1, 65536, NULL, "N",
	 "bytes of a text; a message in the room may have 8 KiB more"},
	{"posts-per-second", CONFIG_NUMBER, AT(posts_per_second), "10", 0, 1000, NULL,
	 "N", "texts a client may send in a second; 0 lifts the limit"},
	{"posts-burst", CONFIG_NUMBER, AT(posts_burst), "10", 1, 100000, NULL, "N",
	 "texts a client may send at once"},
	{"ping-interval", CONFIG_DURATION, AT(ping_interval_ms), "25s", 1000, HOUR, NULL,
	 "TIME", "silence after which a browser is asked whether it is still there"},
	{"pong-timeout", CONFIG_DURATION, AT(pong_timeout_ms), "20s", 1000, HOUR, NULL,
	 "TIME", "how long it may take to answer"},
	{"hello-timeout", CONFIG_DURATION, AT(hello_timeout_ms), "60s", 0, HOUR, NULL,
	 "TIME", "how long a connection may stay without a word; 0 lifts the limit"},
	{"flush-interval", CONFIG_DURATION, AT(flush_interval_ms), "20ms", 0, 1000, NULL,
	 "TIME",
	 "least time between two writes of posts to a browser, and between two batches to the "
	 "broker; 0 lets both go at once"},
	{"backlog-bytes", CONFIG_NUMBER, AT(backlog_bytes), "67108864", 1 << 20,
	 UINT64_C(1) << 36, NULL, "N",
	 "bytes of unfinished messages and untaken answers that may wait for all browsers "
	 "together; over it, who has more than 8 KiB of them is closed"},
	{"drain", CONFIG_DURATION, AT(drain_ms), "10s", 0, HOUR, NULL, "TIME",
	 "over which the browsers of a gateway that was told to stop are moved"},
	SERVICE_OPTIONS(struct options, service, ADMIN),
};

static const struct config_program program = {
	"plume-gateway",
	"Where browsers meet a Plume room: the page, WebSockets, fan-out.",
	NULL,
	table,
	NELEMS(table),
	NULL,
	NULL};

/* What a reload changes at once, for those who are connected too. */
static const char *const live[] = {"origin",
				   "require-origin",
				   "hsts",
				   "header-bytes",
				   "headers",
				   "header-timeout",
				   "sockets-per-network",
				   "unauthenticated",
				   "hello-bytes",
				   "text-bytes",
				   "posts-per-second",
				   "posts-burst",
				   "ping-interval",
				   "pong-timeout",
				   "hello-timeout",
				   "backlog-bytes",
				   "drain",
				   "trusted-proxy",
				   SERVICE_LIVE};

struct process {
	struct service service;
	struct config_source source;
	struct options given;
	struct gateway_options options;
	struct gateway *gateway;
};

static bool has_good_origins(const struct config_source *source, const struct options *o)
{
	char quoted[128], guess[ORIGIN_CAP];

	for (size_t i = 0; i < o->origins.n; i++) {
		struct slice origin = slice_of(o->origins.items[i]);

		if (origin_is_valid(origin))
			continue;
		log_quote(quoted, sizeof quoted, origin);
		if (origin_guess(origin, guess))
			config_complain(
				&program, source,
				"--origin: %s is not what browsers send; did you mean %s?",
				quoted, guess);
		else
			config_complain(
				&program, source,
				"--origin: %s is no origin like https://chat.example",
				quoted);
		return false;
	}
	return true;
}

/* What the table cannot check; complains. */
static bool are_good(const struct config_source *source, const struct options *o,
		     struct gateway_options *out)
{
	char quoted[128];
	const char *bad;

	if (!listener_address_is_valid(o->listen)) {
		config_complain(&program, source, "--listen: %s is not HOST:PORT",
				log_quote(quoted, sizeof quoted, slice_of(o->listen)));
		return false;
	}
	if (!has_good_origins(source, o))
		return false;
	forwarded_trust_init(&out->proxies, &o->proxies, &bad);
	if (bad != NULL)
		config_complain(&program, source,
				"--trusted-proxy: %s is neither an address nor a network",
				log_quote(quoted, sizeof quoted, slice_of(bad)));
	return bad == NULL;
}

static void on_drained(void *ctx)
{
	struct process *p = ctx;

	daemon_stop(&p->service.daemon, 0);
}

static void on_drain(void *ctx)
{
	struct process *p = ctx;

	gateway_drain(p->gateway, on_drained, p);
}

/* As by SIGTERM; whoever started the process starts it anew, or does not. */
static void on_asked_to_drain(void *ctx)
{
	struct process *p = ctx;

	daemon_drain(&p->service.daemon, "an operator asked for it");
}

static void fill(const struct options *o, struct gateway_options *out)
{
	out->listen = o->listen;
	out->static_dir = o->static_dir;
	out->origins = &o->origins;
	out->require_origin = o->require_origin;
	out->hsts_ms = o->hsts_ms;
	out->http = (struct http_limits){.bytes = o->header_bytes, .headers = o->headers};
	out->header_timeout_ms = o->header_timeout_ms;
	out->admission = (struct admission_limits){.per_network = o->sockets_per_network,
						   .unknown = o->unauthenticated};
	out->hello_bytes = o->hello_bytes;
	out->text_bytes = o->text_bytes;
	out->posts = (struct bucket_rule){
		.interval_ms = o->posts_per_second == 0 ? 0 : 1000 / o->posts_per_second,
		.burst = o->posts_burst};
	out->ping_interval_ms = o->ping_interval_ms;
	out->pong_timeout_ms = o->pong_timeout_ms;
	out->hello_timeout_ms = o->hello_timeout_ms;
	out->flush_interval_ms = o->flush_interval_ms;
	out->backlog_bytes = o->backlog_bytes;
	out->drain_ms = o->drain_ms;
}

/* Each browser is a descriptor: as many as may be had.  The library keeps 16 bytes for each that
 * might be, so not without end. */
static void raise_limit(void)
{
	struct rlimit l;
	rlim_t most = DESCRIPTORS_MAX;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= most)
		return;
	l.rlim_cur = l.rlim_max < most ? l.rlim_max : most;
	if (setrlimit(RLIMIT_NOFILE, &l) == 0)
		log_info("descriptors", "most=%llu", (unsigned long long)l.rlim_cur);
}

static bool is_ready(void *ctx, const char **why)
{
	const struct process *p = ctx;

	return gateway_is_ready(p->gateway, why);
}

static void write_metrics(void *ctx, FILE *out)
{
	struct process *p = ctx;

	gateway_metrics_write(p->gateway, out);
}

/* False: a complaint was written. */
static bool check(const struct options *o, const struct config_source *source,
		  struct gateway_options *out)
{
	return bus_option_resolve(&program, source, &o->bus, ENDPOINT_EVENTS,
				  BUS_PEER_LISTENS, &out->events) &&
	       bus_option_resolve(&program, source, &o->bus, ENDPOINT_COMMANDS,
				  BUS_PEER_LISTENS, &out->commands) &&
	       are_good(source, o, out) && service_check(&program, source, &o->service);
}

static bool would_start(const void *fresh, const struct config_source *source)
{
	struct gateway_options scratch = {0};
	bool good = check(fresh, source, &scratch);

	bus_ends_free(&scratch.events.ends);
	bus_ends_free(&scratch.commands.ends);
	return good;
}

static enum status on_reload(void *ctx)
{
	struct process *p = ctx;
	struct config_reloading r = {&program, &p->source, live, NELEMS(live),
				     would_start};
	struct options fresh;
	const char *bad; /* none: they were checked */
	enum status st = bus_certificates_check(&p->options.events, BUS_PEER_LISTENS);

	if (st == ST_OK)
		st = bus_certificates_check(&p->options.commands, BUS_PEER_LISTENS);
	if (st == ST_OK)
		st = config_reload(&r, &p->given, &fresh);
	if (st != ST_OK)
		return st;
	p->given = fresh;
	fill(&p->given, &p->options);
	forwarded_trust_init(&p->options.proxies, &p->given.proxies, &bad);
	service_set_log(&p->given.service);
	if (bus_renew(&p->options.events) != ST_OK ||
	    bus_renew(&p->options.commands) != ST_OK)
		_exit(1); /* it would stay deaf: the next start can do better */
	return ST_OK;
}

int main(int argc, char **argv)
{
	static struct process p; /* lives as long as the process; nothing else sees it */
	struct service_hooks hooks = {on_drain, is_ready, write_metrics, on_reload, &p};
	int operands;
	enum config_outcome outcome;

	p.source = (struct config_source){argc, argv, config_env, stdout, stderr};
	outcome = config_load(&program, &p.source, &p.given, &operands);
	if (outcome == CONFIG_DONE || outcome == CONFIG_BAD)
		return outcome == CONFIG_DONE ? 0 : 2;
	if (!check(&p.given, &p.source, &p.options))
		return 2;
	if (outcome == CONFIG_CHECK)
		return 0;

	service_begin(&p.service, uv_default_loop(), &program, &p.given.service, &hooks);
	service_mind_bus(&p.service, &p.options.events);
	service_mind_bus(&p.service, &p.options.commands);
	fill(&p.given, &p.options);
	raise_limit();
	if (secret_init() != ST_OK ||
	    gateway_new(uv_default_loop(), &p.options, &p.gateway) != ST_OK ||
	    service_open(&p.service, &p.given.service, ADMIN) != ST_OK)
		_exit(1);
	gateway_on_asked_to_drain(p.gateway, on_asked_to_drain, &p);
	daemon_run(&p.service.daemon);
}
