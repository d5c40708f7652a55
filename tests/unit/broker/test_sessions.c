/* Sessions live by use, and the one unused for longest makes room. */
#include "broker/sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

enum { TTL = 1000 };

static struct session session(uint64_t n, uint64_t used_ms)
{
	struct session s = {.person = 1000 + n, .used_ms = used_ms};

	memcpy(s.token.bytes, &n, sizeof n);
	s.token.bytes[31] = 1;
	return s;
}

struct ended {
	size_t n;
	uint64_t person;
};

static void count_end(void *ctx, const struct session *s)
{
	struct ended *e = ctx;

	e->n++;
	e->person = s->person;
}

static struct sessions *fresh(uint64_t ttl_ms)
{
	assert_int_equal(secret_init(), ST_OK);
	return sessions_new(ttl_ms);
}

static bool is_good(struct sessions *s, uint64_t n, uint64_t now_ms)
{
	struct session key = session(n, 0);
	const struct session *found = sessions_use(s, &key.token, now_ms);

	if (found != NULL) {
		assert_int_equal(found->person, 1000 + n);
		assert_int_equal(found->used_ms, now_ms);
	}
	return found != NULL;
}

static void a_session_is_found_by_its_token_only(void **state)
{
	struct sessions *s = fresh(TTL);
	struct session a = session(1, 0);

	(void)state;
	sessions_add(s, &a, NULL, NULL);
	assert_true(is_good(s, 1, 0));
	assert_false(is_good(s, 2, 0));
	for (size_t i = 0; i < sizeof a.token.bytes; i++) {
		struct secret_hash other = a.token;

		other.bytes[i] ^= 1;
		assert_null(sessions_use(s, &other, 0));
	}
	sessions_free(&s);
	assert_null(s);
}

static void a_session_ends_after_its_ttl_without_use(void **state)
{
	static const struct {
		uint64_t at_ms;
		bool is_good;
	} uses[] = {
		{500, true}, {1499, true}, {2498, true}, {3498, false}, {3499, false}};
	struct sessions *s = fresh(TTL);
	struct session a = session(1, 0);

	(void)state;
	sessions_add(s, &a, NULL, NULL);
	for (size_t i = 0; i < NELEMS(uses); i++)
		assert_int_equal(is_good(s, 1, uses[i].at_ms), uses[i].is_good);
	sessions_free(&s);
}

static void a_session_that_ended_does_not_come_back_when_the_clock_does(void **state)
{
	struct sessions *s = fresh(TTL);
	struct session a = session(1, 0);
	struct ended ended = {0, 0};

	(void)state;
	sessions_add(s, &a, NULL, NULL);
	sessions_expire(s, TTL, count_end, &ended);
	assert_int_equal(ended.n, 1);
	assert_false(is_good(s, 1, 0));
	sessions_free(&s);
}

static void a_clock_that_is_set_back_ends_no_session(void **state)
{
	struct sessions *s = fresh(TTL);
	struct session a = session(1, 1000000);
	struct ended ended = {0, 0};

	(void)state;
	sessions_add(s, &a, NULL, NULL);
	sessions_expire(s, 10, count_end, &ended);
	assert_int_equal(ended.n, 0);
	assert_true(is_good(s, 1, 10));
	assert_false(is_good(s, 1, 10 + TTL));
	sessions_free(&s);
}

static void who_was_here_while_the_clock_was_ahead_keeps_no_other_in(void **state)
{
	struct sessions *s = fresh(TTL);
	struct session ahead = session(1, 1000000), a = session(2, 10);
	struct ended ended = {0, 0};

	(void)state;
	sessions_add(s, &ahead, NULL, NULL);
	sessions_add(s, &a, NULL, NULL);
	sessions_expire(s, 10, count_end, &ended); /* it is right again */
	sessions_expire(s, 9 + TTL, count_end, &ended);
	assert_int_equal(ended.n, 0);
	sessions_expire(s, 10 + TTL, count_end, &ended);
	assert_int_equal(ended.n, 2);
	sessions_free(&s);
}

static void without_a_ttl_sessions_live_for_ever(void **state)
{
	struct sessions *s = fresh(0);
	struct session a = session(1, 0);

	(void)state;
	sessions_add(s, &a, NULL, NULL);
	sessions_expire(s, UINT64_MAX, NULL, NULL);
	assert_true(is_good(s, 1, UINT64_MAX));
	sessions_free(&s);
}

