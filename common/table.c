/* Open addressing with linear probing, in many small parts: each grows for itself, so that no single
 * addition moves more than a part's share. */
#include "common/table.h"

#include <assert.h>
#include <stdlib.h>

#include "common/memory.h"

enum {
	PARTS = 64, /* a power of two */
	PART_MIN = 8,
};

struct part {
	uint32_t *cells; /* TABLE_NONE: free */
	uint32_t size, used;
};

struct table {
	const void *owner;
	table_hash_fn *hash;
	size_t count;
	struct part parts[PARTS];
};

struct table *table_new(const void *owner, table_hash_fn *hash)
{
	struct table *t = xcalloc(1, sizeof *t);

	t->owner = owner;
	t->hash = hash;
	return t;
}

static size_t part_of(uint64_t hash)
{
	return (size_t)(hash % PARTS);
}

/* Where the search begins: the hash's upper half, scaled to the size. */
static uint32_t home_of(const struct part *p, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * p->size >> 32);
}

static uint32_t after(const struct part *p, uint32_t cell)
{
	return cell + 1 == p->size ? 0 : cell + 1;
}

static uint32_t distance(const struct part *p, uint32_t from, uint32_t to)
{
	return to >= from ? to - from : to + p->size - from;
}

static void put(struct part *p, uint64_t hash, uint32_t number)
{
	uint32_t cell = home_of(p, hash);

	while (p->cells[cell] != TABLE_NONE)
		cell = after(p, cell);
	p->cells[cell] = number;
}

/* By a half: between a half and three quarters of the cells are used. */
static void grow(const struct table *t, struct part *p)
{
	struct part old = *p;

	p->size = old.size == 0 ? PART_MIN : old.size + old.size / 2;
	p->cells = xcalloc(p->size, sizeof *p->cells);
	for (uint32_t i = 0; i < old.size; i++) {
		if (old.cells[i] != TABLE_NONE)
			put(p, t->hash(t->owner, old.cells[i]), old.cells[i]);
	}
	free(old.cells);
}

void table_add(struct table *t, uint32_t number)
{
	uint64_t hash = t->hash(t->owner, number);
	struct part *p = &t->parts[part_of(hash)];

	assert(number != TABLE_NONE);
	if (p->used >= p->size / 4 * 3)
		grow(t, p);
	put(p, hash, number);
	p->used++;
	t->count++;
}

uint32_t table_find(const struct table *t, uint64_t hash, table_match_fn *match,
		    void *ctx)
{
	const struct part *p = &t->parts[part_of(hash)];

	if (p->used == 0)
		return TABLE_NONE;
	for (uint32_t i = home_of(p, hash); p->cells[i] != TABLE_NONE; i = after(p, i)) {
		if (match(t->owner, p->cells[i], ctx))
			return p->cells[i];
	}
	return TABLE_NONE;
}

/* What stands behind the gap and could not be found over it moves up. */
static void close_gap(const struct table *t, struct part *p, uint32_t gap)
{
	for (uint32_t i = after(p, gap); p->cells[i] != TABLE_NONE; i = after(p, i)) {
		uint32_t home = home_of(p, t->hash(t->owner, p->cells[i]));

		if (distance(p, home, i) >= distance(p, gap, i)) {
			p->cells[gap] = p->cells[i];
			gap = i;
		}
	}
	p->cells[gap] = TABLE_NONE;
}

void table_remove(struct table *t, uint32_t number)
{
	uint64_t hash = t->hash(t->owner, number);
	struct part *p = &t->parts[part_of(hash)];
	uint32_t cell;

	assert(p->used > 0);
	cell = home_of(p, hash);
	while (p->cells[cell] != number) {
		assert(p->cells[cell] != TABLE_NONE);
		cell = after(p, cell);
	}
	close_gap(t, p, cell);
	p->used--;
	t->count--;
}

size_t table_count(const struct table *t)
{
	return t->count;
}

void table_free(struct table **t)
{
	if (t == NULL || *t == NULL)
		return;
	for (size_t i = 0; i < PARTS; i++)
		free((*t)->parts[i].cells);
	free(*t);
	*t = NULL;
}
