/* Another history for the room that goes on: what still fits its bounds is copied, the rest leaves the disk. */
#include "broker/room_private.h"

static bool is_same(const struct history_bounds *a, const struct history_bounds *b)
{
	return a->posts == b->posts && a->bytes == b->bytes && a->age_ms == b->age_ms;
}

/* The first seq that may be remembered by number alone; bytes and age are seen to by the history itself. */
static uint64_t first_of(const struct history *h, size_t posts)
{
	uint64_t first = history_first(h), newest = history_newest(h);

	return newest + 1 - first > posts ? newest + 1 - posts : first;
}

void room_trim_store(struct room *r)
{
	r->trimmed = history_first(r->history) - 1;
	store_trim_posts(r->store, r->trimmed);
}

void room_set_history(struct room *r, const struct history_bounds *bounds)
{
	struct history *old = r->history;
	uint64_t newest = history_newest(old), first;

	if (is_same(&r->options.history, bounds))
		return;
	r->options.history = *bounds;
	r->history = history_new(bounds);
	first = first_of(old, bounds->posts);
	history_start_after(r->history, first - 1);
	for (uint64_t seq = first; seq <= newest; seq++)
		history_add(r->history, history_get(old, seq));
	history_free(&old);
	room_trim_store(r);
}
