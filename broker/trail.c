/* Two lists: rows with a number, and rows that still count; a table of floods finds the latter. */
#include "broker/trail.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "broker/store.h"
#include "broker/trail_private.h"
#include "common/memory.h"

struct flood_key {
	uint64_t kind;
	char who[ADDRESS_SIZE + 8];
};

struct flood {
	struct flood_key key;
	uint64_t until_ms;       /* wall clock */
	unsigned rows;           /* so far; then it is counted */
	struct trail_link *rest; /* counts what came after them; NULL: nothing did */
	UT_hash_handle hh;
};

struct trail *trail_new(const struct trail_options *options, struct store *store)
{
	struct trail *t = xcalloc(1, sizeof *t);

	trail_set_options(t, options);
	t->store = store;
	return t;
}

void trail_set_options(struct trail *t, const struct trail_options *options)
{
	t->options = *options;
	if (t->options.rows == 0)
		t->options.rows = 1;
}

static void forget(struct trail *t, struct trail_link *link)
{
	t->n--;
	store_drop_trail(t->store, link->row.id);
	free(link);
}

static void give_number(struct trail *t, struct trail_link *link)
{
	link->row.number = ++t->newest;
	DL_APPEND(t->rows, link);
}

static void end_flood(struct trail *t, struct flood *f)
{
	HASH_DEL(t->floods, f);
	if (f->rest != NULL) {
		DL_DELETE(t->counting, f->rest);
		give_number(t, f->rest);
		store_put_trail(t->store, &f->rest->row);
	}
	free(f);
}

/* Rows that still counted when the process ended. */
static void adopt_orphans(struct trail *t)
{
	struct trail_link *link;

	while ((link = t->orphans) != NULL) {
		DL_DELETE(t->orphans, link);
		give_number(t, link);
		store_put_trail(t->store, &link->row);
	}
}

/* Takes the oldest row out; true: no mailer had it, and one should have. */
static bool drop_oldest(struct trail *t)
{
	struct trail_link *link = t->rows;
	bool is_lost;

	if (link == NULL) {
		if (t->orphans != NULL)
			adopt_orphans(t);
		else if (t->floods != NULL)
			end_flood(t, t->floods);
		else
			return false;
		return drop_oldest(t);
	}
	is_lost = link->row.number > t->kept && link->row.kind != TRAIL_LETTER &&
		  link->row.kind != TRAIL_ROWS_LOST;
	DL_DELETE(t->rows, link);
	if (link->row.number > t->kept) {
		t->kept = link->row.number;
		store_put_trail_kept(t->store, t->kept);
	}
	forget(t, link);
	return is_lost;
}

static size_t text_size(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 1;
}

/* Puts a copy at *end, which moves behind it. */
static const char *copy_text(char **end, const char *text)
{
	size_t size = text_size(text);
	char *copy = memcpy(*end, text != NULL ? text : "", size);

	*end += size;
	return copy;
}

static struct trail_link *copy_row(const struct trail_row *row)
{
	size_t texts =
		text_size(row->email) + text_size(row->network) + text_size(row->detail);
	struct trail_link *link = xcalloc(1, sizeof *link + texts);
	char *end = link->texts;

	link->row = *row;
	link->row.email = copy_text(&end, row->email);
	link->row.network = copy_text(&end, row->network);
	link->row.detail = copy_text(&end, row->detail);
	return link;
}

static struct trail_link *put(struct trail *t, const struct trail_row *event,
			      uint64_t times, uint64_t wall_ms)
{
	struct trail_link *link = copy_row(event);

	link->row.id = ++t->last_id;
	link->row.number = 0;
	link->row.time_ms = wall_ms;
	link->row.times = times;
	t->n++;
	return link;
}

static bool differ(const char *kept, const char *text)
{
	return strcmp(kept, text != NULL ? text : "") != 0;
}

/* One row more of a flood that is known.  What differs between its events is not said. */
static void count(struct trail *t, struct flood *f, const struct trail_row *event,
		  uint64_t times, uint64_t wall_ms)
{
	struct trail_row *row;

	if (f->rest == NULL) {
		f->rest = put(t, event, 0, wall_ms);
		DL_APPEND(t->counting, f->rest);
	}
	row = &f->rest->row;
	row->times += times;
	if (differ(row->email, event->email))
		row->email = "";
	if (differ(row->network, event->network))
		row->network = "";
	if (strcmp(row->reference, event->reference) != 0)
		row->reference[0] = '\0';
	if (row->login != event->login)
		row->login = 0;
	store_put_trail(t->store, row);
}

