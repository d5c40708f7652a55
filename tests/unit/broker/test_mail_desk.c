/* Letters: leased to one mailer at a time, until they are over. */
#include "broker/mail_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"

enum { EXPIRES = 10000000 };

static int setup(void **state)
{
	*state = mail_desk_new();
	return secret_init() == ST_OK ? 0 : -1;
}

static int teardown(void **state)
{
	struct mail_desk *d = *state;

	mail_desk_free(&d);
	assert_null(d);
	return 0;
}

static void put(struct mail_desk *d, uint64_t id, uint64_t expires_ms)
{
	struct letter l = {.id = id, .code = "12345678", .expires_ms = expires_ms};

	assert_true(mail_desk_add(d, &l));
}

static uint64_t take(struct mail_desk *d, uint64_t mailer, uint64_t now_ms)
{
	const struct letter *l = mail_desk_take(d, mailer, now_ms);

	return l != NULL ? l->id : 0;
}

static void the_oldest_letter_leaves_first_and_once(void **state)
{
	put(*state, 5, EXPIRES);
	put(*state, 3, EXPIRES);
	put(*state, 9, EXPIRES);
	assert_int_equal(take(*state, 1, 0), 5);
	assert_int_equal(take(*state, 2, 0), 3);
	assert_int_equal(take(*state, 3, 0), 9);
	assert_int_equal(take(*state, 4, 0), 0);
	assert_int_equal(take(*state, 4, MAIL_OFFER_MS - 1), 0);
	assert_int_equal(mail_desk_count(*state), 3);
	assert_int_equal(mail_desk_held_by(*state, 1, 0), 1);
	assert_int_equal(mail_desk_held_by(*state, 4, 0), 0);
	assert_int_equal(mail_desk_held_by(*state, 1, MAIL_OFFER_MS), 0);
}

static void a_lease_that_lapsed_gives_the_letter_to_another(void **state)
{
	put(*state, 5, EXPIRES);
	assert_int_equal(take(*state, 1, 100), 5);
	assert_int_equal(take(*state, 2, 100 + MAIL_OFFER_MS - 1), 0);
	assert_int_equal(take(*state, 2, 100 + MAIL_OFFER_MS), 5);
	/* The first one comes too late; the second has it. */
	assert_false(mail_desk_report(*state, 1, 5, MAIL_SENT, 0, 100 + MAIL_OFFER_MS));
	assert_non_null(mail_desk_get(*state, 5));
	assert_true(mail_desk_report(*state, 2, 5, MAIL_SENT, 0, 100 + MAIL_OFFER_MS));
	assert_null(mail_desk_get(*state, 5));
}

static void a_late_report_counts_while_nobody_else_has_the_letter(void **state)
{
	put(*state, 5, EXPIRES);
	assert_int_equal(take(*state, 1, 0), 5);
	assert_true(mail_desk_report(*state, 1, 5, MAIL_SENT, 0, 5 * MAIL_LEASE_MS));
	assert_int_equal(mail_desk_count(*state), 0);
}

/* Its first answer may be lost: the bus sends the question again, and the letter with it. */
static void a_mailer_that_asks_again_is_given_the_same_letter(void **state)
{
	put(*state, 5, EXPIRES);
	put(*state, 6, EXPIRES);
	assert_int_equal(take(*state, 1, 100), 5);
	assert_int_equal(take(*state, 1, 100), 0); /* not in a hurry */
	assert_int_equal(take(*state, 1, 100 + MAIL_AGAIN_MS - 1), 0);
	assert_int_equal(take(*state, 1, 100 + MAIL_AGAIN_MS), 5);
	assert_int_equal(take(*state, 2, 100 + MAIL_AGAIN_MS), 6);
	assert_true(mail_desk_report(*state, 2, 6, MAIL_TAKEN, 0, 700));
	/* Once it has said that it took it, it is given another one. */
	put(*state, 7, EXPIRES);
	assert_true(mail_desk_report(*state, 1, 5, MAIL_TAKEN, 0, 700));
	assert_int_equal(take(*state, 1, 700), 7);
	/* Asking again does not make an offer last: it is somebody else's turn. */
	for (uint64_t t = 700; t < 700 + MAIL_OFFER_MS; t += MAIL_AGAIN_MS)
		(void)take(*state, 1, t);
	assert_int_equal(take(*state, 3, 700 + MAIL_OFFER_MS), 7);
}

