/* Chunks of records, each behind its links to the ones before and after it; place 0 is the list's ends. */
#include "common/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/asan_interface.h> /* nothing unless it is on */

#include "common/memory.h"

enum { CHUNK = 64 }; /* records */

struct link {
	uint32_t before, next; /* next: of free ones, too */
};

struct pool {
	size_t size; /* of a link and its record */
	char **chunks;
	size_t n_chunks;
	uint32_t used;    /* numbers ever given */
	uint32_t free;    /* the first of those given back */
	struct link ends; /* before: the last; next: the first */
	size_t count;
};

struct pool *pool_new(size_t size)
{
	struct pool *p = xcalloc(1, sizeof *p);

	p->size = sizeof(struct link) + (size + 7) / 8 * 8;
	return p;
}

static struct link *link_of(const struct pool *p, uint32_t number)
{
	size_t place = (size_t)number - 1;

	assert(number != POOL_NONE && number <= p->used);
	return (struct link *)(void *)(p->chunks[place / CHUNK] +
				       place % CHUNK * p->size);
}

static struct link *link_or_ends(struct pool *p, uint32_t number)
{
	return number == POOL_NONE ? &p->ends : link_of(p, number);
}

static void append(struct pool *p, uint32_t number)
{
	struct link *l = link_of(p, number);

	l->before = p->ends.before;
	l->next = POOL_NONE;
	link_or_ends(p, l->before)->next = number;
	p->ends.before = number;
}

static void unlink_number(struct pool *p, uint32_t number)
{
	struct link *l = link_of(p, number);

	link_or_ends(p, l->before)->next = l->next;
	link_or_ends(p, l->next)->before = l->before;
}

static uint32_t take_number(struct pool *p)
{
	uint32_t number = p->free;

	if (number != POOL_NONE) {
		p->free = link_of(p, number)->next;
		return number;
	}
	assert(p->used < UINT32_MAX);
	if (p->used == p->n_chunks * CHUNK) {
		p->chunks = xrealloc(p->chunks, (p->n_chunks + 1) * sizeof *p->chunks);
		p->chunks[p->n_chunks++] = xcalloc(CHUNK, p->size);
	}
	return ++p->used;
}

uint32_t pool_add(struct pool *p)
{
	uint32_t number = take_number(p);

	append(p, number);
	ASAN_UNPOISON_MEMORY_REGION(pool_at(p, number), p->size - sizeof(struct link));
	p->count++;
	return number;
}

void pool_remove(struct pool *p, uint32_t number)
{
	struct link *l = link_of(p, number);

	unlink_number(p, number);
	memset(l, 0, p->size);
	/* Whoever still uses the record is found as with memory that was freed. */
	ASAN_POISON_MEMORY_REGION(l + 1, p->size - sizeof *l);
	l->next = p->free;
	p->free = number;
	p->count--;
}

void *pool_at(const struct pool *p, uint32_t number)
{
	return link_of(p, number) + 1;
}

void pool_renew(struct pool *p, uint32_t number)
{
	unlink_number(p, number);
	append(p, number);
}

uint32_t pool_first(const struct pool *p)
{
	return p->ends.next;
}

uint32_t pool_next(const struct pool *p, uint32_t number)
{
	return link_of(p, number)->next;
}

size_t pool_count(const struct pool *p)
{
	return p->count;
}

void pool_free(struct pool **p)
{
	if (p == NULL || *p == NULL)
		return;
	for (size_t i = 0; i < (*p)->n_chunks; i++)
		free((*p)->chunks[i]);
	free((*p)->chunks);
	free(*p);
	*p = NULL;
}
