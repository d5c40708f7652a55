/* What follows from an attempt, with the clock and the jitter in the test's hand. */
#include "mailer/delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/attr.h"

enum { MINUTE = 60000 };

/* Jitter: 0 always gives the least, UINT32_MAX the most. */
static uint32_t chosen(void *ctx, uint32_t bound)
{
	const uint32_t *wanted = ctx;

	return *wanted < bound ? *wanted : bound - 1;
}

static struct entropy jitter(uint32_t *wanted)
{
	return (struct entropy){.below = chosen, .ctx = wanted};
}

static void smtp_replies_have_their_verdict(void **state)
{
	static const struct {
		bool done;
		long code;
		enum delivery_verdict verdict;
	} cases[] = {
		{true, 250, VERDICT_SENT},      {false, 0, VERDICT_DEFERRED},
		{false, 250, VERDICT_DEFERRED}, {false, 354, VERDICT_DEFERRED},
		{false, 421, VERDICT_DEFERRED}, {false, 450, VERDICT_DEFERRED},
		{false, 500, VERDICT_REFUSED},  {false, 535, VERDICT_REFUSED},
		{false, 554, VERDICT_REFUSED},  {false, 600, VERDICT_DEFERRED},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++)
		assert_int_equal(delivery_of_smtp(cases[i].done, cases[i].code),
				 cases[i].verdict);
}

static void http_statuses_have_their_verdict(void **state)
{
	static const struct {
		long status;
		enum delivery_verdict verdict;
	} cases[] = {
		{200, VERDICT_SENT},     {202, VERDICT_SENT},     {0, VERDICT_DEFERRED},
		{302, VERDICT_REFUSED},  {400, VERDICT_REFUSED},  {401, VERDICT_REFUSED},
		{404, VERDICT_REFUSED},  {408, VERDICT_DEFERRED}, {429, VERDICT_DEFERRED},
		{500, VERDICT_DEFERRED}, {503, VERDICT_DEFERRED},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++)
		assert_int_equal(delivery_of_http(cases[i].status), cases[i].verdict);
}

static void sent_and_refused_letters_are_over(void **state)
{
	struct delivery_result sent = {.verdict = VERDICT_SENT};
	struct delivery_result refused = {.verdict = VERDICT_REFUSED};
	uint32_t least = 0;
	struct entropy e = jitter(&least);
	struct delivery d;

	(void)state;
	delivery_begin(&d, MINUTE, 1000);
	assert_int_equal(delivery_next(&d, &sent, 2000, &e).state, MAIL_SENT);
	assert_int_equal(delivery_next(&d, &refused, 2000, &e).state, MAIL_REFUSED);
	assert_int_equal(d.attempts, 2);
	/* a letter that was taken at the last moment was taken */
	assert_int_equal(delivery_next(&d, &sent, 2 * MINUTE, &e).state, MAIL_SENT);
}

