/* A ring of posts indexed by seq; each post is one block of memory with its strings behind
 * it, and those with an id of their author's are also in a table by (person, id). */
#include "broker/history.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/memory.h"

enum { ID_MAX = 64 };

struct retry_key {
	uint64_t person;
	char id[ID_MAX]; /* padded with NUL, which no id holds */
};

struct record {
	struct history_post post;
	struct retry_key key;
	bool is_found; /* by its id: it is in by_id */
	UT_hash_handle hh;
	char bytes[];
};

struct history {
	struct record **ring; /* by seq modulo bounds.posts */
	struct history_bounds bounds;
	size_t count, bytes;
	uint64_t newest;
	struct record *by_id;
};

struct history *history_new(const struct history_bounds *bounds)
{
	struct history *h = xcalloc(1, sizeof *h);

	h->bounds = *bounds;
	h->ring = xcalloc(bounds->posts > 0 ? bounds->posts : 1, sizeof *h->ring);
	return h;
}

static struct retry_key key_of(uint64_t person, struct slice id)
{
	struct retry_key key;

	memset(&key, 0, sizeof key);
	key.person = person;
	assert(id.len <= ID_MAX);
	memcpy(key.id, id.len > 0 ? id.ptr : "", id.len);
	return key;
}

static struct slice put(char **at, struct slice s)
{
	struct slice copy = {*at, s.len};

	if (s.len > 0)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return copy;
}

static size_t size_of(const struct history_post *p)
{
	return p->name.len + p->text.len + p->id.len;
}

static void forget(struct history *h, struct record **slot)
{
	struct record *r = *slot;

	if (r == NULL)
		return;
	if (r->is_found)
		HASH_DEL(h->by_id, r);
	h->bytes -= size_of(&r->post);
	h->count--;
	free(r);
	*slot = NULL;
}

static void forget_oldest(struct history *h)
{
	forget(h, &h->ring[history_first(h) % h->bounds.posts]);
}

void history_add(struct history *h, const struct history_post *post)
{
	struct record *r, **slot, *same;
	char *at;

	assert(h->count == 0 || post->seq == h->newest + 1);
	h->newest = post->seq;
	if (h->bounds.posts == 0)
		return;
	slot = &h->ring[post->seq % h->bounds.posts];
	forget(h, slot);

	r = xcalloc(1, sizeof *r + size_of(post));
	at = r->bytes;
	r->post = *post;
	r->post.name = put(&at, post->name);
	r->post.text = put(&at, post->text);
	r->post.id = put(&at, post->id);
	if (post->id.len > 0) {
		r->key = key_of(post->person, post->id);
		HASH_FIND(hh, h->by_id, &r->key, sizeof r->key, same);
		/* Only in a journal that is read with a longer history than it was written with:
		 * the first had fallen out when the second came. */
		if (same != NULL) {
			HASH_DEL(h->by_id, same);
			same->is_found = false;
		}
		HASH_ADD(hh, h->by_id, key, sizeof r->key, r);
		r->is_found = true;
	}
	*slot = r;
	h->count++;
	h->bytes += size_of(post);
	while (h->bounds.bytes > 0 && h->bytes > h->bounds.bytes && h->count > 1)
		forget_oldest(h);
}

void history_expire(struct history *h, uint64_t wall_ms)
{
	while (h->bounds.age_ms > 0 && h->count > 0 &&
	       history_get(h, history_first(h))->time_ms + h->bounds.age_ms <= wall_ms)
		forget_oldest(h);
}

void history_start_after(struct history *h, uint64_t seq)
{
	assert(h->count == 0);
	h->newest = seq;
}

uint64_t history_newest(const struct history *h)
{
	return h->newest;
}

uint64_t history_first(const struct history *h)
{
	return h->newest + 1 - h->count;
}

size_t history_count(const struct history *h)
{
	return h->count;
}

size_t history_bytes(const struct history *h)
{
	return h->bytes;
}

const struct history_post *history_get(const struct history *h, uint64_t seq)
{
	if (seq < history_first(h) || seq > h->newest)
		return NULL;
	return &h->ring[seq % h->bounds.posts]->post;
}

uint64_t history_find(const struct history *h, uint64_t person, struct slice id)
{
	struct retry_key key;
	struct record *r;

	if (id.len == 0 || id.len > ID_MAX)
		return 0;
	key = key_of(person, id);
	HASH_FIND(hh, h->by_id, &key, sizeof key, r);
	return r != NULL ? r->post.seq : 0;
}

void history_free(struct history **h)
{
	if (h == NULL || *h == NULL)
		return;
	for (size_t i = 0; i < (*h)->bounds.posts; i++)
		forget(*h, &(*h)->ring[i]);
	free((*h)->ring);
	free(*h);
	*h = NULL;
}
