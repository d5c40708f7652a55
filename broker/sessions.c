/* Records in the order of last use, and a table that finds them by token. */
#include "broker/sessions.h"

#include <stdlib.h>

#include "common/memory.h"
#include "common/pool.h"
#include "common/table.h"

enum {
	/* An hour, or this part of a short life, by which a session may end early: so many uses at
	 * most are noted, whatever is said. */
	GRAIN_MS = 3600 * 1000,
	GRAINS = 16,
};

struct sessions {
	struct pool *records; /* struct session, least recently used first */
	struct table *by_token;
	uint64_t ttl_ms;
};

static uint64_t hash_of(const void *records, uint32_t number)
{
	const struct session *x = pool_at(records, number);

	return secret_scatter(&x->token, sizeof x->token);
}

static bool is_token(const void *records, uint32_t number, void *token)
{
	const struct session *x = pool_at(records, number);

	return secret_hash_equal(&x->token, token);
}

/* Its number; 0: there is none. */
static uint32_t find(const struct sessions *s, const struct secret_hash *token)
{
	struct secret_hash key = *token;

	return table_find(s->by_token, secret_scatter(&key, sizeof key), is_token, &key);
}

struct sessions *sessions_new(uint64_t ttl_ms)
{
	struct sessions *s = xcalloc(1, sizeof *s);

	s->records = pool_new(sizeof(struct session));
	s->by_token = table_new(s->records, hash_of);
	s->ttl_ms = ttl_ms;
	return s;
}

static void end(struct sessions *s, uint32_t number, sessions_fn *on_end, void *ctx)
{
	const struct session ended = *(struct session *)pool_at(s->records, number);

	table_remove(s->by_token, number);
	pool_remove(s->records, number);
	if (on_end != NULL)
		on_end(ctx, &ended);
}

const struct session *sessions_add(struct sessions *s, const struct session *session,
				   sessions_fn *on_end, void *ctx)
{
	struct session *x;
	uint32_t number;

	if (pool_count(s->records) >= SESSIONS_MAX)
		end(s, pool_first(s->records), on_end, ctx);
	number = pool_add(s->records);
	x = pool_at(s->records, number);
	*x = *session;
	table_add(s->by_token, number);
	return x;
}

static bool is_over(const struct sessions *s, uint32_t number, uint64_t now_ms)
{
	const struct session *x = pool_at(s->records, number);

	return s->ttl_ms != 0 && now_ms >= x->used_ms && now_ms - x->used_ms >= s->ttl_ms;
}

const struct session *sessions_use(struct sessions *s, const struct secret_hash *token,
				   uint64_t now_ms)
{
	uint32_t number = find(s, token);
	struct session *x;

	if (number == TABLE_NONE || is_over(s, number, now_ms))
		return NULL;
	pool_renew(s->records, number);
	x = pool_at(s->records, number);
	x->used_ms = now_ms;
	return x;
}

void sessions_expire(struct sessions *s, uint64_t now_ms, sessions_fn *on_end, void *ctx)
{
	while (pool_count(s->records) > 0) {
		uint32_t first = pool_first(s->records);
		struct session *x = pool_at(s->records, first);

		if (x->used_ms > now_ms) { /* the clock was wrong then, or is */
			x->used_ms = now_ms;
			pool_renew(s->records, first);
		} else if (is_over(s, first, now_ms)) {
			end(s, first, on_end, ctx);
		} else {
			break;
		}
	}
}

void sessions_end(struct sessions *s, const struct secret_hash *token,
		  sessions_fn *on_end, void *ctx)
{
	uint32_t number = find(s, token);

	if (number != TABLE_NONE)
		end(s, number, on_end, ctx);
}

void sessions_end_if(struct sessions *s, sessions_test_fn *test, sessions_fn *on_end,
		     void *ctx)
{
	uint32_t next;

	for (uint32_t i = pool_first(s->records); i != POOL_NONE; i = next) {
		next = pool_next(s->records, i);
		if (test(ctx, pool_at(s->records, i)))
			end(s, i, on_end, ctx);
	}
}

bool sessions_has(const struct sessions *s, const struct secret_hash *token)
{
	return find(s, token) != TABLE_NONE;
}

uint64_t sessions_grain(const struct sessions *s)
{
	uint64_t part = s->ttl_ms / GRAINS;

	return s->ttl_ms == 0 || part > GRAIN_MS ? GRAIN_MS : part;
}

size_t sessions_count(const struct sessions *s)
{
	return pool_count(s->records);
}

void sessions_set_ttl(struct sessions *s, uint64_t ttl_ms)
{
	s->ttl_ms = ttl_ms;
}

void sessions_free(struct sessions **s)
{
	if (s == NULL || *s == NULL)
		return;
	table_free(&(*s)->by_token);
	pool_free(&(*s)->records);
	free(*s);
	*s = NULL;
}
