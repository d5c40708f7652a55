/* The rows of one login, found by a reference as people write it down. */
#include "broker/trail.h"

#include <stdlib.h>
#include <string.h>

#include "broker/trail_private.h"
#include "common/memory.h"

/* References have no 0 O 1 I L; who reads one aloud or copies it by hand makes them of these. */
static char alike(char c)
{
	static const char pairs[] = "0Q"
				    "OQ"
				    "DQ"
				    "1J"
				    "IJ"
				    "LJ"
				    "Z2"
				    "S5"
				    "B8"
				    "G6"
				    "UV";

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	for (size_t i = 0; pairs[i] != '\0'; i += 2) {
		if (c == pairs[i])
			return pairs[i + 1];
	}
	return c;
}

/* Letters and digits only, each as what it looks like, or as it is but for its case. */
static void fold(struct slice text, bool is_strict, char out[TRAIL_REFERENCE_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < text.len && n < TRAIL_REFERENCE_SIZE - 1; i++) {
		char c = text.ptr[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			out[n++] = is_strict ? c : alike(c);
	}
	out[n] = '\0';
}

static bool matches(const struct trail_row *row, const char *wanted, bool is_strict)
{
	char own[TRAIL_REFERENCE_SIZE];

	fold(slice_of(row->reference), is_strict, own);
	return own[0] != '\0' && strcmp(own, wanted) == 0;
}

/* The newest row that has this reference. */
static const struct trail_row *find(const struct trail *t, struct slice reference,
				    bool is_strict)
{
	struct trail_link *const lists[] = {t->counting, t->orphans, t->rows};
	char wanted[TRAIL_REFERENCE_SIZE];

	fold(reference, is_strict, wanted);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct trail_link *link = lists[i] == NULL ? NULL : lists[i]->prev;

		while (link != NULL) {
			if (matches(&link->row, wanted, is_strict))
				return &link->row;
			link = link == lists[i] ? NULL : link->prev;
		}
	}
	return NULL;
}

static bool belongs(const struct trail_row *row, const struct trail_row *to)
{
	return to->login != 0 ? row->login == to->login
			      : strcmp(row->reference, to->reference) == 0;
}

static size_t collect(const struct trail_link *list, const struct trail_row *one,
		      const struct trail_row **rows, size_t n)
{
	for (; list != NULL; list = list->next) {
		if (belongs(&list->row, one))
			rows[n++] = &list->row;
	}
	return n;
}

static int by_time(const void *a, const void *b)
{
	const struct trail_row *x = *(const struct trail_row *const *)a;
	const struct trail_row *y = *(const struct trail_row *const *)b;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

size_t trail_story(const struct trail *t, struct slice reference, trail_fn *each,
		   void *ctx)
{
	const struct trail_row *one = find(t, reference, true);
	const struct trail_row **rows;
	size_t n;

	if (one == NULL)
		one = find(t, reference, false);
	if (one == NULL)
		return 0;
	rows = xcalloc(t->n, sizeof *rows);
	n = collect(t->rows, one, rows, 0);
	n = collect(t->counting, one, rows, n);
	n = collect(t->orphans, one, rows, n);
	qsort(rows, n, sizeof *rows, by_time);
	for (size_t i = 0; i < n; i++)
		each(ctx, rows[i]);
	free(rows);
	return n;
}
