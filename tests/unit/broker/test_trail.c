/* The record of logins: numbered, counted in floods, given to one mailer at a time, bounded, found. */
#include "broker/trail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/memory.h"

#define WALL UINT64_C(1700000000000)
#define DAY UINT64_C(86400000)

static int setup(void **state)
{
	*state = trail_new(&(struct trail_options){100, 30 * DAY}, NULL);
	return 0;
}

static int teardown(void **state)
{
	struct trail *t = *state;

	trail_free(&t);
	assert_null(t);
	return 0;
}

static void add(struct trail *t, enum trail_kind kind, uint64_t login,
		const char *reference, const char *flood, uint64_t wall_ms)
{
	struct trail_row row = {.kind = kind, .login = login, .email = "ann@a.example"};

	assert_true(fmt(row.reference, sizeof row.reference, "%s", reference));
	trail_add(t, &row, flood, wall_ms);
}

/* What was given, as text: number, kind and times of each row. */
struct given {
	char text[8192];
	size_t len;
};

static void note(void *ctx, const struct trail_row *row)
{
	struct given *g = ctx;
	int n = snprintf(g->text + g->len, sizeof g->text - g->len, "%llu %s %llu;",
			 (unsigned long long)row->number, trail_kind_name(row->kind),
			 (unsigned long long)row->times);

	assert_in_range(n, 1, sizeof g->text - g->len - 1);
	g->len += (size_t)n;
}

static const char *give(struct trail *t, uint64_t mailer, uint64_t next, uint64_t now_ms)
{
	static struct given g;

	g.len = 0;
	g.text[0] = '\0';
	/* Much later by the wall clock: rows have waited for others long enough. */
	(void)trail_give(t, mailer, next, now_ms, WALL + DAY, note, &g);
	return g.text;
}

static const char *story(struct trail *t, const char *reference)
{
	static struct given g;

	g.len = 0;
	g.text[0] = '\0';
	(void)trail_story(t, slice_of(reference), note, &g);
	return g.text;
}

static void rows_are_given_once_they_have_gathered(void **state)
{
	static struct given g;

	add(*state, TRAIL_ASKED, 1, "AAA-222", NULL, WALL);
	assert_int_equal(
		trail_give(*state, 1, 1, 0, WALL + TRAIL_GATHER_MS - 1, note, &g), 0);
	assert_int_equal(trail_give(*state, 1, 0, 0, WALL + DAY, note, &g),
			 0); /* it wants none */
	assert_int_equal(trail_give(*state, 1, 1, 0, WALL + TRAIL_GATHER_MS, note, &g),
			 1);
}

static void many_rows_do_not_wait(void **state)
{
	static struct given g;

	for (uint64_t i = 0; i < TRAIL_BATCH + 5; i++)
		add(*state, TRAIL_ASKED, i, "AAA-222", NULL, WALL);
	assert_int_equal(trail_give(*state, 1, 1, 0, WALL, note, &g), TRAIL_BATCH);
	trail_kept(*state, 1, TRAIL_BATCH + 1);
	assert_int_equal(trail_give(*state, 1, TRAIL_BATCH + 1, 0, WALL + DAY, note, &g),
			 5);
}

static void rows_of_one_mailer_are_not_given_to_another(void **state)
{
	add(*state, TRAIL_ASKED, 1, "AAA-222", NULL, WALL);
	add(*state, TRAIL_CODE_RIGHT, 1, "AAA-222", NULL, WALL);
	assert_string_equal(give(*state, 1, 1, 0), "1 asked 1;2 code-right 1;");
	assert_string_equal(give(*state, 2, 1, 0), "");
	assert_string_equal(give(*state, 1, 1, 0), ""); /* nor again in a hurry */
	/* The first mailer died: the second one is given them. */
	assert_string_equal(give(*state, 2, 1, TRAIL_LEASE_MS - 1), "");
	assert_string_equal(give(*state, 2, 1, TRAIL_LEASE_MS),
			    "1 asked 1;2 code-right 1;");
	/* What the first one says now does not count, what the second says does. */
	trail_kept(*state, 1, 3);
	assert_string_equal(give(*state, 1, 3, 2 * TRAIL_LEASE_MS - 1), "");
	trail_kept(*state, 2, 3);
	add(*state, TRAIL_ASKED, 2, "BBB-222", NULL, WALL);
	assert_string_equal(give(*state, 1, 1, TRAIL_LEASE_MS), "3 asked 1;");
}

