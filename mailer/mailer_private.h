/* mailer_private.h - the mailer from within, for the mailer_*.c. */
#ifndef MAILER_MAILER_PRIVATE_H
#define MAILER_MAILER_PRIVATE_H

#include <stdbool.h>

#include "mailer/chores.h"
#include "mailer/errand.h"
#include "mailer/mailer.h"
#include "mailer/mailer_metrics.h"
#include "mailer/refusals.h"
#include "mailer/slots.h"

struct desk;

enum { MAILER_REPORT_GRACE_MS = 3000 }; /* of the drain, when only reports are left */

struct mailer {
	struct mailer_setup setup;
	unsigned slot;             /* our own */
	uint64_t names[SLOTS_MAX]; /* on the bus, of the slots we hold; 0: not ours */
	char *subject;             /* what it looks like */
	struct desk *desk;
	struct reports *reports;
	struct refusals refusals; /* of answers to both */
	struct errand_books books;
	struct chores chores;
	struct errand *errands; /* oldest first */
	size_t n_errands, n_sending;
	bool in_transaction; /* rows of the trail were added, and are not committed yet */
	bool shut;           /* the disk refuses: nothing is taken or sent */
	uint64_t probe_ms;   /* when to see whether it still does */
	bool degraded;       /* the last attempt found no way to the server */
	uint64_t paused_ms;  /* until when a server asked for silence */
	uint64_t adopt_ms;   /* when to look for letters of mailers that ended */
	bool draining, drained;
	uint64_t attempts_end_ms; /* by when those that were begun have ended */
	uint64_t report_end_ms;   /* of the drain */
	uv_timer_t timer;
	struct mailer_metrics metrics;
};

/* Everything that happens ends here: what is due is written, told and begun, a letter is asked for if there is room,
 * the timer is set, and the drain ended when it is over. */
void mailer_turn(struct mailer *m);
/* The disk refused. */
void mailer_shut(struct mailer *m, enum status why);
/* Takes e into the list. */
void mailer_add(struct mailer *m, struct errand *e);
struct errand *mailer_find(struct mailer *m, uint64_t name, uint64_t letter);
struct letter_facts mailer_facts(const struct bus_letter *l, uint64_t end_ms);

/* Takes the lowest free slot and the letters in it.  ST_BUSY: all are taken. */
enum status mailer_adopt_own(struct mailer *m) ATTR_USE_RESULT;
/* Looks for letters in slots whose mailers have ended, and gives back slots that are empty again. */
void mailer_adopt_others(struct mailer *m, uint64_t now_ms);

#endif
