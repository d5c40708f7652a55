/* mailer.h - takes letters from the broker's mail desk, has them sent, and reports.
 *
 * One TAKE is in flight whenever there is room; a letter taken is sent at once, and
 * again with back-off while it is deferred and its code lives.  Bounds: `concurrency`
 * attempts at a time, MAILER_LETTERS_MAX letters in hand; at either the mailer stops
 * taking, and the letters wait with the broker.  Letters in hand are in memory only:
 * those of a mailer that dies go to another one when their lease ends. */
#ifndef MAILER_MAILER_H
#define MAILER_MAILER_H

#include <stddef.h>
#include <stdint.h>

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

typedef void mailer_drained_fn(void *ctx);

/* Everything by pointer is borrowed for the mailer's life. */
struct mailer_setup {
	uv_loop_t *loop;
	const struct bus_address *at; /* of the mail endpoint */
	struct letter_style style;
	uint64_t timeout_ms; /* of one attempt */
	size_t concurrency;
	struct audit *audit;
	struct transport *transport;
	const char *key; /* of the transport: never kept or logged; NULL: none */
	const struct entropy *entropy;
	mailer_drained_fn *on_drained;
	void *ctx;
};

/* Begins to take letters. */
enum status mailer_new(const struct mailer_setup *setup,
		       struct mailer **out) ATTR_USE_RESULT;
/* Takes no more, gives back the letters that wait for their next try, lets those that are
 * being sent go on for timeout_ms at most and their reports for a few seconds more, then calls on_drained(), which may end the loop but
 * not call back in here.  Once only. */
void mailer_drain(struct mailer *m);

#endif
