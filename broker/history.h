/* history.h - the latest posts of the room, by seq, and which of them a retry would repeat.
 *
 * Bounds: a number of posts, of bytes, and an age; what is over one of them falls out, the
 * oldest first.  The newest post stays whatever its size. */
#ifndef BROKER_HISTORY_H
#define BROKER_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "common/bus_msg.h"

struct history_post {
	uint64_t seq;
	uint64_t time_ms; /* wall clock */
	enum post_event event;
	uint64_t person; /* the author's name claim */
	struct slice name, text;
	struct slice id; /* the author's own id of the post; empty: none */
	uint64_t people; /* in the room after an entering or leaving; 0: not known */
};

struct history;

struct history_bounds {
	size_t posts;    /* 0 remembers nothing */
	size_t bytes;    /* of names, texts and ids; 0: no bound */
	uint64_t age_ms; /* 0: no bound */
};

struct history *history_new(const struct history_bounds *bounds);
void history_free(struct history **h);
/* post->seq must be newest + 1, or anything when the history is empty.  Copies. */
void history_add(struct history *h, const struct history_post *post);
/* Forgets what is too old at this wall clock time. */
void history_expire(struct history *h, uint64_t wall_ms);
/* Lets numbering go on after seq; the history must be empty. */
void history_start_after(struct history *h, uint64_t seq);
/* Seq of the newest post ever added; 0: none. */
uint64_t history_newest(const struct history *h);
/* Seq of the oldest post remembered; newest + 1 when none is. */
uint64_t history_first(const struct history *h);
size_t history_count(const struct history *h);
/* Bytes of names, texts and ids. */
size_t history_bytes(const struct history *h);
/* Borrowed until the next call with this history; NULL: not remembered. */
const struct history_post *history_get(struct history *h, uint64_t seq);
/* The seq under which this person's (latest) post with this id is remembered; 0: none. */
uint64_t history_find(const struct history *h, uint64_t person, struct slice id);

#endif
