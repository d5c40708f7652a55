/* Sessions end, and whoever used them is out at once, on every gateway. */
#include "tests/unit/broker/world.h"

#define ANN "ann@a.example"
#define EVE "eve@e.example"

static void sign_out(struct world *w, struct gateway *g, uint64_t client, bool everywhere)
{
	struct bus_sign_out m = {.client = client, .everywhere = everywhere};

	entrance_sign_out(w->entrance, g, &m, w->t);
}

/* How many clients of g were dismissed; nothing else was told. */
static size_t dismissed_as(struct world *w, struct gateway *g, enum reason why)
{
	world_hear(w, g);
	for (size_t i = 0; i < w->n; i++) {
		assert_int_equal(w->told[i].kind, BUS_DISMISS);
		assert_int_equal(w->told[i].u.dismiss.reason, why);
	}
	return w->n;
}

static size_t dismissed(struct world *w, struct gateway *g)
{
	return dismissed_as(w, g, REASON_SESSION_OVER);
}

static size_t too_old(struct world *w, struct gateway *g)
{
	return dismissed_as(w, g, REASON_SESSION_OLD);
}

static size_t left(struct world *w)
{
	size_t n = 0;

	world_events(w);
	for (size_t i = 0; i < w->n; i++)
		n += w->told[i].kind == BUS_POST && w->told[i].u.post.event == POST_LEFT;
	return n;
}

static void resume(struct world *w, struct gateway *g, uint64_t client)
{
	world_resume(w, g, client, w->token, 0);
	world_hear(w, g);
	assert_non_null(world_told(w, BUS_ADMITTED));
}

static void assert_over(struct world *w, const char *token)
{
	world_resume(w, w->g, 99, token, 0);
	assert_int_equal(world_only(w, w->g, BUS_AUTH_RESET)->u.auth_reset.reason,
			 REASON_SESSION_OVER);
}

static void signing_out_ends_the_session_on_all_gateways(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	resume(w, w->g, 2);
	resume(w, w->g2, 1);
	assert_int_equal(left(w), 0);
	sign_out(w, w->g, 2, false);
	assert_int_equal(dismissed(w, w->g), 2);
	assert_int_equal(dismissed(w, w->g2), 1);
	assert_int_equal(entrance_sessions(w->entrance), 0);
	assert_int_equal(left(w), 1); /* at once, and once */
	assert_over(w, w->token);
	world_pass(w, HOUR);
	world_tick_heard(w);
	assert_int_equal(left(w), 0);
	world_say(w, w->g2, 1, "", "still here?");
	assert_int_equal(world_only(w, w->g2, BUS_REFUSED)->u.refused.reason,
			 REASON_NOT_IN_ROOM);
}

static void other_sessions_of_the_person_stay(void **state)
{
	struct world *w = *state;
	char first[64];

	world_enter(w, w->g, 1, "ann", ANN);
	strcpy(first, w->token);
	world_enter(w, w->g2, 1, "ann", ANN);
	world_enter(w, w->g2, 2, "eve", EVE);
	sign_out(w, w->g, 1, false);
	assert_int_equal(dismissed(w, w->g), 1);
	assert_int_equal(dismissed(w, w->g2), 0);
	assert_int_equal(left(w), 0); /* she is still there */
	assert_over(w, first);
	assert_int_equal(entrance_sessions(w->entrance), 2);
}

static void everywhere_is_all_of_the_address_and_nobody_elses(void **state)
{
	struct world *w = *state;
	char tokens[4][64];

	world_enter(w, w->g, 1, "ann", ANN);
	strcpy(tokens[0], w->token);
	world_enter(w, w->g2, 1, "ann", ANN);
	strcpy(tokens[1], w->token);
	world_enter(w, w->g2, 2, "anna", ANN); /* another name of hers */
	strcpy(tokens[2], w->token);
	world_enter(w, w->g2, 3, "eve", EVE);
	strcpy(tokens[3], w->token);
	left(w);
	sign_out(w, w->g2, 1, true);
	assert_int_equal(dismissed(w, w->g), 1);
	assert_int_equal(dismissed(w, w->g2), 2);
	assert_int_equal(left(w), 2); /* ann and anna */
	for (int i = 0; i < 3; i++)
		assert_over(w, tokens[i]);
	world_resume(w, w->g, 5, tokens[3], 0);
	world_hear(w, w->g);
	assert_non_null(world_told(w, BUS_ADMITTED));
}

