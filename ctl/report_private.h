/* report_private.h - what an answer held, for report*.c.  Text points into the answer's frame. */
#ifndef CTL_REPORT_PRIVATE_H
#define CTL_REPORT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "common/bus_msg.h"

struct report {
	struct bus_told told;
	struct bus_status status;
	bool has_status;
	struct bus_gateway_status gateways[BUS_FRAME_MESSAGES_MAX];
	size_t n_gateways;
	struct bus_mailer_status mailers[BUS_FRAME_MESSAGES_MAX];
	size_t n_mailers;
	struct bus_client_status clients[BUS_FRAME_MESSAGES_MAX];
	size_t n_clients;
	struct bus_person people[BUS_FRAME_MESSAGES_MAX];
	size_t n_people;
	struct bus_story stories[BUS_FRAME_MESSAGES_MAX];
	size_t n_stories;
	struct bus_banned bans[BUS_FRAME_MESSAGES_MAX];
	size_t n_bans;
};

/* "3 d 2 h", "250 ms" */
void report_print_duration(uint64_t ms, FILE *out);
/* The same in a column, padded. */
void report_print_duration_in(uint64_t ms, int width, FILE *out);
/* JSON's integers are signed here; no count of ours gets there. */
json_t *report_number(uint64_t value);
/* Numbers of all 64 bits are strings: many readers of JSON have only doubles. */
json_t *report_hexadecimal(uint64_t value);
json_t *report_string(struct slice text);
/* Writes it and a line end, safe for a terminal, and frees it. */
void report_write_json(json_t *json, size_t flags, FILE *out);

/* report_status.c */
void report_print_status(const struct report *r, FILE *out);
json_t *report_status_json(const struct report *r);
/* report_clients.c: the slowest first. */
void report_print_clients(const struct report *r, FILE *out);
json_t *report_clients_json(const struct report *r);

#endif
