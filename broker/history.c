/* Posts lie one behind the other in chunks of memory, written as tightly as they can be read again: a
 * ring tells where each begins.  Since the oldest falls out first, a chunk is freed when its last one
 * has.  Those with an id of their author's are also in a table, by their place in the ring + 1. */
#include "broker/history.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/secret.h"
#include "common/table.h"

enum {
	ID_MAX = 64,
	CHUNK_BYTES = 64 << 10, /* or as many as one post takes */
};

struct head {
	uint64_t time_ms, person;
	uint32_t people, text_len;
	uint8_t event, name_len, id_len;
	bool is_found; /* by its id: it is in the table */
};

/* What of it is written: without the padding at its end. */
enum { HEAD_BYTES = offsetof(struct head, is_found) + sizeof(bool) };

struct chunk {
	struct chunk *next;
	size_t posts, used, size; /* in it now; bytes written, bytes there are */
	char bytes[];
};

struct history {
	const char **ring; /* by seq modulo bounds.posts */
	struct history_bounds bounds;
	size_t count, bytes;
	uint64_t newest;
	struct chunk *oldest, *latest;
	struct table *by_id;
	struct history_post view; /* what history_get() gives */
};

/* -- a post in memory: head, name, id, text -- */

static struct head head_of(const char *p)
{
	struct head head = {0};

	memcpy(&head, p, HEAD_BYTES);
	return head;
}

static struct slice id_of(const char *p, const struct head *head)
{
	return (struct slice){p + HEAD_BYTES + head->name_len, head->id_len};
}

static char *put(char *at, struct slice s)
{
	if (s.len > 0)
		memcpy(at, s.ptr, s.len);
	return at + s.len;
}

static size_t size_of(const struct head *head)
{
	return (size_t)head->name_len + head->id_len + head->text_len;
}

static char *reserve(struct history *h, size_t size)
{
	struct chunk *c = h->latest;
	size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;

	if (c == NULL || size > c->size - c->used) {
		c = xcalloc(1, sizeof *c + room);
		c->size = room;
		if (h->latest == NULL)
			h->oldest = c;
		else
			h->latest->next = c;
		h->latest = c;
	}
	c->used += size;
	c->posts++;
	return c->bytes + c->used - size;
}

static const char *write_post(struct history *h, const struct history_post *post)
{
	struct head head = {.time_ms = post->time_ms,
			    .person = post->person,
			    .people = (uint32_t)post->people,
			    .text_len = (uint32_t)post->text.len,
			    .event = (uint8_t)post->event,
			    .name_len = (uint8_t)post->name.len,
			    .id_len = (uint8_t)post->id.len};
	char *p, *at;

	assert(post->name.len <= UINT8_MAX && post->id.len <= ID_MAX &&
	       post->text.len <= UINT32_MAX && post->people <= UINT32_MAX);
	p = at = reserve(h, HEAD_BYTES + size_of(&head));
	memcpy(at, &head, HEAD_BYTES);
	at = put(at + HEAD_BYTES, post->name);
	at = put(at, post->id);
	put(at, post->text);
	return p;
}

static void mark_found(struct history *h, size_t place, bool is_found)
{
	/* Memory of ours, that everybody else only reads. */
	memcpy((char *)(uintptr_t)h->ring[place] + offsetof(struct head, is_found),
	       &is_found, sizeof is_found);
}

/* -- found by their ids -- */

struct key {
	uint64_t person;
	struct slice id;
};

static struct key key_at(const struct history *h, uint32_t number)
{
	const char *p = h->ring[number - 1];
	struct head head = head_of(p);

	return (struct key){head.person, id_of(p, &head)};
}

static uint64_t hash_of_key(struct key key)
{
	char bytes[sizeof key.person + ID_MAX];

	memcpy(bytes, &key.person, sizeof key.person);
	put(bytes + sizeof key.person, key.id);
	return secret_scatter(bytes, sizeof key.person + key.id.len);
}

