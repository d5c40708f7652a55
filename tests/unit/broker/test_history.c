/* The ring against a model, and the table of what a retry would repeat. */
#include "broker/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"

static void add(struct history *h, uint64_t person, const char *text, const char *id)
{
	struct history_post p = {.seq = history_newest(h) + 1,
				 .time_ms = 7,
				 .event = POST_TEXT,
				 .person = person,
				 .name = S("ann"),
				 .text = slice_of(text),
				 .id = slice_of(id)};

	history_add(h, &p);
}

static void an_empty_history_has_nothing(void **state)
{
	struct history *h = history_new(&(struct history_bounds){3, 0, 0});

	(void)state;
	assert_int_equal(history_newest(h), 0);
	assert_int_equal(history_first(h), 1);
	assert_int_equal(history_count(h), 0);
	assert_null(history_get(h, 0));
	assert_null(history_get(h, 1));
	assert_null(history_get(h, UINT64_MAX));
	assert_int_equal(history_find(h, 1, S("x")), 0);
	history_free(&h);
	assert_null(h);
	history_free(&h);
	history_free(NULL);
}

static void posts_are_kept_whole_and_copied(void **state)
{
	struct history *h = history_new(&(struct history_bounds){3, 0, 0});
	char text[] = "hello\0world";
	struct history_post p = {.seq = 1,
				 .time_ms = 99,
				 .event = POST_LEFT,
				 .person = 1000,
				 .name = S("ann"),
				 .text = {text, sizeof text - 1},
				 .id = S("id-1")};
	const struct history_post *q;

	(void)state;
	history_add(h, &p);
	memset(text, 'x', sizeof text);
	q = history_get(h, 1);
	assert_non_null(q);
	assert_int_equal(q->time_ms, 99);
	assert_int_equal(q->event, POST_LEFT);
	assert_int_equal(q->person, 1000);
	assert_true(slice_equal(q->name, S("ann")));
	assert_true(slice_equal(q->text, S("hello\0world")));
	assert_true(slice_equal(q->id, S("id-1")));
	assert_int_equal(history_bytes(h), 3 + 11 + 4);
	history_free(&h);
}

static void the_oldest_falls_out(void **state)
{
	static const size_t keeps[] = {1, 2, 3, 7, 64};

	(void)state;
	for (size_t k = 0; k < NELEMS(keeps); k++) {
		struct history *h = history_new(&(struct history_bounds){keeps[k], 0, 0});

		for (uint64_t n = 1; n <= 200; n++) {
			uint64_t first = n > keeps[k] ? n - keeps[k] + 1 : 1;
			char text[8];

			assert_true(fmt(text, sizeof text, "%u", (unsigned)n));
			add(h, 1, text, text);
			assert_int_equal(history_newest(h), n);
			assert_int_equal(history_first(h), first);
			assert_int_equal(history_count(h), n - first + 1);
			assert_null(history_get(h, first - 1));
			assert_null(history_get(h, n + 1));
			for (uint64_t s = first; s <= n; s++) {
				assert_int_equal(history_get(h, s)->seq, s);
				assert_true(fmt(text, sizeof text, "%u", (unsigned)s));
				assert_true(slice_equal(history_get(h, s)->text,
							slice_of(text)));
				assert_int_equal(history_find(h, 1, slice_of(text)), s);
			}
		}
		history_free(&h);
	}
}

static void a_retry_is_found_by_its_author_and_id(void **state)
{
	struct history *h = history_new(&(struct history_bounds){3, 0, 0});
	char longest[65];

	(void)state;
	memset(longest, 'i', 64);
	longest[64] = '\0';
	add(h, 1, "a", "x");
	add(h, 2, "b", "x"); /* somebody else's id */
	add(h, 1, "c", longest);
	assert_int_equal(history_find(h, 1, S("x")), 1);
	assert_int_equal(history_find(h, 2, S("x")), 2);
	assert_int_equal(history_find(h, 3, S("x")), 0);
	assert_int_equal(history_find(h, 1, S("xx")), 0);
	assert_int_equal(history_find(h, 1, S("")), 0);
	assert_int_equal(history_find(h, 1, slice_of(longest)), 3);
	assert_int_equal(history_find(h, 1, (struct slice){longest, 63}), 0);
	/* One byte more than an id can have is found nowhere, and reads nothing outside. */
	assert_int_equal(history_find(h, 1, (struct slice){longest, 65}), 0);
	add(h, 1, "d", "");
	assert_int_equal(history_find(h, 1, S("x")), 0); /* it fell out */
	add(h, 1, "e", "x");
	assert_int_equal(history_find(h, 1, S("x")), 5);
	history_free(&h);
}

static void posts_without_an_id_are_no_retries_of_each_other(void **state)
{
	struct history *h = history_new(&(struct history_bounds){5, 0, 0});

	(void)state;
	for (int i = 0; i < 20; i++)
		add(h, 1, "same", "");
	assert_int_equal(history_count(h), 5);
	history_free(&h);
}

/* A journal read back with a longer history than it was written with may hold an id twice: its
 * first post had fallen out when the second came. */
