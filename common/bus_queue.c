/* A list of writers; the last one is still being filled. */
#include "common/bus_queue.h"

#include <stdlib.h>

#include "common/memory.h"

struct frame {
	struct frame *next;
	struct bus_writer *w;
};

struct bus_queue {
	struct frame *first, *last;
	size_t count, bytes;
};

struct bus_queue *bus_queue_new(void)
{
	return xcalloc(1, sizeof(struct bus_queue));
}

static void drop_first(struct bus_queue *q)
{
	struct frame *f = q->first;

	q->first = f->next;
	if (q->first == NULL)
		q->last = NULL;
	bus_writer_free(&f->w);
	free(f);
}

void bus_queue_free(struct bus_queue **q)
{
	if (q == NULL || *q == NULL)
		return;
	while ((*q)->first != NULL)
		drop_first(*q);
	free(*q);
	*q = NULL;
}

bool bus_queue_is_frame_full(const struct bus_writer *w)
{
	return bus_writer_count(w) >= BUS_QUEUE_FRAME_MESSAGES ||
	       bus_writer_size(w) >= BUS_QUEUE_FRAME_BYTES;
}

void bus_queue_add(struct bus_queue *q, const struct bus_msg *m)
{
	size_t before;

	if (q->last == NULL || bus_queue_is_frame_full(q->last->w)) {
		struct frame *f = xcalloc(1, sizeof *f);

		f->w = bus_writer_new();
		if (q->last == NULL)
			q->first = f;
		else
			q->last->next = f;
		q->last = f;
	}
	before = bus_writer_size(q->last->w);
	bus_writer_add(q->last->w, m);
	q->bytes += bus_writer_size(q->last->w) - before;
	q->count++;
}

size_t bus_queue_count(const struct bus_queue *q)
{
	return q->count;
}

size_t bus_queue_bytes(const struct bus_queue *q)
{
	return q->bytes;
}

void bus_queue_take(struct bus_queue *q, struct bus_writer *w)
{
	size_t before = bus_writer_size(w);

	if (q->first == NULL)
		return;
	bus_writer_append(w, q->first->w);
	q->count -= bus_writer_count(q->first->w);
	q->bytes -= bus_writer_size(w) - before;
	drop_first(q);
}