static void waits_double_from_one_second_to_thirty(void **state)
{
	static const uint64_t waits[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
	struct delivery_result deferred = {.verdict = VERDICT_DEFERRED};
	uint32_t least = 0, most = UINT32_MAX;
	struct entropy low = jitter(&least), high = jitter(&most);
	struct delivery a, b;

	(void)state;
	delivery_begin(&a, 60 * MINUTE, 0);
	delivery_begin(&b, 60 * MINUTE, 0);
	for (size_t i = 0; i < NELEMS(waits); i++) {
		struct delivery_step early = delivery_next(&a, &deferred, 0, &low);
		struct delivery_step late = delivery_next(&b, &deferred, 0, &high);

		assert_int_equal(early.state, MAIL_DEFERRED);
		assert_int_equal(early.retry_ms, waits[i] * 3 / 4);
		assert_int_equal(late.retry_ms, waits[i] * 5 / 4);
	}
}

static void the_servers_wish_is_obeyed_when_it_is_longer(void **state)
{
	struct delivery_result deferred = {.verdict = VERDICT_DEFERRED,
					   .retry_after_ms = 20000};
	uint32_t least = 0;
	struct entropy e = jitter(&least);
	struct delivery d;

	(void)state;
	delivery_begin(&d, MINUTE, 0);
	assert_int_equal(delivery_next(&d, &deferred, 0, &e).retry_ms, 20000);
	deferred.retry_after_ms = 10;
	assert_int_equal(delivery_next(&d, &deferred, 0, &e).retry_ms, 1500);
}

static void a_letter_expires_when_no_try_fits_into_its_life(void **state)
{
	struct delivery_result deferred = {.verdict = VERDICT_DEFERRED};
	uint32_t least = 0;
	struct entropy e = jitter(&least);
	struct delivery d;

	(void)state;
	delivery_begin(&d, MINUTE, 5000);
	assert_int_equal(delivery_next(&d, &deferred, 5000 + MINUTE - 751, &e).state,
			 MAIL_DEFERRED);
	delivery_begin(&d, MINUTE, 5000);
	assert_int_equal(delivery_next(&d, &deferred, 5000 + MINUTE - 750, &e).state,
			 MAIL_EXPIRED);
	delivery_begin(&d, MINUTE, 5000);
	assert_int_equal(delivery_next(&d, &deferred, 5000 + 2 * MINUTE, &e).state,
			 MAIL_EXPIRED);
}

static void no_try_begins_or_lasts_after_the_end(void **state)
{
	struct delivery d;

	(void)state;
	delivery_begin(&d, MINUTE, 1000);
	assert_false(delivery_is_over(&d, MINUTE + 999));
	assert_true(delivery_is_over(&d, MINUTE + 1000));
	assert_int_equal(delivery_time(&d, 30000, 1000), 30000);
	assert_int_equal(delivery_time(&d, 30000, MINUTE), 1000);
	assert_int_equal(delivery_time(&d, 30000, 2 * MINUTE), 0);
}

static void a_code_without_end_is_tried_for_a_day(void **state)
{
	struct delivery d;

	(void)state;
	delivery_begin(&d, 0, 1000);
	assert_false(delivery_is_over(&d, 1000 + DELIVERY_LIFE_MAX_MS - 1));
	assert_true(delivery_is_over(&d, 1000 + DELIVERY_LIFE_MAX_MS));
	delivery_begin(&d, UINT64_MAX, 1000);
	assert_int_equal(d.end_ms, 1000 + DELIVERY_LIFE_MAX_MS);
}

static void a_server_that_asks_for_silence_is_given_it_for_all_letters(void **state)
{
	static const struct {
		int code;
		uint64_t retry_after_ms, pause_ms;
	} cases[] = {
		{200, 5000, 0},    {429, 0, DELIVERY_FIRST_RETRY_MS},
		{429, 7000, 7000}, {429, UINT64_C(86400000), DELIVERY_PAUSE_MAX_MS},
		{503, 0, 0},       {503, 2000, 2000},
		{500, 2000, 0},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct delivery_result r = {.code = cases[i].code,
					    .retry_after_ms = cases[i].retry_after_ms};

		assert_int_equal(delivery_pause(&r), cases[i].pause_ms);
	}
}

static void m4_a_broken_way_is_told_from_a_refused_letter(void **state)
{
	static const struct {
		enum delivery_verdict verdict;
		int code;
		bool no_way;
	} cases[] = {
		{VERDICT_DEFERRED, 0, true},    {VERDICT_REFUSED, 535, true},
		{VERDICT_REFUSED, 401, true},   {VERDICT_SENT, 250, false},
		{VERDICT_SENT, 0, false},       {VERDICT_REFUSED, 550, false},
		{VERDICT_DEFERRED, 451, false}, {VERDICT_DEFERRED, 429, false},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct delivery_result r = {.verdict = cases[i].verdict,
					    .code = cases[i].code};

		assert_int_equal(delivery_is_no_way(&r), cases[i].no_way);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(m4_a_broken_way_is_told_from_a_refused_letter),
		cmocka_unit_test(
			a_server_that_asks_for_silence_is_given_it_for_all_letters),
		cmocka_unit_test(smtp_replies_have_their_verdict),
		cmocka_unit_test(http_statuses_have_their_verdict),
		cmocka_unit_test(sent_and_refused_letters_are_over),
		cmocka_unit_test(waits_double_from_one_second_to_thirty),
		cmocka_unit_test(the_servers_wish_is_obeyed_when_it_is_longer),
		cmocka_unit_test(a_letter_expires_when_no_try_fits_into_its_life),
		cmocka_unit_test(no_try_begins_or_lasts_after_the_end),
		cmocka_unit_test(a_code_without_end_is_tried_for_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
