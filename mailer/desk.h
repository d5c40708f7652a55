/* desk.h - the broker's mail desk as a mailer sees it: one question at a time, "is
 * there a letter?".
 *
 * The broker holds the question until there is a letter or DESK_WAIT_MS have passed,
 * so nothing polls; an answer that brings nothing too soon is followed by a pause. */
#ifndef MAILER_DESK_H
#define MAILER_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/status.h"

enum {
	DESK_WAIT_MS = 5000, /* how long the broker may hold the question */
	DESK_PAUSE_MS = 250, /* from a question that brought nothing to the next */
	DESK_SILENCE_MS =
		8000, /* without an answer: the broker is away, and the log says so */
};

struct bus_address;
struct desk;
struct refusals;

/* letter is borrowed for the call. */
typedef void desk_letter_fn(void *ctx, const struct bus_letter *letter);
/* A row of the broker's trail, before the letter of the same answer. */
typedef void desk_trail_fn(void *ctx, const struct bus_trail *trail);
/* After each answer, with a letter or without: the next question may be asked from
 * there. */
typedef void desk_answer_fn(void *ctx);

struct desk_setup {
	uv_loop_t *loop;
	const struct bus_address
		*at;         /* borrowed for the desk's life, as are sender and subject */
	uint64_t mailer;     /* number on the bus */
	const char *sender;  /* address the letters come from */
	const char *subject; /* what theirs looks like, without the code */
	struct refusals *refusals; /* where to count; borrowed as well */
	desk_trail_fn *on_trail;
	desk_letter_fn *on_letter;
	desk_answer_fn *on_answer;
	void *ctx;
};

enum status desk_new(const struct desk_setup *setup, struct desk **out) ATTR_USE_RESULT;
void desk_free(struct desk **d);
/* Nothing is in flight, and it is not too early. */
bool desk_may_ask(const struct desk *d, uint64_t now_ms);
/* What the next question says of this mailer, for the operator. */
void desk_tell(struct desk *d, uint64_t in_hand, bool is_degraded);
/* Asks: also for what follows in the trail of the room after what is kept already. */
void desk_ask(struct desk *d, uint64_t room, uint64_t kept, uint64_t now_ms);
/* Notices that the broker is silent, and dials it anew. */
void desk_watch(struct desk *d, uint64_t now_ms);
/* Is the broker's desk there, as far as TCP knows? */
bool desk_is_connected(const struct desk *d);
/* When desk_watch() is due while a question is in flight, and else desk_ask(). */
uint64_t desk_next_ms(const struct desk *d);

#endif