static void a_restarted_mailer_with_its_number_has_its_letters(void **state)
{
	put(*state, 5, EXPIRES);
	assert_int_equal(take(*state, 1, 0), 5);
	assert_true(mail_desk_report(*state, 1, 5, MAIL_TAKEN, 0, 0));
	/* In time, and late while nobody else has it. */
	assert_true(mail_desk_report(*state, 1, 5, MAIL_TAKEN, 0, MAIL_LEASE_MS - 1));
	assert_int_equal(take(*state, 2, 2 * MAIL_LEASE_MS - 2), 0);
	assert_true(mail_desk_report(*state, 1, 5, MAIL_TAKEN, 0, 9 * MAIL_LEASE_MS));
	/* Not when another one has it. */
	assert_int_equal(take(*state, 2, 10 * MAIL_LEASE_MS), 5);
	assert_false(mail_desk_report(*state, 1, 5, MAIL_TAKEN, 0, 10 * MAIL_LEASE_MS));
}

/* Of an older journal the desk does not know who holds a letter; who reports of it does. */
static void a_letter_that_nobody_holds_belongs_to_who_reports_of_it(void **state)
{
	put(*state, 5, EXPIRES);
	put(*state, 6, EXPIRES);
	assert_true(mail_desk_report(*state, 1, 5, MAIL_DEFERRED, 1000, 0));
	assert_int_equal(take(*state, 2, 0), 6);
	assert_false(mail_desk_report(*state, 2, 5, MAIL_SENT, 0, 0));
	assert_true(mail_desk_report(*state, 1, 5, MAIL_SENT, 0, 0));
}

static void reports_keep_or_end_a_letter(void **state)
{
	static const struct {
		enum mail_state state;
		bool is_known, is_kept;
		uint64_t again_at; /* when another mailer may have it, if kept */
	} cases[] = {
		{MAIL_QUEUED, true, true, 10},
		{MAIL_TAKEN, true, true, 10 + MAIL_LEASE_MS + 500},
		{MAIL_DEFERRED, true, true, 10 + MAIL_LEASE_MS + 500},
		{MAIL_SENT, true, false, 0},
		{MAIL_REFUSED, true, false, 0},
		{MAIL_EXPIRED, true, false, 0},
		{MAIL_WITHHELD, false, true, MAIL_OFFER_MS},
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		uint64_t id = 100 + i;

		put(*state, id, EXPIRES);
		assert_int_equal(take(*state, 1, 0), id);
		assert_int_equal(mail_desk_report(*state, 1, id, cases[i].state, 500, 10),
				 cases[i].is_known);
		assert_int_equal(mail_desk_get(*state, id) != NULL, cases[i].is_kept);
		if (cases[i].is_kept) {
			assert_int_equal(take(*state, 2, cases[i].again_at - 1),
					 cases[i].again_at <= 10 ? id : 0);
			if (cases[i].again_at > 10)
				assert_int_equal(take(*state, 2, cases[i].again_at), id);
		}
		mail_desk_withdraw(*state, id);
	}
}

