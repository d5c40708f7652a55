/* Rows on their way into a mailer's audit log: one batch is out at a time. */
#include "broker/trail.h"

#include <utlist.h>

#include "broker/store.h"
#include "broker/trail_private.h"

void trail_kept(struct trail *t, uint64_t mailer, uint64_t next)
{
	uint64_t kept = next == 0 ? 0 : next - 1;

	if (t->lease.mailer != mailer || next == 0)
		return;
	if (kept > t->lease.upto)
		kept = t->lease.upto; /* it was given no more */
	if (kept > t->kept) {
		t->kept = kept;
		store_put_trail_kept(t->store, kept);
	}
	if (t->kept >= t->lease.upto)
		t->lease.mailer = 0;
}

/* The first row for a mailer; what mailers wrote themselves they are not given. */
static const struct trail_link *first_for(const struct trail *t, uint64_t next)
{
	const struct trail_link *link = t->rows == NULL ? NULL : t->rows->prev;
	const struct trail_link *first = NULL;
	uint64_t from = t->kept + 1 > next ? t->kept + 1 : next;

	while (link != NULL && link->row.number >= from) {
		if (link->row.kind != TRAIL_LETTER)
			first = link;
		link = link == t->rows ? NULL : link->prev;
	}
	return first;
}

/* Is it old enough, or are there many?  A time that is still to come is a clock that was set back. */
static bool is_due(const struct trail *t, const struct trail_link *first,
		   uint64_t wall_ms)
{
	return t->newest - first->row.number >= TRAIL_BATCH ||
	       wall_ms < first->row.time_ms ||
	       wall_ms - first->row.time_ms >= TRAIL_GATHER_MS;
}

size_t trail_give(struct trail *t, uint64_t mailer, uint64_t next, uint64_t now_ms,
		  uint64_t wall_ms, trail_fn *each, void *ctx)
{
	const struct trail_link *link;
	size_t n = 0;

	if (next == 0 || (t->lease.mailer != 0 && now_ms < t->lease.until_ms))
		return 0;
	link = first_for(t, next > t->newest + 1 ? 1 : next);
	if (link == NULL || !is_due(t, link, wall_ms))
		return 0;
	for (; link != NULL && n < TRAIL_BATCH; link = link->next) {
		t->lease.upto = link->row.number;
		if (link->row.kind == TRAIL_LETTER)
			continue;
		each(ctx, &link->row);
		n++;
	}
	t->lease.mailer = mailer;
	t->lease.until_ms = now_ms + TRAIL_LEASE_MS;
	return n;
}
