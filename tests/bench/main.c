/* plume-bench: options, the mode, the report. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/attr.h"
#include "common/bus_options.h"
#include "common/config.h"
#include "common/log.h"
#include "common/secret.h"
#include "tests/bench/bench.h"
#include "tests/bench/guests.h"

#define AT(field) offsetof(struct bench_options, field)
#define HOUR UINT64_C(3600000) /* in milliseconds */

static const struct config_option table[] = {
	BUS_OPTIONS(struct bench_options, bus),
	BUS_CA_OPTION(struct bench_options, bus),
	BUS_ENDPOINT_OPTION(struct bench_options, bus.endpoints[ENDPOINT_COMMANDS],
			    "commands"),
	BUS_ENDPOINT_OPTION(struct bench_options, bus.endpoints[ENDPOINT_MAIL], "mail"),
	{"gateway", CONFIG_LIST, AT(gateways), NULL, 0, 0, NULL, "HOST:PORT",
	 "a gateway that clients connect to; repeatable: they are dealt out in turn"},
	{"pid", CONFIG_LIST, AT(pids), NULL, 0, 0, NULL, "PID",
	 "a gateway process whose CPU time and memory are told; repeatable"},
	{"broker-pid", CONFIG_NUMBER, AT(broker_pid), "0", 0, INT32_MAX, NULL, "PID",
	 "the broker process, likewise; 0: it is not looked at"},
	{"clients", CONFIG_NUMBER, AT(clients), "1000", 1, 200000, NULL, "N",
	 "connections"},
	{"people", CONFIG_NUMBER, AT(people), "100", 1, 200000, NULL, "N",
	 "who log in; connections beyond them are further tabs of theirs"},
	{"samples", CONFIG_NUMBER, AT(samples), "20", 0, 200000, NULL, "N",
	 "connections on which every number is read and compared"},
	{"window", CONFIG_NUMBER, AT(window), "64", 1, 60000, NULL, "N",
	 "what may be under way at once: logins, or in saturate posts"},
	{"rate", CONFIG_NUMBER, AT(rate), "100", 0, 1000000, NULL, "N",
	 "posts per second; 0, in floor only: as many as go"},
	{"burst", CONFIG_NUMBER, AT(burst), "1", 1, 100, NULL, "N",
	 "posts that are sent together, by one client in one piece"},
	{"bytes", CONFIG_NUMBER, AT(bytes), "100", LEDGER_STAMP, 800, NULL, "N",
	 "of a text"},
	{"seconds", CONFIG_DURATION, AT(seconds_ms), "5s", 100, HOUR, NULL, "TIME",
	 "how long is measured"},
	{"warm-up", CONFIG_DURATION, AT(warm_up_ms), "1s", 0, HOUR, NULL, "TIME",
	 "load before that, which does not count"},
	{"pace", CONFIG_DURATION, AT(pace_ms), "0", 0, 1000, NULL, "TIME",
	 "the gateways' flush interval: fanout then measures the floor of one send in each, too"},
	{"stopped", CONFIG_NUMBER, AT(stopped), "100", 0, 200000, NULL, "N",
	 "connections that stop reading, in slow"},
	{"gateways", CONFIG_NUMBER, AT(gateway_count), "4", 1, GUESTS_SEATS, NULL, "N",
	 "how many gateways the bench plays, in broker"},
	{"batch", CONFIG_NUMBER, AT(batch), "50", 1, 500, NULL, "N",
	 "posts in a batch, in broker and recover"},
	{"posts", CONFIG_NUMBER, AT(posts), "100000", 1, 1000000, NULL, "N",
	 "of history, in recover"},
	{"sessions", CONFIG_NUMBER, AT(sessions), "5000", 1, 100000, NULL, "N",
	 "in recover"},
	{"broker", CONFIG_STRING, AT(broker), "plume-broker", 0, 0, NULL, "PROGRAM",
	 "that recover starts and kills"},
	{"state", CONFIG_STRING, AT(state), "plume-bench.db", 0, 0, NULL, "FILE",
	 "that recover makes"},
	{"peer", CONFIG_CHOICE, AT(peer), "ws", 0, 0,
	 "ws|nchan|mosquitto|nats|socketio|mqttws", "KIND", "what is measured in peer"},
	{"floor", CONFIG_FLAG, AT(floor), "yes", 0, 0, NULL, NULL,
	 "whether bare sends with the same readers are measured before and after"},
	{"apart", CONFIG_FLAG, AT(apart), "no", 0, 0, NULL, NULL,
	 "whether the readers have the last processor for themselves, and the floor's sender the others: start what "
	 "is measured on those, too"},
	{"progress", CONFIG_FLAG, AT(progress), "yes", 0, 0, NULL, NULL,
	 "whether a line a second tells how it goes"},
	{"json", CONFIG_FLAG, AT(json), "no", 0, 0, NULL, NULL,
	 "whether the report is one JSON object"},
	LOG_OPTION(struct bench_options, log_level),
};

