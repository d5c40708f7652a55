/* A table in the order of last use: uthash keeps insertion order, and a used session is
 * inserted anew. */
#include "broker/sessions.h"

#include <stdlib.h>

#include <uthash.h>

#include "common/memory.h"

enum {
	/* An hour, or this part of a short life, by which a session may end early: so many uses at
	 * most are noted, whatever is said. */
	GRAIN_MS = 3600 * 1000,
	GRAINS = 16,
};

struct record {
	struct session session; /* first, so that the two convert */
	UT_hash_handle hh;
};

struct sessions {
	struct record *records; /* least recently used first */
	uint64_t ttl_ms;
};

struct sessions *sessions_new(uint64_t ttl_ms)
{
	struct sessions *s = xcalloc(1, sizeof *s);

	s->ttl_ms = ttl_ms;
	return s;
}

static void end(struct sessions *s, struct record *r, sessions_fn *on_end, void *ctx)
{
	HASH_DEL(s->records, r);
	if (on_end != NULL)
		on_end(ctx, &r->session);
	free(r);
}

const struct session *sessions_add(struct sessions *s, const struct session *session,
				   sessions_fn *on_end, void *ctx)
{
	struct record *r = xcalloc(1, sizeof *r);

	if (HASH_COUNT(s->records) >= SESSIONS_MAX)
		end(s, s->records, on_end, ctx);
	r->session = *session;
	HASH_ADD(hh, s->records, session.token, sizeof r->session.token, r);
	return &r->session;
}

static bool is_over(const struct sessions *s, const struct record *r, uint64_t now_ms)
{
	return s->ttl_ms != 0 && now_ms >= r->session.used_ms &&
	       now_ms - r->session.used_ms >= s->ttl_ms;
}

const struct session *sessions_use(struct sessions *s, const struct secret_hash *token,
				   uint64_t now_ms)
{
	struct record *r;

	HASH_FIND(hh, s->records, token, sizeof *token, r);
	if (r == NULL || is_over(s, r, now_ms))
		return NULL;
	HASH_DEL(s->records, r);
	r->session.used_ms = now_ms;
	HASH_ADD(hh, s->records, session.token, sizeof r->session.token, r);
	return &r->session;
}

void sessions_expire(struct sessions *s, uint64_t now_ms, sessions_fn *on_end, void *ctx)
{
	while (s->records != NULL && is_over(s, s->records, now_ms))
		end(s, s->records, on_end, ctx);
}

void sessions_end(struct sessions *s, const struct secret_hash *token,
		  sessions_fn *on_end, void *ctx)
{
	struct record *r;

	HASH_FIND(hh, s->records, token, sizeof *token, r);
	if (r != NULL)
		end(s, r, on_end, ctx);
}

void sessions_end_if(struct sessions *s, sessions_test_fn *test, sessions_fn *on_end,
		     void *ctx)
{
	struct record *r, *next;

	HASH_ITER (hh, s->records, r, next) {
		if (test(ctx, &r->session))
			end(s, r, on_end, ctx);
	}
}

bool sessions_has(const struct sessions *s, const struct secret_hash *token)
{
	struct record *r;

	HASH_FIND(hh, s->records, token, sizeof *token, r);
	return r != NULL;
}

uint64_t sessions_grain(const struct sessions *s)
{
	uint64_t part = s->ttl_ms / GRAINS;

	return s->ttl_ms == 0 || part > GRAIN_MS ? GRAIN_MS : part;
}

size_t sessions_count(const struct sessions *s)
{
	return HASH_COUNT(s->records);
}

void sessions_set_ttl(struct sessions *s, uint64_t ttl_ms)
{
	s->ttl_ms = ttl_ms;
}

void sessions_free(struct sessions **s)
{
	if (s == NULL || *s == NULL)
		return;
	while ((*s)->records != NULL)
		end(*s, (*s)->records, NULL, NULL);
	free(*s);
	*s = NULL;
}