static void a_mailer_that_kept_a_part_is_given_the_rest(void **state)
{
	for (uint64_t i = 1; i <= 4; i++)
		add(*state, TRAIL_ASKED, i, "AAA-222", NULL, WALL);
	assert_string_equal(give(*state, 1, 1, 0),
			    "1 asked 1;2 asked 1;3 asked 1;4 asked 1;");
	trail_kept(*state, 1, 3);
	assert_string_equal(give(*state, 1, 3, TRAIL_LEASE_MS), "3 asked 1;4 asked 1;");
	trail_kept(*state, 1, 999); /* more than it was given is not believed */
	add(*state, TRAIL_ASKED, 5, "AAA-222", NULL, WALL);
	assert_string_equal(give(*state, 1, 5, TRAIL_LEASE_MS), "5 asked 1;");
}

static void a_mailer_of_an_older_room_is_given_all(void **state)
{
	add(*state, TRAIL_ASKED, 1, "AAA-222", NULL, WALL);
	assert_string_equal(give(*state, 1, 500, 0), "1 asked 1;");
}

static void mailers_are_not_given_what_they_wrote(void **state)
{
	add(*state, TRAIL_LETTER, 1, "AAA-222", NULL, WALL);
	assert_string_equal(give(*state, 1, 1, 0), "");
	add(*state, TRAIL_ASKED, 2, "BBB-222", NULL, WALL);
	add(*state, TRAIL_LETTER, 2, "BBB-222", NULL, WALL);
	assert_string_equal(give(*state, 1, 1, 0), "2 asked 1;");
	trail_kept(*state, 1, 3);
	assert_string_equal(give(*state, 1, 3, 0), "");
	assert_string_equal(story(*state, "BBB-222"), "2 asked 1;3 letter 1;");
}

/* Nine rows without a word of it: what is counted comes with the tenth that follows. */
static void nearly_flood(struct trail *t, uint64_t login, const char *reference,
			 uint64_t wall_ms)
{
	for (int i = 1; i < TRAIL_FLOOD_ROWS; i++)
		add(t, TRAIL_CODE_WRONG, login, "ZZZ-ZZZ", reference, wall_ms);
	(void)give(t, 9, 1, 0);
	trail_kept(t, 9, TRAIL_FLOOD_ROWS);
}

static void a_flood_is_some_rows_and_one_that_counts(void **state)
{
	nearly_flood(*state, 7, "AAA-222", WALL);
	for (uint64_t i = 0; i < 1000; i++)
		add(*state, TRAIL_CODE_WRONG, 1, "AAA-222", "AAA-222", WALL + i);
	add(*state, TRAIL_CODE_WRONG, 2, "BBB-222", "BBB-222", WALL + 1000);
	assert_int_equal(trail_count(*state), TRAIL_FLOOD_ROWS - 1 + 3);
	assert_string_equal(give(*state, 1, 1, 0), "10 code-wrong 1;11 code-wrong 1;");
	assert_string_equal(story(*state, "AAA-222"),
			    "10 code-wrong 1;0 code-wrong 999;");
	trail_tick(*state, WALL + TRAIL_MINUTE_MS - 1);
	assert_string_equal(story(*state, "AAA-222"),
			    "10 code-wrong 1;0 code-wrong 999;");
	trail_tick(*state, WALL + TRAIL_MINUTE_MS);
	assert_string_equal(story(*state, "AAA-222"),
			    "10 code-wrong 1;12 code-wrong 999;");
	trail_kept(*state, 1, 12);
	assert_string_equal(give(*state, 1, 12, 0), "12 code-wrong 999;");
	/* The next minute begins anew. */
	add(*state, TRAIL_CODE_WRONG, 1, "AAA-222", "AAA-222", WALL + 70000);
	assert_string_equal(story(*state, "AAA-222"),
			    "10 code-wrong 1;12 code-wrong 999;13 code-wrong 1;");
}

