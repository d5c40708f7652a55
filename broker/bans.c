/* The list: making, lifting, ending.  Who is found by it is ban_index.c. */
#include "broker/bans.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "broker/ban_index.h"
#include "broker/store.h"
#include "common/memory.h"

struct record {
	struct ban ban;
	struct record *prev, *next;
};

struct bans {
	struct store *store;
	struct record *records; /* the oldest first */
	struct ban_index *index;
	size_t n, n_made; /* in all, and by operators */
	size_t of_kind[BAN_KINDS];
	uint64_t hits[BAN_KINDS];
	uint64_t last_id;
	uint64_t next_ms; /* no ban is over before; 0: none ends by time */
};

struct bans *bans_new(struct store *store)
{
	struct bans *b = xcalloc(1, sizeof *b);

	b->store = store;
	b->index = ban_index_new();
	return b;
}

uint64_t ban_number(const struct secret_hash *hash)
{
	static const struct secret_hash none;

	if (memcmp(hash, &none, sizeof none) == 0)
		return 0;
	return secret_number(
		(struct slice){(const char *)hash->bytes, sizeof hash->bytes});
}

bool ban_is_over(const struct ban *ban, uint64_t wall_ms)
{
	return ban->until_ms != 0 && wall_ms >= ban->until_ms;
}

static void add(struct bans *b, const struct ban *ban)
{
	struct record *r = xcalloc(1, sizeof *r);

	r->ban = *ban;
	DL_APPEND(b->records, r);
	ban_index_add(b->index, &r->ban);
	b->n++;
	b->n_made += ban->id != 0;
	b->of_kind[ban->kind]++;
	if (ban->until_ms != 0 && (b->next_ms == 0 || ban->until_ms < b->next_ms))
		b->next_ms = ban->until_ms;
}

static void forget(struct bans *b, struct record *r)
{
	ban_index_remove(b->index, &r->ban);
	DL_DELETE(b->records, r);
	b->n--;
	b->n_made -= r->ban.id != 0;
	b->of_kind[r->ban.kind]--;
	if (r->ban.id != 0)
		store_drop_ban(b->store, r->ban.id);
	free(r);
}

/* -- making and lifting -- */

/* Of exactly this: another name that looks alike, or address of the same mailbox, has a ban of its own. */
static bool is_same(const struct ban *a, const struct ban *b)
{
	return ban_is_like(a, b) &&
	       memcmp(&a->numbers, &b->numbers, sizeof a->numbers) == 0;
}

enum status bans_put(struct bans *b, const struct ban *ban)
{
	struct ban copy = *ban;
	struct record *r, *next;

	DL_FOREACH_SAFE (b->records, r, next) {
		if (ban->id != 0 && r->ban.id != 0 && is_same(&r->ban, ban))
			forget(b, r);
	}
	if (ban->id != 0) {
		if (b->n_made >= BANS_MAX)
			return ST_FULL;
		copy.id = ++b->last_id;
		store_put_ban(b->store, &copy);
	}
	add(b, &copy);
	return ST_OK;
}

enum status bans_lift(struct bans *b, const struct ban *like)
{
	enum status st = ST_ABSENT;
	struct record *r, *next;

	DL_FOREACH_SAFE (b->records, r, next) {
		if (!ban_is_like(&r->ban, like))
			continue;
		if (r->ban.id == 0) {
			st = st == ST_OK ? ST_OK : ST_DENIED;
		} else {
			forget(b, r);
			st = ST_OK;
		}
	}
	return st;
}

void bans_drop_options(struct bans *b)
{
	struct record *r, *next;

	DL_FOREACH_SAFE (b->records, r, next) {
		if (r->ban.id == 0)
			forget(b, r);
	}
}

void bans_expire(struct bans *b, uint64_t wall_ms)
{
	struct record *r, *next;

	if (b->next_ms == 0 || wall_ms < b->next_ms)
		return;
	b->next_ms = 0;
	DL_FOREACH_SAFE (b->records, r, next) {
		if (ban_is_over(&r->ban, wall_ms))
			forget(b, r);
		else if (r->ban.until_ms != 0 &&
			 (b->next_ms == 0 || r->ban.until_ms < b->next_ms))
			b->next_ms = r->ban.until_ms;
	}
}

void bans_restore(struct bans *b, const struct ban *ban)
{
	if (ban->id > b->last_id)
		b->last_id = ban->id;
	add(b, ban);
}

/* -- asking -- */

const struct ban *bans_find(const struct bans *b, enum ban_kind kind,
			    const struct ban_numbers *n, uint64_t wall_ms)
{
	return ban_index_find(b->index, kind, n, wall_ms);
}

const struct ban *bans_of_network(const struct bans *b, struct slice address,
				  uint64_t wall_ms)
{
	return b->of_kind[BAN_NETWORK] == 0
		       ? NULL
		       : ban_index_find_network(b->index, address, wall_ms);
}

void bans_each(const struct bans *b, bans_fn *each, void *ctx)
{
	const struct record *r = b->records != NULL ? b->records->prev : NULL;

	while (r != NULL) {
		each(ctx, &r->ban);
		r = r == b->records ? NULL : r->prev;
	}
}

size_t bans_count(const struct bans *b)
{
	return b->n;
}

size_t bans_count_of(const struct bans *b, enum ban_kind kind)
{
	return b->of_kind[kind];
}

void bans_hit(struct bans *b, enum ban_kind kind)
{
	b->hits[kind]++;
}

uint64_t bans_hits(const struct bans *b, enum ban_kind kind)
{
	return b->hits[kind];
}

void bans_free(struct bans **b)
{
	if (b == NULL || *b == NULL)
		return;
	(*b)->store = NULL; /* the store keeps them */
	while ((*b)->records != NULL)
		forget(*b, (*b)->records);
	ban_index_free(&(*b)->index);
	free(*b);
	*b = NULL;
}
