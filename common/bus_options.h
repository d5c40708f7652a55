/* bus_options.h - the options that say where the bus is, the same in every program. */
#ifndef COMMON_BUS_OPTIONS_H
#define COMMON_BUS_OPTIONS_H

#include <stdbool.h>

#include "common/bus.h"
#include "common/config.h"

#define BUS_DEFAULT_URL "tcp://127.0.0.1:4880"

/* Rows for an option table: target is the program's struct, field a const char * of it. */
#define BUS_OPTION(target, field)                                                               \
	{                                                                                       \
		"bus", CONFIG_STRING, offsetof(target, field), BUS_DEFAULT_URL, 0, 0,           \
			NULL, "URL",                                                            \
			"first of the bus's four endpoints (events, commands, mail, control); " \
			"the others are the next three ports"                                   \
	}
#define BUS_ENDPOINT_OPTION(target, field, name)                                       \
	{                                                                              \
		name, CONFIG_STRING, offsetof(target, field), NULL, 0, 0, NULL, "URL", \
			"the " name " endpoint, where it is not beside the others"     \
	}
#define LOG_OPTION(target, field)                                                  \
	{                                                                          \
		"log-level", CONFIG_CHOICE, offsetof(target, field), "info", 0, 0, \
			"error|warn|info|debug", "LEVEL",                          \
			"least important lines that are logged"                    \
	}

/* Where an endpoint is: given, or beside bus.  Complains and returns false when that is no URL of the bus. */
bool bus_option_resolve(const struct config_program *program,
			const struct config_source *source, const char *bus,
			const char *given, enum bus_endpoint endpoint, char *url,
			size_t cap) ATTR_USE_RESULT;

#endif
