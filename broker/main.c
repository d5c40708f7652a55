/* plume-broker: options, secrets, then the loop. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "broker/broker.h"
#include "broker/option_lists.h"
#include "common/attr.h"
#include "common/bus_options.h"
#include "common/config.h"
#include "common/config_reload.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/service.h"

struct options {
	struct bus_settings bus;
	const char *state, *control_key, *secret_key;
	struct service_settings service;
	uint64_t sync;
	uint64_t code_ttl_ms, code_tries, tries_per_address;
	struct mail_limits mails;
	struct config_list deny, allow;
	uint64_t proof_ttl_ms, trail_rows, trail_age_ms;
	uint64_t history, history_bytes, history_age_ms, newcomer_posts, connections;
	uint64_t grace_ms, gateway_timeout_ms, session_ttl_ms, name_lease_ms;
	uint64_t typing;
	struct config_list reserved, bans;
};

#define AT(field) offsetof(struct options, field)

#define ADMIN "127.0.0.1:4885"           /* unless --admin says otherwise */
#define DAYS(n) ((n)*UINT64_C(86400000)) /* in milliseconds */

static const struct config_option table[] = {
	BUS_OPTIONS(struct options, bus),
	BUS_ROLE_OPTIONS(struct options, bus),
	BUS_ENDPOINT_OPTION(struct options, bus.endpoints[ENDPOINT_EVENTS], "events"),
	BUS_ENDPOINT_OPTION(struct options, bus.endpoints[ENDPOINT_COMMANDS], "commands"),
	BUS_ENDPOINT_OPTION(struct options, bus.endpoints[ENDPOINT_MAIL], "mail"),
	BUS_ENDPOINT_OPTION(struct options, bus.endpoints[ENDPOINT_CONTROL], "control"),
	{"state", CONFIG_STRING, AT(state), ":memory:", 0, 0, NULL, "FILE",
	 "where names, sessions and posts are kept; :memory: forgets them at the end"},
	{"sync", CONFIG_CHOICE, AT(sync), "normal", 0, 0, "normal|full", "HOW",
	 "whether an accepted post survives the death of the process or also the loss of power"},
	{"control-key", CONFIG_STRING, AT(control_key), NULL, 0, 0, NULL, "FILE",
	 "key that plumectl must show; made when absent [beside the state]"},
	{"secret-key", CONFIG_STRING, AT(secret_key), NULL, 0, 0, NULL, "FILE",
	 "key of all hashes in the state; made when absent [beside the state]"},
	{"code-ttl", CONFIG_DURATION, AT(code_ttl_ms), "10m", 0, DAYS(365), NULL, "TIME",
	 "how long a login code is good; 0 lifts the limit"},
	{"code-tries", CONFIG_NUMBER, AT(code_tries), "5", 1, 100, NULL, "N",
	 "wrong codes after which a login is dead"},
	{"tries-per-address", CONFIG_NUMBER, AT(tries_per_address), "10", 0, 1000, NULL,
	 "N",
	 "wrong codes for one address in any hour, after which none is checked; 0 lifts the limit"},
	{"mail-interval", CONFIG_DURATION, AT(mails.interval_ms), "60s", 0, DAYS(1), NULL,
	 "TIME", "least time between two login mails to one address; 0 lifts the limit"},
	{"mails-per-address", CONFIG_NUMBER, AT(mails.per_address_hour), "5", 0, 1000,
	 NULL, "N", "login mails to one address in any hour; 0 lifts the limit"},
	{"mails-per-day", CONFIG_NUMBER, AT(mails.per_address_day), "15", 0, 1000, NULL,
	 "N", "login mails to one address in any 24 hours; 0 lifts the limit"},
	{"mails-per-network", CONFIG_NUMBER, AT(mails.per_network_hour), "10", 0, 1000,
	 NULL, "N",
	 "login mails asked for by one IPv4 address or IPv6 /64 in any hour; 0 lifts the limit"},
	{"mail-pace", CONFIG_DURATION, AT(mails.pace_ms), "1s", 0, DAYS(1), NULL, "TIME",
	 "time in which the room may send one login mail on average; 0 lifts the limit"},
	{"mail-burst", CONFIG_NUMBER, AT(mails.pace_burst), "20", 1, 100000, NULL, "N",
	 "login mails that the room may send at once before --mail-pace counts"},
	{"mails-reserved", CONFIG_NUMBER, AT(mails.reserve_hour), "3", 0, 1000, NULL, "N",
	 "login mails in any hour beyond all limits for each browser that has proven its address"
	 " before"},
	{"proof-ttl", CONFIG_DURATION, AT(proof_ttl_ms), "90d", 0, DAYS(3650), NULL,
	 "TIME",
	 "how long a browser that does not come is remembered to have proven its address; 0 lifts"
	 " the limit"},
	{"deny-address", CONFIG_LIST, AT(deny), NULL, 0, 0, NULL, "PATTERN",
	 "addresses that get no login mail; * and ? stand for any characters and for one"},
	{"allow-address", CONFIG_LIST, AT(allow), NULL, 0, 0, NULL, "PATTERN",
	 "if given, the only addresses that get login mail"},
	{"trail", CONFIG_NUMBER, AT(trail_rows), "50000", 1, 1000000, NULL, "N",
	 "rows kept of what happened to logins, for plumectl why and the mailers' audit logs"},
	{"trail-age", CONFIG_DURATION, AT(trail_age_ms), "30d", 0, DAYS(3650), NULL,
	 "TIME", "how long they are kept; 0 lifts the limit"},
	{"history", CONFIG_NUMBER, AT(history), "10000", 0, 1000000, NULL, "N",
	 "posts remembered for those who return; 0 keeps no text on disk"},
	{"history-bytes", CONFIG_NUMBER, AT(history_bytes), "67108864", 0,
	 UINT64_C(1) << 36, NULL, "N", "bytes of posts remembered; 0 lifts the limit"},
	{"history-age", CONFIG_DURATION, AT(history_age_ms), "0", 0, DAYS(36500), NULL,
	 "TIME", "how long posts are remembered; 0 lifts the limit"},
	{"newcomer-posts", CONFIG_NUMBER, AT(newcomer_posts), "50", 0, 1000, NULL, "N",
	 "posts of the past that a newcomer is shown"},
	{"connections", CONFIG_NUMBER, AT(connections), "200000", 1, 10000000, NULL, "N",
	 "connections of all people together, over all gateways; further ones are not let in"},
	{"grace", CONFIG_DURATION, AT(grace_ms), "30s", 0, DAYS(1), NULL, "TIME",
	 "how long a person without a connection still counts as here"},
	{"gateway-timeout", CONFIG_DURATION, AT(gateway_timeout_ms), "10s", 1000, DAYS(1),
	 NULL, "TIME", "silence after which the people of a gateway count as gone"},
	{"session-ttl", CONFIG_DURATION, AT(session_ttl_ms), "30d", 0, DAYS(3650), NULL,
	 "TIME", "how long a session lives without use; 0 lifts the limit"},
	{"name-lease", CONFIG_DURATION, AT(name_lease_ms), "180d", 0, DAYS(3650), NULL,
	 "TIME", "how long a name stays its owner's without use; 0 keeps it for ever"},
	{"typing", CONFIG_CHOICE, AT(typing), "on", 0, 0, "on|off", "WHETHER",
	 "whether people see who is writing"},
	{"reserve", CONFIG_LIST, AT(reserved), NULL, 0, 0, NULL, "NAME",
	 "name that nobody may take, nor what looks like it; repeatable"},
	{"ban", CONFIG_LIST, AT(bans), NULL, 0, 0, NULL, "WHAT",
	 "name:NAME, address:ADDRESS or network:NETWORK that is kept out, as by plumectl ban; repeatable"},
	SERVICE_OPTIONS(struct options, service, ADMIN),
};