static struct flood *find_flood(struct trail *t, uint64_t kind, const char *who,
				uint64_t wall_ms)
{
	struct flood_key key;
	struct flood *f;

	memset(&key, 0, sizeof key); /* its padding is part of the key */
	key.kind = kind;
	if (!fmt(key.who, sizeof key.who, "%s", who))
		key.who[0] = '\0';
	HASH_FIND(hh, t->floods, &key, sizeof key, f);
	if (f != NULL && wall_ms >= f->until_ms) {
		end_flood(t, f);
		f = NULL;
	}
	if (f != NULL)
		return f;
	if (HASH_COUNT(t->floods) >= TRAIL_FLOODS_MAX)
		end_flood(t, t->floods);
	f = xcalloc(1, sizeof *f);
	f->key = key;
	f->until_ms = wall_ms + TRAIL_MINUTE_MS;
	HASH_ADD(hh, t->floods, key, sizeof f->key, f);
	return f;
}

static void add(struct trail *t, const struct trail_row *event, const char *flood,
		uint64_t times, uint64_t wall_ms)
{
	struct trail_link *link;

	if (flood != NULL) {
		struct flood *f = find_flood(t, event->kind, flood, wall_ms);

		if (f->rows == TRAIL_FLOOD_ROWS) {
			count(t, f, event, times, wall_ms);
			return;
		}
		f->rows++;
	}
	link = put(t, event, times, wall_ms);
	give_number(t, link);
	store_put_trail(t->store, &link->row);
}

/* Rows that went unkept are told by a row, which is counted like a flood. */
static void tell_lost(struct trail *t, uint64_t lost, uint64_t wall_ms)
{
	const struct trail_row row = {.kind = TRAIL_ROWS_LOST};

	if (lost > 0)
		add(t, &row, "", lost, wall_ms);
}

void trail_add(struct trail *t, const struct trail_row *event, const char *flood,
	       uint64_t wall_ms)
{
	uint64_t lost = 0;

	if (event->kind < TRAIL_KINDS)
		t->happened[event->kind]++;
	add(t, event, flood, 1, wall_ms);
	while (t->n > t->options.rows)
		lost += drop_oldest(t);
	tell_lost(t, lost, wall_ms);
}

void trail_tick(struct trail *t, uint64_t wall_ms)
{
	uint64_t lost = 0;
	struct flood *f, *next;

	adopt_orphans(t);
	/* A wall clock that was set back would hold them for long. */
	HASH_ITER (hh, t->floods, f, next) {
		if (wall_ms >= f->until_ms || wall_ms + TRAIL_MINUTE_MS < f->until_ms)
			end_flood(t, f);
	}
	while (t->options.age_ms != 0 && t->rows != NULL &&
	       wall_ms > t->rows->row.time_ms + t->options.age_ms)
		lost += drop_oldest(t);
	while (t->n > t->options.rows)
		lost += drop_oldest(t);
	tell_lost(t, lost, wall_ms);
}

void trail_restore(struct trail *t, const struct trail_row *row)
{
	struct trail_link *link = copy_row(row), *at;

	t->n++;
	if (row->id > t->last_id)
		t->last_id = row->id;
	if (row->number == 0) {
		DL_APPEND(t->orphans, link);
		return;
	}
	if (row->number > t->newest)
		t->newest = row->number;
	at = t->rows == NULL ? NULL
			     : t->rows->prev; /* the last: they come nearly in order */
	while (at != NULL && at->row.number > row->number)
		at = at == t->rows ? NULL : at->prev;
	DL_APPEND_ELEM(t->rows, at, link);
}

void trail_restore_kept(struct trail *t, uint64_t number)
{
	t->kept = number;
	if (t->newest < number)
		t->newest = number;
}

uint64_t trail_happened(const struct trail *t, enum trail_kind kind)
{
	return (unsigned)kind < TRAIL_KINDS ? t->happened[kind] : 0;
}

size_t trail_count(const struct trail *t)
{
	return t->n;
}

void trail_free(struct trail **t)
{
	struct trail_link *link;

	if (t == NULL || *t == NULL)
		return;
	(*t)->store = NULL; /* the store keeps them */
	while ((*t)->floods != NULL)
		end_flood(*t, (*t)->floods);
	while ((link = (*t)->rows) != NULL) {
		DL_DELETE((*t)->rows, link);
		free(link);
	}
	while ((link = (*t)->orphans) != NULL) {
		DL_DELETE((*t)->orphans, link);
		free(link);
	}
	free(*t);
	*t = NULL;
}