static void a_flood_of_many_is_nobodys(void **state)
{
	char email[] = "a@b.cd";
	struct trail_row row = {.kind = TRAIL_WITHHELD, .login = 1, .email = email};
	static struct given g;

	for (int i = 0; i < TRAIL_FLOOD_ROWS + 2; i++) {
		row.login++;
		email[0]++;
		trail_add(*state, &row, "192.0.2.7", WALL);
	}
	assert_int_equal(trail_count(*state), TRAIL_FLOOD_ROWS + 1);
	trail_tick(*state, WALL + TRAIL_MINUTE_MS);
	g.len = 0;
	assert_int_equal(
		trail_give(*state, 1, TRAIL_FLOOD_ROWS + 1, 0, WALL + DAY, note, &g), 1);
	assert_string_equal(g.text, "11 withheld 2;");
}

static void kinds_of_floods_are_bounded(void **state)
{
	struct trail *t = trail_new(&(struct trail_options){1000000, 0}, NULL);

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3 * TRAIL_FLOODS_MAX; i++) {
			char who[16];

			assert_true(fmt(who, sizeof who, "%d", i));
			add(t, TRAIL_WITHHELD, 0, "", who, WALL);
		}
	}
	/* Each ended before it came again, so each is a row of its own. */
	assert_int_equal(trail_count(t), 6 * TRAIL_FLOODS_MAX);
	trail_free(&t);
}

static void the_oldest_rows_go_and_it_is_told(void **state)
{
	for (uint64_t i = 0; i < 150; i++)
		add(*state, TRAIL_ASKED, i, "AAA-222", NULL, WALL + i);
	/* 100 rows, and the two that count those lost (the second is not numbered yet). */
	assert_in_range(trail_count(*state), 100, 102);
	trail_tick(*state, WALL + TRAIL_MINUTE_MS + 1000);
	assert_non_null(strstr(story(*state, "AAA-222"), " asked 1;"));
	(void)give(*state, 1, 1, 0);
	trail_kept(*state, 1, 1000);
	assert_non_null(strstr(give(*state, 1, 1, TRAIL_LEASE_MS), " rows-lost "));
}

static void rows_that_mailers_have_are_not_lost(void **state)
{
	for (uint64_t i = 0; i < 40; i++)
		add(*state, TRAIL_ASKED, i, "AAA-222", NULL, WALL);
	(void)give(*state, 1, 1, 0);
	trail_kept(*state, 1, 41);
	trail_tick(*state, WALL + 31 * DAY);
	assert_int_equal(trail_count(*state), 0);
	add(*state, TRAIL_ASKED, 1, "AAA-222", NULL, WALL);
	assert_string_equal(give(*state, 1, 41, 0), "41 asked 1;");
}

static void rows_end_with_their_age(void **state)
{
	add(*state, TRAIL_ASKED, 1, "AAA-222", NULL, WALL);
	add(*state, TRAIL_ASKED, 2, "BBB-222", NULL, WALL + 1000);
	trail_tick(*state, WALL + 30 * DAY);
	assert_int_equal(trail_count(*state), 2);
	trail_tick(*state, WALL + 30 * DAY + 1);
	assert_string_equal(story(*state, "AAA-222"), "");
	assert_string_equal(story(*state, "BBB-222"), "2 asked 1;");
	assert_string_equal(give(*state, 1, 1, 0), "2 asked 1;3 rows-lost 1;");
}

static void numbers_go_on_after_a_restart(void **state)
{
	struct trail_row row = {.id = 9, .number = 4, .time_ms = WALL, .times = 1};
	struct trail_row counting = {.id = 7, .time_ms = WALL, .times = 12};

	row.kind = counting.kind = TRAIL_CODE_WRONG;
	row.login = counting.login = 1;
	memcpy(row.reference, "AAA-222", 8);
	memcpy(counting.reference, "AAA-222", 8);
	trail_restore(*state, &counting);
	trail_restore(*state, &row);
	row.id = 10;
	row.number = 2; /* not in the order of ids */
	trail_restore(*state, &row);
	trail_restore_kept(*state, 2);
	assert_string_equal(story(*state, "AAA-222"),
			    "0 code-wrong 12;4 code-wrong 1;2 code-wrong 1;");
	trail_tick(*state, WALL);
	assert_string_equal(give(*state, 1, 1, 0), "4 code-wrong 1;5 code-wrong 12;");
	add(*state, TRAIL_ASKED, 1, "AAA-222", NULL, WALL);
	assert_non_null(strstr(story(*state, "AAA-222"), "6 asked 1;"));
}

