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
#include "common/daemon.h"
#include "common/log.h"
#include "common/secret.h"
#include "gateway/gateway.h"
#include "gateway/listener.h"

struct options {
	struct bus_settings bus;
	const char *listen, *static_dir;
	struct config_list origins, proxies;
	uint64_t posts_per_second, posts_burst;
	uint64_t ping_interval_ms, pong_timeout_ms, hello_timeout_ms, flush_interval_ms;
	uint64_t drain_ms;
	uint64_t log_level;
};

#define AT(field) offsetof(struct options, field)
#define HOUR UINT64_C(3600000) /* in milliseconds */

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
	 "least time between two writes of posts to a browser; 0 writes each at once"},
	{"drain", CONFIG_DURATION, AT(drain_ms), "10s", 0, HOUR, NULL, "TIME",
	 "over which the browsers of a gateway that was told to stop are moved"},
	LOG_OPTION(struct options, log_level),
};

static const struct config_program program = {
	"plume-gateway",
	"Where browsers meet a Plume room: the page, WebSockets, fan-out.", NULL, table,
	NELEMS(table)};

struct process {
	struct daemon daemon;
	struct gateway *gateway;
};

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

	daemon_stop(&p->daemon, 0);
}

static void on_drain(void *ctx)
{
	struct process *p = ctx;

	gateway_drain(p->gateway, on_drained, p);
}

static void fill(const struct options *o, struct gateway_options *out)
{
	out->listen = o->listen;
	out->static_dir = o->static_dir;
	out->origins = &o->origins;
	out->posts = (struct bucket_rule){
		.interval_ms = o->posts_per_second == 0 ? 0 : 1000 / o->posts_per_second,
		.burst = o->posts_burst};
	out->ping_interval_ms = o->ping_interval_ms;
	out->pong_timeout_ms = o->pong_timeout_ms;
	out->hello_timeout_ms = o->hello_timeout_ms;
	out->flush_interval_ms = o->flush_interval_ms;
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

int main(int argc, char **argv)
{
	struct config_source source = {argc, argv, config_env, stdout, stderr};
	struct gateway_options options = {.listen = NULL};
	struct options o;
	struct process p = {.gateway = NULL};
	int operands;
	enum config_outcome outcome = config_load(&program, &source, &o, &operands);

	if (outcome == CONFIG_DONE || outcome == CONFIG_BAD)
		return outcome == CONFIG_DONE ? 0 : 2;
	if (!bus_option_resolve(&program, &source, &o.bus, ENDPOINT_EVENTS,
				BUS_PEER_LISTENS, &options.events) ||
	    !bus_option_resolve(&program, &source, &o.bus, ENDPOINT_COMMANDS,
				BUS_PEER_LISTENS, &options.commands))
		return 2;
	if (!are_good(&source, &o, &options))
		return 2;
	if (outcome == CONFIG_CHECK)
		return 0;

	log_init(program.name, (enum log_level)o.log_level);
	daemon_init(&p.daemon, uv_default_loop(), on_drain, &p);
	bus_option_warn(&options.events);
	raise_limit();
	fill(&o, &options);
	if (secret_init() != ST_OK ||
	    gateway_new(uv_default_loop(), &options, &p.gateway) != ST_OK)
		_exit(1);
	daemon_run(&p.daemon);
}
