/* bus_options.h - the options that say where the bus is and what is shown there, the same in every
 * program. */
#ifndef COMMON_BUS_OPTIONS_H
#define COMMON_BUS_OPTIONS_H

#include <stdbool.h>

#include "common/bus.h"
#include "common/config.h"

#define BUS_DEFAULT_URL "tcp://127.0.0.1:4880"

/* As given. */
struct bus_settings {
	const char *url;
	const char *endpoints[ENDPOINT_COUNT]; /* NULL: beside url */
	const char *cert, *ca;
	const char *gateway_ca, *mailer_ca,
		*control_ca; /* of the broker, for who dials it */
	bool insecure;
};

/* Rows for an option table: target is the program's struct, field a struct bus_settings of it. */
#define BUS_FILE_OPTION(target, field, name, help)                                      \
	{                                                                               \
		name, CONFIG_STRING, offsetof(target, field), NULL, 0, 0, NULL, "FILE", \
			help                                                            \
	}
#define BUS_OPTIONS(target, field)                                                              \
	{"bus",                                                                                 \
	 CONFIG_STRING,                                                                         \
	 offsetof(target, field.url),                                                           \
	 BUS_DEFAULT_URL,                                                                       \
	 0,                                                                                     \
	 0,                                                                                     \
	 NULL,                                                                                  \
	 "URL",                                                                                 \
	 "first of the bus's four endpoints (events, commands, mail, control), tcp://HOST:PORT" \
	 " or tls+tcp://HOST:PORT; the others are the next three ports"},                       \
		{"insecure-bus",                                                                \
		 CONFIG_FLAG,                                                                   \
		 offsetof(target, field.insecure),                                              \
		 "no",                                                                          \
		 0,                                                                             \
		 0,                                                                             \
		 NULL,                                                                          \
		 NULL,                                                                          \
		 "whether plain tcp may leave this machine, where everybody on the way can "    \
		 "read it and take part in it"},                                                \
		BUS_FILE_OPTION(                                                                \
			target, field.cert, "bus-cert",                                         \
			"certificate and key (PEM) that are shown on a bus in TLS; readable "   \
			"by the owner only")
/* Besides, for who dials. */
#define BUS_CA_OPTION(target, field)                \
	BUS_FILE_OPTION(target, field.ca, "bus-ca", \
			"authority (PEM) that signed the broker's certificate")
/* Besides, for the broker. */
#define BUS_ROLE_OPTIONS(target, field)                                               \
	BUS_FILE_OPTION(                                                              \
		target, field.gateway_ca, "gateway-ca",                               \
		"authority (PEM) of those who may dial events and commands in TLS"),  \
		BUS_FILE_OPTION(target, field.mailer_ca, "mailer-ca",                 \
				"authority (PEM) of those who may dial mail in TLS"), \
		BUS_FILE_OPTION(target, field.control_ca, "control-ca",               \
				"authority (PEM) of those who may dial control in TLS")
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

/* The address of an endpoint for whoever has peers of that kind there; complains and returns false
 * when it is none of the bus, lacks its certificates or has such that ended, or would leave the machine in clear.  The
 * address lives as long as what the settings point to. */
bool bus_option_resolve(const struct config_program *program,
			const struct config_source *source, const struct bus_settings *s,
			enum bus_endpoint endpoint, enum bus_peer peer,
			struct bus_address *out) ATTR_USE_RESULT;
/* Does it leave the machine in clear? */
bool bus_option_is_insecure(const struct bus_address *at);
/* Says so in the log, if it does. */
void bus_option_warn(const struct bus_address *at);

#endif
