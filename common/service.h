/* service.h - what every program that serves has around its work: the log's settings, the admin
 * address, health, metrics, systemd, SIGHUP.
 *
 * In main(): service_begin() before anything is opened, service_open() when everything is. */
#ifndef COMMON_SERVICE_H
#define COMMON_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <uv.h>

#include "common/admin.h"
#include "common/config.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/log_budget.h"
#include "common/metrics.h"
#include "common/notify.h"

struct bus_address;

struct service_settings {
	const char *admin; /* NULL: the program's own */
	uint64_t log_level, log_format, log_rate;
};

/* Rows for an option table: field is a struct service_settings of target. */
#define SERVICE_OPTIONS(target, field, fallback)                                               \
	{"admin",                                                                              \
	 CONFIG_STRING,                                                                        \
	 offsetof(target, field.admin),                                                        \
	 NULL,                                                                                 \
	 0,                                                                                    \
	 0,                                                                                    \
	 NULL,                                                                                 \
	 "HOST:PORT",                                                                          \
	 "where health and metrics are told over HTTP; port 0 takes a free one, off tells "    \
	 "nothing [" fallback ", or nowhere when that is taken]"},                             \
		{"log-level",                                                                  \
		 CONFIG_CHOICE,                                                                \
		 offsetof(target, field.log_level),                                            \
		 "info",                                                                       \
		 0,                                                                            \
		 0,                                                                            \
		 "error|warn|info|debug",                                                      \
		 "LEVEL",                                                                      \
		 "least important lines that are logged"},                                     \
		{"log-rate",                                                                   \
		 CONFIG_NUMBER,                                                                \
		 offsetof(target, field.log_rate),                                             \
		 "1000",                                                                       \
		 0,                                                                            \
		 LOG_BUDGET_RATE_MOST,                                                         \
		 NULL,                                                                         \
		 "N",                                                                          \
		 "most lines logged a second, errors and others apart, after five seconds' "   \
		 "worth at once; 0: no bound"},                                                \
	{                                                                                      \
		"log-format", CONFIG_CHOICE, offsetof(target, field.log_format), "auto",       \
			0, 0, "auto|logfmt|json|journal", "HOW",                               \
			"how lines are logged; auto is journal where systemd's journal reads " \
			"them, and else logfmt"                                                \
	}
/* The names of those that a reload changes. */
#define SERVICE_LIVE "log-level", "log-rate", "log-format"

enum { LOG_LEVELS = LOG_DEBUG + 1 };

struct process_metrics {
#define METRICS "common/process_metrics.def"
#include "common/metric_fields.inc"
};

/* All are called on the loop, with ctx. */
struct service_hooks {
	daemon_drain_fn *drain;
	admin_ready_fn *is_ready;
	admin_metrics_fn *metrics;
	/* SIGHUP: loads the options anew and takes what can change; ST_DENIED: refused, and logged. */
	enum status (*reload)(void *ctx);
	void *ctx;
};

struct service {
	const struct config_program *program;
	struct service_hooks hooks;
	struct daemon daemon;
	struct notify notify;
	struct admin *admin;
	struct process_metrics metrics;
	uv_signal_t hangup;
	uv_timer_t watchdog, log_watch;
};

/* Complains and returns false when the settings cannot be. */
bool service_check(const struct config_program *program,
		   const struct config_source *source,
		   const struct service_settings *settings) ATTR_USE_RESULT;
/* Begins to log and to catch signals.  hooks are copied; s lives as long as the process. */
void service_begin(struct service *s, uv_loop_t *loop,
		   const struct config_program *program,
		   const struct service_settings *settings,
		   const struct service_hooks *hooks);
/* Warns of an address that leaves the machine in clear, and counts it. */
void service_mind_bus(struct service *s, const struct bus_address *at);
/* Opens the admin address (fallback: where no other is given) and tells systemd that we are there.
 * ST_BUSY, ST_IO: the address that was asked for cannot be had. */
enum status service_open(struct service *s, const struct service_settings *settings,
			 const char *fallback) ATTR_USE_RESULT;
/* After a reload. */
void service_set_log(const struct service_settings *settings);

#endif
