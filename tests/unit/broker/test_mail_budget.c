/* Who may be sent a mail: three limits at once, and a reserve beside them. */
#include "broker/mail_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

/* The defaults of plume-broker. */
static const struct mail_limits defaults = {.interval_ms = MINUTE,
					    .per_address_hour = 5,
					    .per_address_day = 15,
					    .per_network_hour = 10,
					    .pace_ms = SECOND,
					    .pace_burst = 20,
					    .reserve_hour = 3};

struct asker {
	struct secret_hash address, network, proof;
};

static struct asker asker(uint64_t address, uint64_t network, uint64_t proof)
{
	struct asker a;

	memset(&a, 0, sizeof a);
	memcpy(a.address.bytes, &address, sizeof address);
	memcpy(a.network.bytes, &network, sizeof network);
	memcpy(a.proof.bytes, &proof, sizeof proof);
	return a;
}

/* Asks, and takes what is allowed. */
static enum mail_answer ask(struct mail_budget *b, const struct asker *a, uint64_t now,
			    uint64_t *wait)
{
	struct mail_asker who = {&a->address, &a->network, &a->proof};
	enum mail_answer answer = mail_budget_ask(b, &who, now, wait);

	if (*wait == 0)
		mail_budget_take(b, &who, answer, now, now);
	assert_int_equal(*wait == 0, answer == MAIL_MAY || answer == MAIL_MAY_RESERVE);
	return answer;
}

static int setup(void **state)
{
	*state = mail_budget_new(&defaults, NULL);
	return 0;
}

static int teardown(void **state)
{
	struct mail_budget *b = *state;

	mail_budget_free(&b);
	assert_null(b);
	return 0;
}

static void s1_an_address_gets_five_mails_in_an_hour(void **state)
{
	struct asker a = asker(1, 1, 0);
	uint64_t wait;

	for (uint64_t i = 0; i < 5; i++) {
		assert_int_equal(ask(*state, &a, i * MINUTE, &wait), MAIL_MAY);
		a.network.bytes[31]++; /* from anywhere */
		assert_int_equal(ask(*state, &a, i * MINUTE + 1, &wait),
				 MAIL_MAY_NOT_ADDRESS);
	}
	assert_int_equal(ask(*state, &a, 5 * MINUTE, &wait), MAIL_MAY_NOT_ADDRESS);
	assert_int_equal(wait, 55 * MINUTE);
	assert_int_equal(ask(*state, &a, HOUR, &wait), MAIL_MAY);
}

static void s1_a_network_gets_ten_mails_in_an_hour(void **state)
{
	uint64_t wait;

	for (uint64_t i = 0; i < 30; i++) {
		struct asker a = asker(100 + i, 1, 0);

		assert_int_equal(ask(*state, &a, i * 2 * SECOND, &wait),
				 i < 10 ? MAIL_MAY : MAIL_MAY_NOT_NETWORK);
	}
	assert_int_equal(wait, HOUR - 58 * SECOND);
}

static void s1_the_room_sends_twenty_at_once_and_then_one_a_second(void **state)
{
	uint64_t wait;

	for (uint64_t i = 0; i < 40; i++) {
		struct asker a = asker(100 + i, 100 + i, 0);

		assert_int_equal(ask(*state, &a, 0, &wait),
				 i < 20 ? MAIL_MAY : MAIL_MAY_NOT_ROOM);
	}
	assert_int_equal(wait, SECOND);
	for (uint64_t i = 1; i < 10; i++) {
		struct asker a = asker(200 + i, 200 + i, 0);

		assert_int_equal(ask(*state, &a, i * SECOND, &wait), MAIL_MAY);
		assert_int_equal(ask(*state, &a, i * SECOND, &wait),
				 MAIL_MAY_NOT_ADDRESS);
	}
}

static void s1_a_restart_fills_nothing_up(void **state)
{
	struct asker a = asker(1, 2, 3), other = asker(8, 9, 0);
	uint64_t wait;

	for (uint64_t i = 5; i > 0; i--)
		mail_budget_restore(*state, TALLY_MAILS_TO_ADDRESS, &a.address,
				    i * MINUTE, 7000);
	for (uint64_t i = 10; i > 0; i--)
		mail_budget_restore(*state, TALLY_MAILS_OF_NETWORK, &other.network,
				    i * MINUTE, 7000);
	mail_budget_restore_pace(*state, 20 * SECOND, 7000);
	a.proof = (struct secret_hash){{0}};
	assert_int_equal(ask(*state, &a, 7000, &wait), MAIL_MAY_NOT_ADDRESS);
	assert_int_equal(wait, 55 * MINUTE);
	assert_int_equal(ask(*state, &other, 7000, &wait), MAIL_MAY_NOT_NETWORK);
	assert_int_equal(wait, 50 * MINUTE);
	other = asker(8, 10, 0);
	assert_int_equal(ask(*state, &other, 7000, &wait), MAIL_MAY_NOT_ROOM);
	assert_int_equal(wait, SECOND);
}

static void a_full_time_from_the_future_is_not_believed(void **state)
{
	struct asker a = asker(1, 2, 0);
	uint64_t wait;

	mail_budget_restore_pace(*state, UINT64_MAX / 2, 7000);
	assert_int_equal(ask(*state, &a, 7000, &wait), MAIL_MAY_NOT_ROOM);
	assert_int_equal(wait, SECOND);
}

static void c15_who_has_proven_the_address_has_a_reserve(void **state)
{
	struct asker eve = asker(1, 66, 0), ann = asker(1, 7, 7);
	uint64_t wait;

	/* Whoever burns the address's budget... */
	for (uint64_t i = 0; i < 5; i++)
		(void)ask(*state, &eve, i * MINUTE, &wait);
	/* ...leaves her three mails an hour, a minute apart. */
	for (uint64_t i = 5; i < 8; i++) {
		assert_int_equal(ask(*state, &ann, i * MINUTE, &wait), MAIL_MAY_RESERVE);
		assert_int_equal(ask(*state, &ann, i * MINUTE, &wait),
				 MAIL_MAY_NOT_ADDRESS);
		assert_int_equal(wait, i < 7 ? (uint64_t)MINUTE : 53 * MINUTE);
	}
	/* The reserve is hers alone, and spends nothing of what others have. */
	assert_int_equal(ask(*state, &eve, 8 * MINUTE, &wait), MAIL_MAY_NOT_ADDRESS);
	assert_int_equal(wait, 52 * MINUTE);
	assert_int_equal(ask(*state, &eve, HOUR, &wait), MAIL_MAY);
}

static void lifted_limits_limit_nothing(void **state)
{
	struct mail_budget *b = mail_budget_new(&(struct mail_limits){0}, NULL);
	struct asker a = asker(1, 1, 1);
	uint64_t wait;

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_int_equal(ask(b, &a, 0, &wait), MAIL_MAY);
	mail_budget_free(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(s1_an_address_gets_five_mails_in_an_hour),
		TEST(s1_a_network_gets_ten_mails_in_an_hour),
		TEST(s1_the_room_sends_twenty_at_once_and_then_one_a_second),
		TEST(s1_a_restart_fills_nothing_up),
		TEST(a_full_time_from_the_future_is_not_believed),
		TEST(c15_who_has_proven_the_address_has_a_reserve),
		TEST(lifted_limits_limit_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
