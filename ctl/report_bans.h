/* report_bans.h - who is banned or muted, for people or as JSON. */
#ifndef CTL_REPORT_BANS_H
#define CTL_REPORT_BANS_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "common/bus_msg.h"

/* more: that there are others, in words; empty: these are all. */
void report_bans_print(const struct bus_banned *bans, size_t n, struct slice more,
		       FILE *out);
json_t *report_bans_json(const struct bus_banned *bans, size_t n, struct slice more);

#endif