static void an_id_that_comes_twice_means_the_later_post(void **state)
{
	struct history *h = history_new(&(struct history_bounds){4, 0, 0});

	(void)state;
	add(h, 1, "first", "x");
	add(h, 1, "other", "y");
	add(h, 1, "second", "x");
	assert_int_equal(history_find(h, 1, S("x")), 3);
	add(h, 1, "", "z");
	add(h, 1, "", "w"); /* the first falls out: the later one stays */
	assert_int_equal(history_find(h, 1, S("x")), 3);
	add(h, 1, "", "v");
	add(h, 1, "", "u");
	assert_int_equal(history_find(h, 1, S("x")), 0);
	history_free(&h);
}

static void a_history_of_nothing_still_counts(void **state)
{
	struct history *h = history_new(&(struct history_bounds){0, 0, 0});

	(void)state;
	add(h, 1, "a", "x");
	add(h, 1, "b", "x");
	assert_int_equal(history_newest(h), 2);
	assert_int_equal(history_first(h), 3);
	assert_int_equal(history_count(h), 0);
	assert_int_equal(history_bytes(h), 0);
	assert_null(history_get(h, 1));
	assert_null(history_get(h, 2));
	assert_int_equal(history_find(h, 1, S("x")), 0);
	history_free(&h);
}

static void numbering_goes_on_where_it_was(void **state)
{
	struct history *h = history_new(&(struct history_bounds){3, 0, 0});
	struct history_post p = {.seq = 500, .name = S("a"), .text = S("b")};

	(void)state;
	history_start_after(h, 41);
	assert_int_equal(history_newest(h), 41);
	assert_int_equal(history_first(h), 42);
	assert_null(history_get(h, 41));
	add(h, 1, "a", "");
	assert_int_equal(history_newest(h), 42);
	history_free(&h);

	h = history_new(&(struct history_bounds){3, 0, 0});
	history_start_after(h, 41);
	history_add(h, &p); /* an empty history takes any seq */
	assert_int_equal(history_first(h), 500);
	assert_int_equal(history_newest(h), 500);
	add(h, 1, "c", "");
	assert_int_equal(history_newest(h), 501);
	history_free(&h);
}

static void bytes_are_those_of_what_is_remembered(void **state)
{
	struct history *h = history_new(&(struct history_bounds){2, 0, 0});

	(void)state;
	add(h, 1, "12345", "x"); /* 3 of the name */
	assert_int_equal(history_bytes(h), 9);
	add(h, 1, "", "");
	assert_int_equal(history_bytes(h), 12);
	add(h, 1, "1", "");
	assert_int_equal(history_bytes(h), 7);
	history_free(&h);
}

static void over_its_bytes_the_oldest_falls_out_but_never_the_newest(void **state)
{
	struct history *h = history_new(&(struct history_bounds){100, 20, 0});

	(void)state;
	add(h, 1, "1234567", "");  /* ten with the name */
	add(h, 1, "1234567", "x"); /* 21 in all */
	assert_int_equal(history_first(h), 2);
	assert_int_equal(history_bytes(h), 11);
	add(h, 1, "123456", ""); /* 20 in all: just fits */
	assert_int_equal(history_first(h), 2);
	add(h, 1, "a text of more bytes than all may have", "");
	assert_int_equal(history_first(h), 4);
	assert_int_equal(history_count(h), 1);
	assert_int_equal(history_find(h, 1, S("x")), 0);
	assert_non_null(history_get(h, 4));
	add(h, 1, "", "");
	assert_int_equal(history_first(h), 5);
	assert_int_equal(history_bytes(h), 3);
	history_free(&h);
}

static void what_is_too_old_falls_out_and_numbering_goes_on(void **state)
{
	struct history *h = history_new(&(struct history_bounds){3, 0, 100});

	(void)state;
	for (int i = 0; i < 5; i++)
		add(h, 1, "x", "id"); /* at 7 */
	history_expire(h, 106);
	assert_int_equal(history_count(h), 3);
	history_expire(h, 107);
	assert_int_equal(history_count(h), 0);
	assert_int_equal(history_first(h), 6);
	assert_int_equal(history_find(h, 1, S("id")), 0);
	assert_null(history_get(h, 5));
	history_expire(h, UINT64_MAX);
	add(h, 1, "x", "id");
	assert_int_equal(history_get(h, 6)->seq, 6);
	assert_int_equal(history_find(h, 1, S("id")), 6);
	history_expire(h, 0); /* a clock that was set back */
	assert_int_equal(history_count(h), 1);
	history_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_history_has_nothing),
		cmocka_unit_test(posts_are_kept_whole_and_copied),
		cmocka_unit_test(the_oldest_falls_out),
		cmocka_unit_test(a_retry_is_found_by_its_author_and_id),
		cmocka_unit_test(posts_without_an_id_are_no_retries_of_each_other),
		cmocka_unit_test(an_id_that_comes_twice_means_the_later_post),
		cmocka_unit_test(a_history_of_nothing_still_counts),
		cmocka_unit_test(numbering_goes_on_where_it_was),
		cmocka_unit_test(bytes_are_those_of_what_is_remembered),
		cmocka_unit_test(
			over_its_bytes_the_oldest_falls_out_but_never_the_newest),
		cmocka_unit_test(what_is_too_old_falls_out_and_numbering_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
