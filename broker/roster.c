/* One array of pointers, always in order. */
#include "broker/roster.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct entry {
	uint64_t person;
	uint8_t len;
	char name[];
};

struct roster {
	struct entry **entries;
	size_t n, cap;
};

struct roster *roster_new(void)
{
	return xcalloc(1, sizeof(struct roster));
}

/* Below, at or above zero, as the entry stands before, is or stands after (name, person). */
static int compare(const struct entry *e, struct slice name, uint64_t person)
{
	size_t least = e->len < name.len ? e->len : name.len;
	int order = least > 0 ? memcmp(e->name, name.ptr, least) : 0;

	if (order == 0)
		order = (e->len > name.len) - (e->len < name.len);
	if (order == 0)
		order = (e->person > person) - (e->person < person);
	return order;
}

/* The first place whose entry is not before (name, person). */
static size_t place_of(const struct roster *r, struct slice name, uint64_t person)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(r->entries[mid], name, person) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_at(const struct roster *r, size_t place, struct slice name,
		  uint64_t person)
{
	return place < r->n && compare(r->entries[place], name, person) == 0;
}

void roster_add(struct roster *r, struct slice name, uint64_t person)
{
	size_t place = place_of(r, name, person);
	struct entry *e;

	if (is_at(r, place, name, person))
		return;
	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 64 : r->cap + r->cap / 4;
		r->entries = xrealloc(r->entries, r->cap * sizeof(*r->entries));
	}
	assert(name.len <= UINT8_MAX);
	e = xcalloc(1, offsetof(struct entry, name) + name.len);
	e->person = person;
	e->len = (uint8_t)name.len;
	if (name.len > 0)
		memcpy(e->name, name.ptr, name.len);
	memmove(r->entries + place + 1, r->entries + place,
		(r->n - place) * sizeof(*r->entries));
	r->entries[place] = e;
	r->n++;
}

void roster_remove(struct roster *r, struct slice name, uint64_t person)
{
	size_t place = place_of(r, name, person);

	if (!is_at(r, place, name, person))
		return;
	free(r->entries[place]);
	r->n--;
	memmove(r->entries + place, r->entries + place + 1,
		(r->n - place) * sizeof(*r->entries));
}

size_t roster_count(const struct roster *r)
{
	return r->n;
}

size_t roster_after(const struct roster *r, struct slice name)
{
	size_t place = place_of(r, name, UINT64_MAX);

	/* No person has the greatest id; should one, it is not after its own name. */
	return is_at(r, place, name, UINT64_MAX) ? place + 1 : place;
}

uint64_t roster_at(const struct roster *r, size_t place)
{
	return r->entries[place]->person;
}

void roster_free(struct roster **r)
{
	if (r == NULL || *r == NULL)
		return;
	for (size_t i = 0; i < (*r)->n; i++)
		free((*r)->entries[i]);
	free((*r)->entries);
	free(*r);
	*r = NULL;
}
