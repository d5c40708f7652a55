/* mailers.h - which mailers were heard from lately, to tell people who wait whether there is one.
 *
 * Bound: MAILERS_MAX; further ones are not counted. */
#ifndef BROKER_MAILERS_H
#define BROKER_MAILERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bus_msg.h"

enum { MAILERS_MAX = 64, MAILERS_SILENCE_MS = 15000 };

/* Zero it to begin, and set since_ms. */
struct mailers {
	uint64_t since_ms; /* before it nobody could be heard */
	size_t n;
	struct mailer_heard {
		uint64_t id, heard_ms, until_ms;
		uint64_t in_hand, is_degraded; /* as it last said */
		char version[33];              /* the same; empty: an older one */
	} heard[MAILERS_MAX];
};

/* wait_ms: how long it will be silent because we hold its question. */
void mailers_heard(struct mailers *m, uint64_t id, uint64_t wait_ms, uint64_t now_ms);
/* What it says of itself with its question. */
void mailers_about(struct mailers *m, const struct bus_take *take);
/* Its connection has ended. */
void mailers_gone(struct mailers *m, uint64_t id);
/* How many, plus 1; 0: too early to say that there is none. */
uint64_t mailers_known(struct mailers *m, uint64_t now_ms);

#endif
