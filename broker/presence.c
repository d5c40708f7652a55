/* The people who are not absent, in the order of their coming, and a table that finds them. */
#include "broker/presence.h"

#include <assert.h>
#include <stdlib.h>

#include "common/memory.h"
#include "common/pool.h"
#include "common/secret.h"
#include "common/table.h"

struct person {
	uint64_t id;
	uint64_t gone_at_ms; /* when grace began; meaningful with no clients */
	uint64_t typed_ms;   /* when the room was last told that they write; 0: never */
	uint32_t clients;
};

struct presence {
	struct pool *people;
	struct table *by_id;
	uint64_t grace_ms;
	size_t clients;
};

static uint64_t hash_of(const void *people, uint32_t number)
{
	const struct person *x = pool_at(people, number);

	return secret_scatter(&x->id, sizeof x->id);
}

static bool is_id(const void *people, uint32_t number, void *id)
{
	const struct person *x = pool_at(people, number);

	return x->id == *(uint64_t *)id;
}

struct presence *presence_new(uint64_t grace_ms)
{
	struct presence *p = xcalloc(1, sizeof *p);

	p->people = pool_new(sizeof(struct person));
	p->by_id = table_new(p->people, hash_of);
	p->grace_ms = grace_ms;
	return p;
}

static uint32_t number_of(const struct presence *p, uint64_t id)
{
	return table_find(p->by_id, secret_scatter(&id, sizeof id), is_id, &id);
}

static struct person *find(const struct presence *p, uint64_t id)
{
	uint32_t number = number_of(p, id);

	return number != TABLE_NONE ? pool_at(p->people, number) : NULL;
}

static struct person *add(struct presence *p, uint64_t id)
{
	uint32_t number = pool_add(p->people);
	struct person *x = pool_at(p->people, number);

	x->id = id;
	table_add(p->by_id, number);
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
	for (uint32_t i = pool_first(p->people); i != POOL_NONE;
	     i = pool_next(p->people, i)) {
		struct person *x = pool_at(p->people, i);

		x->gone_at_ms = x->gone_at_ms + ms < now_ms ? x->gone_at_ms + ms : now_ms;
	}
}

void presence_restore(struct presence *p, uint64_t person, uint64_t now_ms)
{
	struct person *x = find(p, person);

	if (x == NULL)
		x = add(p, person);
	x->gone_at_ms = now_ms;
}

static void remove_person(struct presence *p, uint32_t number, presence_fn *each,
			  void *ctx)
{
	uint64_t id = ((const struct person *)pool_at(p->people, number))->id;

	table_remove(p->by_id, number);
	pool_remove(p->people, number);
	each(ctx, id, 0);
}

void presence_expire(struct presence *p, uint64_t now_ms, presence_fn *each, void *ctx)
{
	uint32_t next;

	for (uint32_t i = pool_first(p->people); i != POOL_NONE; i = next) {
		const struct person *x = pool_at(p->people, i);

		next = pool_next(p->people, i);
		if (x->clients == 0 && now_ms - x->gone_at_ms >= p->grace_ms)
			remove_person(p, i, each, ctx);
	}
}

void presence_leave(struct presence *p, uint64_t person, presence_fn *each, void *ctx)
{
	uint32_t number = number_of(p, person);

	if (number != TABLE_NONE && presence_clients_of(p, person) == 0)
		remove_person(p, number, each, ctx);
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
	uint32_t next;

	for (uint32_t i = pool_first(p->people); i != POOL_NONE; i = next) {
		const struct person *x = pool_at(p->people, i);

		next = pool_next(p->people, i);
		each(ctx, x->id, x->clients);
	}
}

size_t presence_count(const struct presence *p)
{
	return pool_count(p->people);
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
	if (p == NULL || *p == NULL)
		return;
	table_free(&(*p)->by_id);
	pool_free(&(*p)->people);
	free(*p);
	*p = NULL;
}