static const struct config_program program = {
	"plume-broker",
	"The room of a Plume chat: names, login codes, sessions, order, history.",
	NULL,
	table,
	NELEMS(table),
	NULL,
	NULL};

/* FILE as given, or STATE.suffix beside the state, or plume.suffix here for a room that
 * forgets. */
static char *key_path(const struct options *o, const char *given, const char *suffix)
{
	if (given != NULL)
		return xstrdup(given);
	if (strcmp(o->state, ":memory:") == 0)
		return xasprintf("plume.%s", suffix);
	return xasprintf("%s.%s", o->state, suffix);
}

static enum status load_keys(const struct options *o, struct broker_options *out)
{
	char *control = key_path(o, o->control_key, "control-key");
	char *secret = key_path(o, o->secret_key, "secret-key");
	enum status st = secret_load(control, &entropy_system, &out->control_key);

	/* What is hashed for a room that forgets is forgotten with it. */
	if (st == ST_OK && o->secret_key == NULL && strcmp(o->state, ":memory:") == 0)
		secret_random(&entropy_system, &out->secret);
	else if (st == ST_OK)
		st = secret_load(secret, &entropy_system, &out->secret);
	free(control);
	free(secret);
	return st;
}

static void fill(const struct options *o, struct broker_options *out)
{
	out->room = (struct room_options){
		.history = {o->history, o->history_bytes, o->history_age_ms},
		.clients = o->connections,
		.newcomer_posts = o->newcomer_posts,
		.grace_ms = o->grace_ms,
		.gateway_timeout_ms = o->gateway_timeout_ms,
		.tells_typing = o->typing == 0,
		.reserved = &o->reserved};
	out->entrance = (struct entrance_options){
		.code_ttl_ms = o->code_ttl_ms,
		.code_tries = o->code_tries,
		.tries_per_address = o->tries_per_address,
		.mails = o->mails,
		.addresses = {o->deny.items, o->allow.items, o->deny.n, o->allow.n},
		.session_ttl_ms = o->session_ttl_ms,
		.name_lease_ms = o->name_lease_ms,
		.proof_ttl_ms = o->proof_ttl_ms,
		.trail = {o->trail_rows, o->trail_age_ms},
		.bans = &o->bans};
	out->state = o->state;
	out->sync = o->sync == 0 ? STORE_NORMAL : STORE_FULL;
}

