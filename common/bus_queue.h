/* bus_queue.h - messages that wait for their frame: first in, first out.
 *
 * Messages gather in frames of at most BUS_QUEUE_FRAME_MESSAGES and about BUS_QUEUE_FRAME_BYTES
 * (a message is never split, and one is at most 70 KiB), so that what is taken always fits a frame with its head.
 * The queue itself has no bound: its owner looks at bus_queue_bytes() and stops the source. */
#ifndef COMMON_BUS_QUEUE_H
#define COMMON_BUS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bus_msg.h"

/* The bytes are few because a peer that leaves in the middle of a frame that its socket did not take at
 * once can jam NNG 1.5.2 for good (tests/unit/common/test_bus_hangup.c; after some hundred times from
 * 40,000 bytes on, never in 30,000 times at 30,000: Linux takes up to 32 KiB wholly or not at all). */
enum {
	BUS_QUEUE_FRAME_MESSAGES = 900,
	BUS_QUEUE_FRAME_BYTES = 24 << 10,
	/* Of the one answer to an operator's question, where the rest would not be told. */
	BUS_QUEUE_ANSWER_BYTES = 128 << 10,
};

struct bus_queue;

/* Has w as many messages or bytes as a frame should? */
bool bus_queue_is_frame_full(const struct bus_writer *w);

struct bus_queue *bus_queue_new(void);
void bus_queue_free(struct bus_queue **q);
/* Copies m. */
void bus_queue_add(struct bus_queue *q, const struct bus_msg *m);
size_t bus_queue_count(const struct bus_queue *q);
size_t bus_queue_bytes(const struct bus_queue *q);
/* Appends the oldest frame's messages to w, which holds its head; nothing when the queue is empty. */
void bus_queue_take(struct bus_queue *q, struct bus_writer *w);

#endif
