/* A table of the people who are not absent. */
#include "broker/presence.h"

#include <assert.h>
#include <stdlib.h>

#include <uthash.h>

#include "common/memory.h"

struct person {
	uint64_t id;
	size_t clients;
	uint64_t gone_at_ms; /* when grace began; meaningful with no clients */
	uint64_t typed_ms;   /* when the room was last told that they write; 0: never */
	UT_hash_handle hh;
};

struct presence {
	struct person *people;
	uint64_t grace_ms;
	size_t clients;
};

struct presence *presence_new(uint64_t grace_ms)
{
	struct presence *p = xcalloc(1, sizeof *p);

	p->grace_ms = grace_ms;
	return p;
}

static struct person *find(const struct presence *p, uint64_t id)
{
	struct person *x;

	HASH_FIND(hh, p->people, &id, sizeof id, x);
	return x;
}

static struct person *add(struct presence *p, uint64_t id)
{
	struct person *x = xcalloc(1, sizeof *x);

	x->id = id;
	HASH_ADD(hh, p->people, id, sizeof x->id, x);
	return x;
}

bool presence_attach(struct presence *p, uint64_t person)
{
	struct person *x = find(p, person);
	bool entered = x == NULL;

	if (entered)
		x = add(p, person);
	x->clients++;
	p->clients++;
	return entered;
}

void presence_detach(struct presence *p, uint64_t person, uint64_t now_ms)
{
	struct person *x = find(p, person);

	assert(x != NULL && x->clients > 0);
	x->clients--;
	p->clients--;
	x->gone_at_ms = now_ms;
}

void presence_paused(struct presence *p, uint64_t ms, uint64_t now_ms)
{
	for (struct person *x = p->people; x != NULL; x = x->hh.next)
		x->gone_at_ms = x->gone_at_ms + ms < now_ms ? x->gone_at_ms + ms : now_ms;
}

void presence_restore(struct presence *p, uint64_t person, uint64_t now_ms)
{
	struct person *x = find(p, person);

	if (x == NULL)
		x = add(p, person);
	x->gone_at_ms = now_ms;
}

static void remove_person(struct presence *p, struct person *x, presence_fn *each,
			  void *ctx)
{
	HASH_DEL(p->people, x);
	each(ctx, x->id, 0);
	free(x);
}

void presence_expire(struct presence *p, uint64_t now_ms, presence_fn *each, void *ctx)
{
	struct person *x, *next;

	HASH_ITER (hh, p->people, x, next) {
		if (x->clients > 0 || now_ms - x->gone_at_ms < p->grace_ms)
			continue;
		remove_person(p, x, each, ctx);
	}
}

void presence_leave(struct presence *p, uint64_t person, presence_fn *each, void *ctx)
{
	struct person *x = find(p, person);

	if (x != NULL && x->clients == 0)
		remove_person(p, x, each, ctx);
}

bool presence_may_type(struct presence *p, uint64_t person, uint64_t now_ms)
{
	struct person *x = find(p, person);

	if (x == NULL || (x->typed_ms != 0 && now_ms - x->typed_ms < PRESENCE_TYPING_MS))
		return false;
	x->typed_ms = now_ms;
	return true;
}

void presence_each(const struct presence *p, presence_fn *each, void *ctx)
{
	struct person *x, *next;

	HASH_ITER (hh, p->people, x, next)
		each(ctx, x->id, x->clients);
}

size_t presence_count(const struct presence *p)
{
	return HASH_COUNT(p->people);
}

bool presence_has(const struct presence *p, uint64_t person)
{
	return find(p, person) != NULL;
}

size_t presence_clients_of(const struct presence *p, uint64_t person)
{
	const struct person *x = find(p, person);

	return x != NULL ? x->clients : 0;
}

size_t presence_clients(const struct presence *p)
{
	return p->clients;
}

void presence_set_grace(struct presence *p, uint64_t grace_ms)
{
	p->grace_ms = grace_ms;
}

void presence_free(struct presence **p)
{
	struct person *x, *next;

	if (p == NULL || *p == NULL)
		return;
	HASH_ITER (hh, (*p)->people, x, next) {
		HASH_DEL((*p)->people, x);
		free(x);
	}
	free(*p);
	*p = NULL;
}