static void reports_of_other_letters_are_not_believed(void **state)
{
	put(*state, 5, EXPIRES);
	assert_int_equal(take(*state, 1, 0), 5);
	assert_false(mail_desk_report(*state, 2, 5, MAIL_SENT, 0, 0));
	assert_false(mail_desk_report(*state, 1, 6, MAIL_SENT, 0, 0));
	assert_false(mail_desk_report(*state, 1, 5, (enum mail_state)7, 0, 0));
	assert_int_equal(mail_desk_count(*state), 1);
	assert_true(mail_desk_report(*state, 1, 5, MAIL_SENT, 0, 0));
	assert_false(mail_desk_report(*state, 1, 5, MAIL_SENT, 0, 0));
}

static void a_mailer_cannot_keep_a_letter_for_ever(void **state)
{
	put(*state, 5, UINT64_MAX);
	assert_int_equal(take(*state, 1, 0), 5);
	assert_true(mail_desk_report(*state, 1, 5, MAIL_DEFERRED, UINT64_MAX, 0));
	assert_int_equal(take(*state, 2, 3600000 + MAIL_LEASE_MS), 5);
}

static void a_letter_whose_code_has_ended_is_not_given(void **state)
{
	put(*state, 5, 1000);
	put(*state, 6, UINT64_MAX);
	assert_int_equal(take(*state, 1, 1000), 6);
	assert_int_equal(take(*state, 1, 1000), 0);
	mail_desk_expire(*state, 999);
	assert_int_equal(mail_desk_count(*state), 2);
	mail_desk_expire(*state, 1000);
	assert_int_equal(mail_desk_count(*state), 1);
	mail_desk_expire(*state, UINT64_MAX - 1);
	assert_int_equal(mail_desk_count(*state), 1);
}

static void a_withdrawn_letter_is_gone_even_from_its_holder(void **state)
{
	put(*state, 5, EXPIRES);
	assert_int_equal(take(*state, 1, 0), 5);
	mail_desk_withdraw(*state, 5);
	mail_desk_withdraw(*state, 5);
	mail_desk_withdraw(*state, 0);
	assert_false(mail_desk_report(*state, 1, 5, MAIL_SENT, 0, 0));
	assert_int_equal(take(*state, 1, EXPIRES - 1), 0);
}

static void a_full_desk_says_so(void **state)
{
	struct letter l = {.id = MAIL_DESK_MAX + 1, .expires_ms = EXPIRES};

	for (uint64_t i = 1; i <= MAIL_DESK_MAX; i++)
		put(*state, i, EXPIRES);
	assert_false(mail_desk_add(*state, &l));
	assert_int_equal(mail_desk_count(*state), MAIL_DESK_MAX);
	mail_desk_withdraw(*state, 1);
	assert_true(mail_desk_add(*state, &l));
	assert_int_equal(take(*state, 1, 0), 2);
}

static void references_are_easy_to_read_aloud(void **state)
{
	(void)state;
	for (int i = 0; i < 5000; i++) {
		char r[REFERENCE_SIZE];

		mail_reference_make(&entropy_system, r);
		assert_int_equal(strlen(r), 7);
		assert_int_equal(r[3], '-');
		assert_int_equal(strspn(r, "23456789ABCDEFGHJKMNPQRSTUVWXYZ-"), 7);
		assert_null(strpbrk(r, "01OIL"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_oldest_letter_leaves_first_and_once),
		TEST(a_lease_that_lapsed_gives_the_letter_to_another),
		TEST(a_late_report_counts_while_nobody_else_has_the_letter),
		TEST(a_mailer_that_asks_again_is_given_the_same_letter),
		TEST(a_restarted_mailer_with_its_number_has_its_letters),
		TEST(a_letter_that_nobody_holds_belongs_to_who_reports_of_it),
		TEST(reports_keep_or_end_a_letter),
		TEST(reports_of_other_letters_are_not_believed),
		TEST(a_mailer_cannot_keep_a_letter_for_ever),
		TEST(a_letter_whose_code_has_ended_is_not_given),
		TEST(a_withdrawn_letter_is_gone_even_from_its_holder),
		TEST(a_full_desk_says_so),
		TEST(references_are_easy_to_read_aloud),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