static const struct config_program program = {
	"plume-bench",
	"Measures a Plume room: what a delivery costs, how long it takes, how much goes.",
	"MODE (idle, fanout, saturate, connect, broker, slow, recover, floor or peer)",
	table,
	NELEMS(table),
	NULL,
	NULL};

static const struct {
	const char *name;
	bench_mode *run;
	bool needs_rate; /* as many as go are too many */
} modes[] = {
	{"idle", mode_idle, false},         {"fanout", mode_fanout, true},
	{"saturate", mode_saturate, false}, {"connect", mode_connect, true},
	{"broker", mode_broker, false},     {"slow", mode_slow, true},
	{"recover", mode_recover, false},   {"floor", mode_floor, false},
	{"peer", mode_peer, false},
};

/* Each connection is a descriptor: as many as the system lets us have. */
static void raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* Complains about what the table cannot know. */
static bool check(struct bench *b, const struct config_source *source)
{
	if (!bus_option_resolve(&program, source, &b->o.bus, ENDPOINT_COMMANDS,
				BUS_PEER_LISTENS, &b->commands) ||
	    !bus_option_resolve(&program, source, &b->o.bus, ENDPOINT_MAIL,
				BUS_PEER_LISTENS, &b->mail))
		return false;
	if (processes_of(&b->o.pids, &b->gateways) != ST_OK) {
		config_complain(&program, source, "--pid: not a process that runs");
		return false;
	}
	if (b->o.broker_pid != 0)
		b->broker = (struct processes){.n = 1, .pids = {(int)b->o.broker_pid}};
	return true;
}

int main(int argc, char **argv)
{
	struct config_source source = {argc, argv, config_env, stdout, stderr};
	struct bench b = {.gateways = {.n = 0}};
	int operands;
	enum config_outcome outcome = config_load(&program, &source, &b.o, &operands);
	bench_mode *run = NULL;
	bool needs_rate = false;
	enum status st;

	if (outcome == CONFIG_DONE || outcome == CONFIG_BAD)
		return outcome == CONFIG_DONE ? 0 : 2;
	for (size_t i = 0; operands + 1 == argc && i < NELEMS(modes); i++) {
		if (strcmp(argv[operands], modes[i].name) == 0) {
			run = modes[i].run;
			needs_rate = modes[i].needs_rate;
			b.report.mode = modes[i].name;
		}
	}
	if (run == NULL) {
		config_complain(&program, &source, "one mode is wanted (see --help)");
		return 2;
	}
	if (needs_rate && b.o.rate == 0) {
		config_complain(&program, &source, "--rate: this mode needs one");
		return 2;
	}
	if (!check(&b, &source))
		return 2;
	if (outcome == CONFIG_CHECK)
		return 0;
	log_init(program.name, (enum log_level)b.o.log_level);
	raise_limit();
	st = b.o.apart ? process_keep_one_cpu() : ST_OK;
	if (st == ST_OK)
		st = secret_init();
	if (st == ST_OK)
		st = run(&b);
	if (st == ST_OK)
		report_print(&b.report, b.o.json, stdout);
	else
		fprintf(stderr, "plume-bench: %s\n", status_text(st));
	/* NNG's sockets are left to the system (common/daemon.h says why). */
	fflush(NULL);
	_exit(st != ST_OK || b.report.is_bad ? 1 : 0);
}
