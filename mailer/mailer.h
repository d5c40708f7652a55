/* mailer.h - takes letters from the broker's mail desk, has them sent, and reports.
 *
 * One TAKE is in flight whenever there is room.  A letter is ours once it is in the outbox and the
 * broker has confirmed its lease; then it is sent, and again with back-off while it is deferred and its
 * code lives.  Bounds: `concurrency` attempts at a time, MAILER_LETTERS_MAX letters in hand (twice that
 * while letters of a mailer that ended are adopted); at either the mailer stops taking, and the letters
 * wait with the broker.  So they do while the disk refuses, or a server has asked for silence. */
#ifndef MAILER_MAILER_H
#define MAILER_MAILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <uv.h>

#include "common/attr.h"
#include "common/entropy.h"
#include "common/status.h"
#include "mailer/letter.h"

struct audit;
struct bus_address;
struct transport;
struct mailer;

enum { MAILER_LETTERS_MAX = 1024 };

/* Drained: exit_code 0; the audit file turned out to be damaged: 1, and the next start begins a new
 * one. */
typedef void mailer_ended_fn(void *ctx, int exit_code);

/* Everything by pointer is borrowed for the mailer's life. */
struct mailer_setup {
	uv_loop_t *loop;
	const struct bus_address *at; /* of the mail endpoint */
	struct letter_style style;
	uint64_t timeout_ms; /* of one attempt */
	uint64_t keep_ms;    /* contents of the record; 0: for ever */
	size_t concurrency;
	struct audit *audit;
	struct transport *transport;
	const char *key; /* of the transport: never kept or logged; NULL: none */
	const struct entropy *entropy;
	mailer_ended_fn *on_ended; /* may end the loop, but not call back in here */
	void *ctx;
};

/* Begins to take letters. */
enum status mailer_new(const struct mailer_setup *setup,
		       struct mailer **out) ATTR_USE_RESULT;
/* Other limits, for attempts that begin from now on. */
void mailer_set_limits(struct mailer *m, uint64_t timeout_ms, uint64_t keep_ms);
/* Can letters be sent?  *why is a constant text when not. */
bool mailer_is_ready(const struct mailer *m, const char **why);
/* For /metrics. */
void mailer_write_metrics(struct mailer *m, FILE *out);
/* Takes no more, gives back the letters that wait for their next try, lets those that are
 * being sent go on for timeout_ms at most and their reports for a few seconds more, then calls
 * on_ended().  Once only. */
void mailer_drain(struct mailer *m);

#endif