/* What a reload changes at once. */
static const char *const live[] = {"code-tries",     "tries-per-address",
				   "mail-interval",  "mails-per-address",
				   "mails-per-day",  "mails-per-network",
				   "mail-pace",      "mail-burst",
				   "mails-reserved", "proof-ttl",
				   "deny-address",   "allow-address",
				   "newcomer-posts", "connections",
				   "grace",          "gateway-timeout",
				   "session-ttl",    "name-lease",
				   "typing",         "code-ttl",
				   "trail",          "trail-age",
				   "history",        "history-bytes",
				   "history-age",    "ban",
				   SERVICE_LIVE};

struct process {
	struct service service;
	struct config_source source;
	struct options given;
	struct broker_options options;
	struct broker *broker;
};

/* Every batch was committed before it was answered: there is nothing to wait for. */
static void on_drain(void *ctx)
{
	struct process *p = ctx;

	broker_close(p->broker);
	daemon_stop(&p->service.daemon, 0);
}

static void on_failure(void *ctx)
{
	(void)ctx;
	_exit(1);
}

static bool is_ready(void *ctx, const char **why)
{
	const struct process *p = ctx;

	return broker_is_ready(p->broker, why);
}

static void write_metrics(void *ctx, FILE *out)
{
	struct process *p = ctx;

	broker_write_metrics(p->broker, out);
}

/* False: a complaint was written. */
static bool check(const struct options *o, const struct config_source *source,
		  struct bus_address bus[ENDPOINT_COUNT])
{
	const struct option_lists lists = {&o->reserved, &o->bans, &o->deny, &o->allow};

	for (enum bus_endpoint i = 0; i < ENDPOINT_COUNT; i++) {
		if (!bus_option_resolve(&program, source, &o->bus, i, BUS_PEER_DIALS,
					&bus[i]))
			return false;
	}
	if (o->state[0] == '\0') {
		config_complain(&program, source,
				"--state is empty: a file, or :memory:");
		return false;
	}
	return option_lists_are_good(&lists, &program, source) &&
	       service_check(&program, source, &o->service);
}

static bool would_start(const void *fresh, const struct config_source *source)
{
	struct bus_address bus[ENDPOINT_COUNT] = {0};
	bool good = check(fresh, source, bus);

	for (enum bus_endpoint i = 0; i < ENDPOINT_COUNT; i++)
		bus_ends_free(&bus[i].ends);
	return good;
}

static enum status on_reload(void *ctx)
{
	struct process *p = ctx;
	struct config_reloading r = {&program, &p->source, live, NELEMS(live),
				     would_start};
	struct options fresh;
	enum status st = ST_OK;

	for (enum bus_endpoint i = 0; st == ST_OK && i < ENDPOINT_COUNT; i++)
		st = bus_certificates_check(&p->options.bus[i], BUS_PEER_DIALS);
	if (st == ST_OK)
		st = config_reload(&r, &p->given, &fresh);
	if (st != ST_OK)
		return st;
	p->given = fresh;
	fill(&p->given, &p->options);
	broker_options_changed(p->broker);
	service_set_log(&p->given.service);
	for (enum bus_endpoint i = 0; i < ENDPOINT_COUNT; i++) {
		if (bus_renew(&p->options.bus[i]) != ST_OK)
			_exit(1); /* nobody could reach it: the next start can do better */
	}
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
	if (!check(&p.given, &p.source, p.options.bus))
		return 2;
	if (outcome == CONFIG_CHECK)
		return 0;

	service_begin(&p.service, uv_default_loop(), &program, &p.given.service, &hooks);
	for (enum bus_endpoint i = 0; i < ENDPOINT_COUNT; i++)
		service_mind_bus(&p.service, &p.options.bus[i]);
	fill(&p.given, &p.options);
	if (secret_init() != ST_OK || load_keys(&p.given, &p.options) != ST_OK ||
	    broker_new(uv_default_loop(), &p.options, &p.broker) != ST_OK)
		_exit(1);
	broker_on_failure(p.broker, on_failure, NULL);
	if (service_open(&p.service, &p.given.service, ADMIN) != ST_OK)
		_exit(1);
	daemon_run(&p.service.daemon);
}
