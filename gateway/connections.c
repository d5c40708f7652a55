/* A number is a serial and a slot: the slot finds the connection, the serial says whether it
 * is still the same one. */
#include "gateway/connections.h"

#include <stdlib.h>

#include "common/memory.h"

enum { SLOT_BITS = 20 };

struct connections {
	struct connection **slots;
	uint32_t *free_slots; /* a stack */
	size_t n_slots, n_free;
	uint64_t serial;
};

struct connections *connections_new(void)
{
	return xcalloc(1, sizeof(struct connections));
}

void connections_free(struct connections **t)
{
	if (t == NULL || *t == NULL)
		return;
	free((*t)->slots);
	free((*t)->free_slots);
	free(*t);
	*t = NULL;
}

static bool grow(struct connections *t)
{
	size_t n = t->n_slots == 0 ? 64 : 2 * t->n_slots;

	if (n > CONNECTIONS_MAX)
		return false;
	t->slots = xrealloc(t->slots, n * sizeof(*t->slots));
	t->free_slots = xrealloc(t->free_slots, n * sizeof(*t->free_slots));
	for (size_t i = n; i > t->n_slots; i--) {
		t->slots[i - 1] = NULL;
		t->free_slots[t->n_free++] = (uint32_t)(i - 1);
	}
	t->n_slots = n;
	return true;
}

bool connections_add(struct connections *t, struct connection *c)
{
	uint32_t slot;

	if (t->n_free == 0 && !grow(t))
		return false;
	slot = t->free_slots[--t->n_free];
	t->slots[slot] = c;
	c->id = ++t->serial << SLOT_BITS | slot;
	return true;
}

static size_t slot_of(uint64_t id)
{
	return (size_t)(id & ((1u << SLOT_BITS) - 1));
}

void connections_remove(struct connections *t, struct connection *c)
{
	size_t slot = slot_of(c->id);

	t->slots[slot] = NULL;
	t->free_slots[t->n_free++] = (uint32_t)slot;
}

struct connection *connections_find(const struct connections *t, uint64_t id)
{
	size_t slot = slot_of(id);
	struct connection *c = slot < t->n_slots ? t->slots[slot] : NULL;

	return c != NULL && c->id == id ? c : NULL;
}

size_t connections_count(const struct connections *t)
{
	return t->n_slots - t->n_free;
}

size_t connections_next(const struct connections *t, size_t *at, struct connection **out,
			size_t most)
{
	size_t n = 0;

	for (; n < most && *at < t->n_slots; ++*at) {
		if (t->slots[*at] != NULL)
			out[n++] = t->slots[*at];
	}
	return n;
}

void connections_each(const struct connections *t, connections_fn *each,
		      struct gateway *g)
{
	for (size_t i = 0; i < t->n_slots; i++) {
		if (t->slots[i] != NULL)
			each(g, t->slots[i]);
	}
}