/* Her other device lost its network a moment ago. */
static void who_is_in_grace_leaves_with_the_session(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	world_enter(w, w->g2, 2, "anna", ANN);
	entrance_gone(w->entrance, w->g, 1, w->t); /* ann is in grace */
	left(w);
	sign_out(w, w->g2, 2, true);
	assert_int_equal(left(w), 2);
	world_pass(w, HOUR);
	world_tick_heard(w);
	assert_int_equal(left(w), 0);
}

static void signing_out_twice_is_told_twice_and_done_once(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	left(w);
	sign_out(w, w->g, 1, false);
	sign_out(w, w->g, 1, true);
	assert_int_equal(dismissed(w, w->g), 2);
	assert_int_equal(left(w), 1);
}

static void a_redeemed_code_gives_no_session_after_signing_out(void **state)
{
	struct world *w = *state;
	struct bus_auth m = {
		.client = 1, .current = true, .claim = S("a secret of mine")};

	world_ask(w, w->g, 1, "ann", ANN);
	m.ticket = slice_of(w->ticket);
	m.code = slice_of(w->code);
	entrance_auth(w->entrance, w->g, &m, w->t);
	world_hear(w, w->g);
	assert_non_null(world_told(w, BUS_ADMITTED));
	sign_out(w, w->g, 1, false);
	assert_int_equal(dismissed(w, w->g), 1);
	m.client = 2;
	entrance_auth(w->entrance, w->g, &m, w->t);
	assert_int_equal(world_only(w, w->g, BUS_AUTH_RESET)->u.auth_reset.reason,
			 REASON_LOGIN_OVER);
}

static void what_cannot_be_kept_is_not_done(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	w->room->is_full = true;
	sign_out(w, w->g, 1, false);
	assert_int_equal(world_only(w, w->g, BUS_REFUSED)->u.refused.reason,
			 REASON_NOT_STORED);
	assert_int_equal(entrance_sessions(w->entrance), 1);
	assert_non_null(gateway_client(w->g, 1));
}

/* A gateway that has not heard of it must start over, should the broker die now. */
static void a_gateway_is_owed_its_dismissals(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	resume(w, w->g2, 1);
	w->g2->has_more = false;
	sign_out(w, w->g, 1, false);
	assert_true(w->g2->has_more);
}

/* T2: a session ends under a connection, too. */
static void a_session_that_is_not_used_ends_under_its_clients(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	resume(w, w->g2, 1);
	left(w);
	world_pass(w, 30ull * DAY - 1);
	world_tick_heard(w);
	assert_int_equal(dismissed(w, w->g), 0);
	world_pass(w, 1);
	world_tick_heard(w);
	assert_int_equal(too_old(w, w->g), 1);
	assert_int_equal(too_old(w, w->g2), 1);
	assert_int_equal(left(w), 1);
	assert_over(w, w->token);
}

/* T2: what a person does is use; it is noted once in an hour at most. */
static void a_session_in_use_does_not_end(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	for (int i = 0; i < 10; i++) {
		world_pass(w, 29ull * DAY);
		world_tick_heard(w);
		entrance_used(w->entrance, w->g, 1, w->t);
	}
	assert_int_equal(dismissed(w, w->g), 0);
	world_pass(w, HOUR - 1);
	entrance_used(w->entrance, w->g, 1, w->t); /* too soon to be noted */
	world_pass(w, 30ull * DAY - HOUR + 1);
	world_tick_heard(w);
	assert_int_equal(too_old(w, w->g), 1);
}

static void use_of_one_who_is_not_there_is_none(void **state)
{
	struct world *w = *state;

	entrance_used(w->entrance, w->g, 1, w->t);
	world_enter(w, w->g, 1, "ann", ANN);
	entrance_gone(w->entrance, w->g, 1, w->t);
	world_pass(w, 30ull * DAY - 1);
	entrance_used(w->entrance, w->g, 1, w->t);
	world_pass(w, 1);
	assert_over(w, w->token);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signing_out_ends_the_session_on_all_gateways),
		TEST(other_sessions_of_the_person_stay),
		TEST(everywhere_is_all_of_the_address_and_nobody_elses),
		TEST(who_is_in_grace_leaves_with_the_session),
		TEST(signing_out_twice_is_told_twice_and_done_once),
		TEST(a_redeemed_code_gives_no_session_after_signing_out),
		TEST(what_cannot_be_kept_is_not_done),
		TEST(a_gateway_is_owed_its_dismissals),
		TEST(a_session_that_is_not_used_ends_under_its_clients),
		TEST(a_session_in_use_does_not_end),
		TEST(use_of_one_who_is_not_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