static uint64_t hash_of(const void *history, uint32_t number)
{
	return hash_of_key(key_at(history, number));
}

static bool is_key(const void *history, uint32_t number, void *ctx)
{
	const struct key *wanted = ctx, key = key_at(history, number);

	return key.person == wanted->person && slice_equal(key.id, wanted->id);
}

static void forget_id(struct history *h, uint32_t number)
{
	table_remove(h->by_id, number);
	mark_found(h, number - 1, false);
}

static void keep_id(struct history *h, size_t place, uint64_t person, struct slice id)
{
	struct key key = {person, id};
	uint32_t old = table_find(h->by_id, hash_of_key(key), is_key, &key);

	/* Only in a journal that is read with a longer history than it was written with: the first had
	 * fallen out when the second came. */
	if (old != TABLE_NONE)
		forget_id(h, old);
	table_add(h->by_id, (uint32_t)place + 1);
	mark_found(h, place, true);
}

struct history *history_new(const struct history_bounds *bounds)
{
	struct history *h = xcalloc(1, sizeof *h);

	assert(bounds->posts < UINT32_MAX);
	h->bounds = *bounds;
	h->ring = xcalloc(bounds->posts > 0 ? bounds->posts : 1, sizeof *h->ring);
	h->by_id = table_new(h, hash_of);
	return h;
}

/* -- in and out -- */

static void forget_oldest(struct history *h)
{
	size_t place = (size_t)(history_first(h) % h->bounds.posts);
	struct head head = head_of(h->ring[place]);
	struct chunk *c = h->oldest;

	if (head.is_found)
		forget_id(h, (uint32_t)place + 1);
	h->bytes -= size_of(&head);
	h->count--;
	h->ring[place] = NULL;
	if (--c->posts > 0)
		return;
	h->oldest = c->next;
	if (h->oldest == NULL)
		h->latest = NULL;
	free(c);
}

void history_add(struct history *h, const struct history_post *post)
{
	size_t place;

	assert(h->count == 0 || post->seq == h->newest + 1);
	if (h->bounds.posts > 0 && h->count == h->bounds.posts)
		forget_oldest(h);
	h->newest = post->seq;
	if (h->bounds.posts == 0)
		return;
	place = (size_t)(post->seq % h->bounds.posts);
	h->ring[place] = write_post(h, post);
	if (post->id.len > 0)
		keep_id(h, place, post->person, post->id);
	h->count++;
	h->bytes += post->name.len + post->id.len + post->text.len;
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

const struct history_post *history_get(struct history *h, uint64_t seq)
{
	const char *p;
	struct head head;

	if (seq < history_first(h) || seq > h->newest)
		return NULL;
	p = h->ring[seq % h->bounds.posts];
	head = head_of(p);
	h->view = (struct history_post){
		.seq = seq,
		.time_ms = head.time_ms,
		.event = (enum post_event)head.event,
		.person = head.person,
		.name = {p + HEAD_BYTES, head.name_len},
		.text = {p + HEAD_BYTES + head.name_len + head.id_len, head.text_len},
		.id = id_of(p, &head),
		.people = head.people};
	return &h->view;
}

uint64_t history_find(const struct history *h, uint64_t person, struct slice id)
{
	struct key key = {person, id};
	uint32_t number;

	if (id.len == 0 || id.len > ID_MAX || h->bounds.posts == 0)
		return 0;
	number = table_find(h->by_id, hash_of_key(key), is_key, &key);
	if (number == TABLE_NONE)
		return 0;
	/* The one seq of the latest bounds.posts that has this place. */
	return h->newest - (h->newest % h->bounds.posts + h->bounds.posts + 1 - number) %
				   h->bounds.posts;
}

void history_free(struct history **h)
{
	struct chunk *next;

	if (h == NULL || *h == NULL)
		return;
	for (struct chunk *c = (*h)->oldest; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free((*h)->ring);
	table_free(&(*h)->by_id);
	free(*h);
	*h = NULL;
}