static void expiry_ends_the_unused_and_no_other(void **state)
{
	struct sessions *s = fresh(TTL);
	struct ended ended = {0, 0};

	(void)state;
	for (uint64_t i = 0; i < 10; i++) {
		struct session a = session(i, i);

		sessions_add(s, &a, NULL, NULL);
	}
	assert_true(is_good(s, 0, 500)); /* the oldest one is used */
	sessions_expire(s, TTL + 4, count_end, &ended);
	assert_int_equal(ended.n, 4); /* 1 to 4 */
	assert_int_equal(ended.person, 1004);
	assert_int_equal(sessions_count(s), 6);
	assert_true(is_good(s, 0, TTL + 4));
	assert_true(is_good(s, 5, TTL + 4));
	sessions_free(&s);
}

static void over_the_bound_the_one_unused_for_longest_ends(void **state)
{
	struct sessions *s = fresh(TTL);
	struct ended ended = {0, 0};
	struct session one = session(SESSIONS_MAX, 1), two = session(SESSIONS_MAX + 1, 1);

	(void)state;
	for (uint64_t i = 0; i < SESSIONS_MAX; i++) {
		struct session a = session(i, 0);

		sessions_add(s, &a, count_end, &ended);
	}
	assert_int_equal(ended.n, 0);
	assert_true(is_good(s, 0, 0));
	sessions_add(s, &one, count_end, &ended);
	assert_int_equal(ended.n, 1);
	assert_int_equal(ended.person, 1001);
	sessions_add(s, &two, count_end, &ended);
	assert_int_equal(ended.person, 1002);
	assert_int_equal(sessions_count(s), SESSIONS_MAX);
	assert_true(is_good(s, 0, 0));
	sessions_free(&s);
}

static bool is_even(void *ctx, const struct session *s)
{
	(void)ctx;
	return s->person % 2 == 0;
}

static void sessions_end_when_they_are_told_to(void **state)
{
	struct sessions *s = fresh(TTL);
	struct ended ended = {0, 0};

	(void)state;
	for (uint64_t n = 1; n <= 5; n++) {
		struct session one = session(n, 0);

		sessions_add(s, &one, NULL, NULL);
	}
	for (int again = 0; again < 2; again++) {
		struct session three = session(3, 0);

		sessions_end(s, &three.token, count_end, &ended);
		assert_int_equal(ended.n, 1);
		assert_int_equal(ended.person, 1003);
		assert_false(sessions_has(s, &three.token));
	}
	sessions_end_if(s, is_even, count_end, &ended);
	assert_int_equal(ended.n, 3);
	assert_int_equal(sessions_count(s), 2);
	assert_true(is_good(s, 1, 0));
	assert_false(is_good(s, 2, 0));
	assert_false(is_good(s, 3, 0));
	assert_false(is_good(s, 4, 0));
	assert_true(is_good(s, 5, 0));
	sessions_free(&s);
}

static void asking_for_a_session_is_no_use_of_it(void **state)
{
	struct sessions *s = fresh(TTL);
	struct session a = session(1, 0);

	(void)state;
	sessions_add(s, &a, NULL, NULL);
	assert_true(sessions_has(s, &a.token));
	assert_false(is_good(s, 1, TTL));
	sessions_free(&s);
}

/* The last use may be noted a grain late, so a grain is a small part of the life. */
static void uses_need_not_be_noted_more_often_than_matters(void **state)
{
	static const struct {
		uint64_t ttl_ms, grain_ms;
	} cases[] = {
		{0, 3600000},        {UINT64_C(30) * 86400000, 3600000},
		{86400000, 3600000}, {3600000, 225000},
		{16000, 1000},       {1, 0},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct sessions *s = fresh(cases[i].ttl_ms);

		assert_int_equal(sessions_grain(s), cases[i].grain_ms);
		sessions_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_found_by_its_token_only),
		cmocka_unit_test(a_session_ends_after_its_ttl_without_use),
		cmocka_unit_test(
			a_session_that_ended_does_not_come_back_when_the_clock_does),
		cmocka_unit_test(a_clock_that_is_set_back_ends_no_session),
		cmocka_unit_test(
			who_was_here_while_the_clock_was_ahead_keeps_no_other_in),
		cmocka_unit_test(without_a_ttl_sessions_live_for_ever),
		cmocka_unit_test(expiry_ends_the_unused_and_no_other),
		cmocka_unit_test(over_the_bound_the_one_unused_for_longest_ends),
		cmocka_unit_test(sessions_end_when_they_are_told_to),
		cmocka_unit_test(asking_for_a_session_is_no_use_of_it),
		cmocka_unit_test(uses_need_not_be_noted_more_often_than_matters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
