/* Wiring: signals, timers and the admin address to what the program says. */
#include "common/service.h"

#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/bus_options.h"
#include "common/version.h"

enum { LOG_WATCH_MS = 1000 };

static const char *const log_level_names[] = {"error", "warn", "info", "debug"};
static const char *const reload_results[] = {"taken", "refused"};

#define METRIC_STRUCT struct process_metrics
static const struct metric process_table[] = {
#define METRICS "common/process_metrics.def"
#include "common/metric_rows.inc"
};

/* -- metrics -- */

/* proc(5): statm has sizes in pages, the second is what is resident. */
static uint64_t resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	uint64_t pages = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*u %" SCNu64, &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n > 3 ? n - 3 : 0; /* two dots, and the directory itself */
}

static void write_metrics(void *ctx, FILE *out)
{
	struct service *s = ctx;
	struct rlimit files;

	s->metrics.resident_bytes = resident_bytes();
	s->metrics.open_fds = open_fds();
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		s->metrics.max_fds = files.rlim_cur;
	for (int i = 0; i < LOG_LEVELS; i++) {
		s->metrics.log_lines[i] = log_lines((enum log_level)i);
		s->metrics.log_lines_dropped[i] = log_lines_dropped((enum log_level)i);
	}
	fprintf(out,
		"# HELP plume_build_info What runs here; always 1.\n"
		"# TYPE plume_build_info gauge\n"
		"plume_build_info{program=\"%s\",version=\"%s\",bus=\"%d.%d\"} 1\n",
		s->program->name, PLUME_VERSION, BUS_MAJOR, BUS_MINOR);
	metrics_write(process_table, NELEMS(process_table), &s->metrics, out);
	s->hooks.metrics(s->hooks.ctx, out);
}

static bool is_ready(void *ctx, const char **why)
{
	struct service *s = ctx;

	if (s->daemon.draining) {
		*why = "draining";
		return false;
	}
	return s->hooks.is_ready(s->hooks.ctx, why);
}

/* -- signals and systemd -- */

static void on_drain(void *ctx)
{
	struct service *s = ctx;

	notify_stopping(&s->notify);
	s->hooks.drain(s->hooks.ctx);
}

static void on_hangup(uv_signal_t *signal, int number)
{
	struct service *s = signal->data;
	enum status st;

	(void)number;
	notify_reloading(&s->notify, uv_hrtime() / 1000);
	st = s->hooks.reload(s->hooks.ctx);
	s->metrics.reloads[st == ST_OK ? 0 : 1]++;
	if (st == ST_OK)
		log_info("reloaded", "%s", "");
	notify_ready(&s->notify, st == ST_OK ? "options reloaded" : "reload refused");
}

/* What the log left out since the last time is told. */
static void on_log_watch(uv_timer_t *timer)
{
	uint64_t dropped = log_take_dropped();

	(void)timer;
	if (dropped > 0)
		log_warn("log_dropped", "lines=%" PRIu64, dropped);
}

static void on_watchdog(uv_timer_t *timer)
{
	struct service *s = timer->data;

	notify_watchdog(&s->notify);
}

/* -- public -- */

static bool is_off(const char *admin)
{
	return admin != NULL && strcmp(admin, "off") == 0;
}

bool service_check(const struct config_program *program,
		   const struct config_source *source,
		   const struct service_settings *settings)
{
	char shown[128];

	if (settings->admin == NULL || is_off(settings->admin) ||
	    admin_address_is_valid(settings->admin))
		return true;
	config_complain(program, source, "--admin: %s is not HOST:PORT, and not off",
			log_quote(shown, sizeof shown, slice_of(settings->admin)));
	return false;
}

void service_set_log(const struct service_settings *settings)
{
	log_set((enum log_level)settings->log_level,
		(enum log_format)settings->log_format);
	log_set_rate(settings->log_rate);
}

void service_begin(struct service *s, uv_loop_t *loop,
		   const struct config_program *program,
		   const struct service_settings *settings,
		   const struct service_hooks *hooks)
{
	*s = (struct service){.program = program, .hooks = *hooks};
	log_init(program->name, (enum log_level)settings->log_level);
	service_set_log(settings);
	s->metrics.start_time_s = daemon_wall_ms() / 1000;
	daemon_init(&s->daemon, loop, on_drain, s);
	notify_init(&s->notify, config_env, (long)getpid());
	if (uv_signal_init(loop, &s->hangup) != 0 ||
	    uv_signal_start(&s->hangup, on_hangup, SIGHUP) != 0 ||
	    uv_timer_init(loop, &s->watchdog) != 0 ||
	    uv_timer_init(loop, &s->log_watch) != 0 ||
	    uv_timer_start(&s->log_watch, on_log_watch, LOG_WATCH_MS, LOG_WATCH_MS) != 0)
		abort(); /* before anything was opened */
	s->hangup.data = s->watchdog.data = s;
	uv_unref((uv_handle_t *)&s->hangup);
	uv_unref((uv_handle_t *)&s->watchdog);
	uv_unref((uv_handle_t *)&s->log_watch);
}

void service_mind_bus(struct service *s, const struct bus_address *at)
{
	if (!bus_option_is_insecure(at))
		return;
	s->metrics.insecure_bus = 1;
	bus_option_warn(at);
}

static enum status open_admin(struct service *s, const char *given, const char *fallback)
{
	struct admin_setup setup = {.loop = s->daemon.loop,
				    .address = given != NULL ? given : fallback,
				    .is_ready = is_ready,
				    .metrics = write_metrics,
				    .ctx = s};
	enum status st;

	if (is_off(given))
		return ST_OK;
	st = admin_new(&setup, &s->admin);
	if (st == ST_OK)
		log_info("admin", "admin=%s", admin_address(s->admin));
	if (st == ST_BUSY &&
	    given == NULL) { /* nobody asked for it: two on one machine */
		log_warn("admin_off", "why=\"--admin HOST:PORT gives it a place\"");
		return ST_OK;
	}
	if (st == ST_BUSY)
		log_error("admin_failed", "admin=%s why=\"used by somebody else\"",
			  setup.address);
	return st;
}

enum status service_open(struct service *s, const struct service_settings *settings,
			 const char *fallback)
{
	enum status st = open_admin(s, settings->admin, fallback);

	if (st != ST_OK)
		return st;
	notify_ready(&s->notify, "started");
	if (s->notify.watchdog_ms > 0)
		uv_timer_start(&s->watchdog, on_watchdog, 0, s->notify.watchdog_ms);
	return ST_OK;
}