static void fewer_rows_than_were_counting_at_a_restart(void **state)
{
	struct trail_options few = {.rows = 2};
	struct trail_row counting = {
		.time_ms = WALL, .times = 12, .kind = TRAIL_CODE_WRONG};

	trail_set_options(*state, &few);
	for (counting.id = 1; counting.id <= 3; counting.id++)
		trail_restore(*state, &counting);
	add(*state, TRAIL_ASKED, 1, "AAA-222", NULL, WALL);
	assert_in_range(trail_count(*state), 1, 3); /* what was lost is a row, too */
}

static void all_rows_gone_the_numbers_still_go_on(void **state)
{
	trail_restore_kept(*state, 77);
	add(*state, TRAIL_ASKED, 1, "AAA-222", NULL, WALL);
	assert_string_equal(story(*state, "AAA-222"), "78 asked 1;");
}

static void a_reference_is_found_however_it_is_written(void **state)
{
	static const char *const ways[] = {"Q5B-7ZU", "q5b7zu",  "Q5B 7ZU", " q5b - 7zu ",
					   "05B-7ZU", "OSB-7ZU", "Q58-72V", "DSB72V"};

	add(*state, TRAIL_ASKED, 1, "Q5B-7ZU", NULL, WALL);
	add(*state, TRAIL_ASKED, 2, "KKK-KKK", NULL, WALL);
	add(*state, TRAIL_ASKED, 0, "", NULL, WALL);
	for (size_t i = 0; i < NELEMS(ways); i++) {
		if (strcmp(story(*state, ways[i]), "1 asked 1;") != 0)
			fail_msg("not found: %s", ways[i]);
	}
	assert_string_equal(story(*state, ""), "");
	assert_string_equal(story(*state, "---"), "");
	assert_string_equal(story(*state, "Q5B-7Z"), "");
	assert_string_equal(story(*state, "Q5B-7ZUU"), "");
	assert_string_equal(story(*state, "Q5B-7ZU and more of it"), "");
	/* One that is exactly so goes before one that looks so. */
	add(*state, TRAIL_DENIED, 3, "QSB-7ZU", NULL, WALL);
	assert_string_equal(story(*state, "q5b-7zu"), "1 asked 1;");
	assert_string_equal(story(*state, "qsb-7zu"), "4 denied 1;");
}

static void a_story_has_all_references_of_the_login(void **state)
{
	add(*state, TRAIL_ASKED, 1, "AAA-222", NULL, WALL);
	add(*state, TRAIL_ASKED, 2, "CCC-222", NULL, WALL + 1);
	add(*state, TRAIL_ASKED, 1, "BBB-222", NULL, WALL + 2);
	assert_string_equal(story(*state, "AAA-222"), "1 asked 1;3 asked 1;");
	assert_string_equal(story(*state, "BBB-222"), "1 asked 1;3 asked 1;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_are_given_once_they_have_gathered),
		TEST(many_rows_do_not_wait),
		TEST(rows_of_one_mailer_are_not_given_to_another),
		TEST(a_mailer_that_kept_a_part_is_given_the_rest),
		TEST(a_mailer_of_an_older_room_is_given_all),
		TEST(mailers_are_not_given_what_they_wrote),
		TEST(a_flood_is_some_rows_and_one_that_counts),
		TEST(a_flood_of_many_is_nobodys),
		TEST(kinds_of_floods_are_bounded),
		TEST(the_oldest_rows_go_and_it_is_told),
		TEST(rows_that_mailers_have_are_not_lost),
		TEST(rows_end_with_their_age),
		TEST(numbers_go_on_after_a_restart),
		TEST(fewer_rows_than_were_counting_at_a_restart),
		TEST(all_rows_gone_the_numbers_still_go_on),
		TEST(a_reference_is_found_however_it_is_written),
		TEST(a_story_has_all_references_of_the_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
