/* test_entrance_bans.c - who is banned is put out and kept out; who is muted reads and does not speak. */
#include "tests/unit/broker/world.h"

#define ANN "ann@a.example"
#define EVE "eve@e.example"

static enum status order(struct world *w, enum ban_kind kind, const char *value,
			 uint64_t for_ms, const char *reason)
{
	struct ban_order o = {.kind = kind,
			      .value = slice_of(value),
			      .for_ms = for_ms,
			      .reason = slice_of(reason)};
	const char *why = NULL;
	enum status st = entrance_ban(w->entrance, &o, w->t, &why);

	assert_non_null(why);
	return st;
}

static void ban(struct world *w, enum ban_kind kind, const char *value, uint64_t for_ms)
{
	assert_int_equal(order(w, kind, value, for_ms, "spam"), ST_OK);
}

static enum status unban(struct world *w, enum ban_kind kind, const char *value)
{
	struct ban_order o = {.kind = kind, .value = slice_of(value)};
	const char *why;

	return entrance_unban(w->entrance, &o, w->t, &why);
}

static void resume_from(struct world *w, struct gateway *g, uint64_t client,
			const char *token, const char *address)
{
	struct bus_resume m = {.client = client,
			       .token = slice_of(token),
			       .epoch = w->room->epoch,
			       .address = slice_of(address)};

	entrance_resume(w->entrance, g, &m, w->t);
}

static void assert_dismissed(struct world *w, struct gateway *g, uint64_t client,
			     enum reason reason)
{
	const struct bus_msg *m;

	world_hear(w, g);
	m = world_told(w, BUS_DISMISS);
	assert_non_null(m);
	assert_int_equal(m->u.dismiss.client, client);
	assert_int_equal(m->u.dismiss.reason, reason);
	assert_true(m->u.dismiss.text.len > 0);
}

static void assert_reset(struct world *w, struct gateway *g, enum reason reason)
{
	const struct bus_msg *m = world_only(w, g, BUS_AUTH_RESET);

	assert_int_equal(m->u.auth_reset.reason, reason);
	assert_true(m->u.auth_reset.text.len > 0);
}

static void assert_no_entry(struct world *w, struct gateway *g, enum reason reason)
{
	const struct bus_msg *m = world_only(w, g, BUS_MAY_NOT_ENTER);

	assert_int_equal(m->u.may_not_enter.reason, reason);
	assert_true(m->u.may_not_enter.text.len > 0);
}

static void assert_resumes(struct world *w, struct gateway *g, uint64_t client,
			   const char *token)
{
	world_resume(w, g, client, token, 0);
	world_hear(w, g);
	assert_non_null(world_told(w, BUS_ADMITTED));
}

static void t5_who_is_banned_is_out_everywhere_and_cannot_resume(void **state)
{
	static const struct {
		enum ban_kind kind;
		const char *value;
		enum reason reason;
	} cases[] = {
		{BAN_PERSON, "EVE", REASON_BANNED},
		{BAN_ADDRESS, "Eve+tag@E.example", REASON_BANNED},
		{BAN_NAME, "Eve", REASON_NAME_BANNED},
	};
	struct world *w = *state;

	world_enter(w, w->g, 1, "eve", EVE);
	for (size_t i = 0; i < NELEMS(cases); i++) {
		world_resume(w, w->g, 1, w->token, 0);
		world_resume(w, w->g2, 2, w->token, 0);
		world_hear(w, w->g);
		world_hear(w, w->g2);
		ban(w, cases[i].kind, cases[i].value, 0);
		assert_dismissed(w, w->g, 1, cases[i].reason);
		assert_dismissed(w, w->g2, 2, cases[i].reason);
		assert_int_equal(presence_count(w->room->presence), 0);
		world_resume(w, w->g, 3, w->token, 0);
		assert_reset(w, w->g, cases[i].reason);
		assert_int_equal(unban(w, cases[i].kind, cases[i].value), ST_OK);
		assert_resumes(w, w->g, 1, w->token);
	}
}

static void who_is_in_the_grace_period_leaves_at_once(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "eve", EVE);
	entrance_gone(w->entrance, w->g, 1, w->t);
	assert_int_equal(presence_count(w->room->presence), 1);
	ban(w, BAN_PERSON, "eve", 0);
	assert_int_equal(presence_count(w->room->presence), 0);
}

static void others_are_left_alone(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	ban(w, BAN_NAME, "eve", 0);
	ban(w, BAN_ADDRESS, EVE, 0);
	ban(w, BAN_NETWORK, "198.51.100.0/24", 0);
	world_hear(w, w->g);
	assert_null(world_told(w, BUS_DISMISS));
	assert_resumes(w, w->g2, 2, w->token);
	world_enter(w, w->g, 3, "bob", "bob@b.example");
}

static void the_person_is_the_address_behind_the_name(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "eve", EVE);
	world_enter(w, w->g, 2, "eve2", "EVE+2@e.example");
	ban(w, BAN_PERSON, "eve", 0);
	world_hear(w, w->g);
	assert_int_equal(w->n, 2); /* both of them */
	assert_int_equal(w->told[0].kind, BUS_DISMISS);
	assert_int_equal(w->told[1].kind, BUS_DISMISS);
	/* The name itself is not banned. */
	assert_int_equal(entrance_release(w->entrance, S("eve"), w->t), ST_OK);
	world_hear(w, w->g);
	world_enter(w, w->g, 3, "eve", ANN);
	/* And the ban is lifted by the name it was made with, whoever has that now. */
	assert_int_equal(unban(w, BAN_PERSON, "eve"), ST_ABSENT);
	assert_int_equal(entrance_release(w->entrance, S("eve"), w->t), ST_OK);
	assert_int_equal(unban(w, BAN_PERSON, "eve"), ST_OK);
	assert_int_equal(bans_count(w->room->bans), 0);
}

static void a_banned_name_is_told_at_hello(void **state)
{
	struct world *w = *state;

	ban(w, BAN_NAME, "linus", 0);
	world_hello(w, w->g, 1, "Iinus", EVE);
	assert_no_entry(w, w->g, REASON_NAME_BANNED);
	assert_int_equal(entrance_logins(w->entrance), 0);
	world_enter(w, w->g, 1, "lin", EVE);
}

static void s2_a_banned_address_waits_like_one_that_was_just_mailed(void **state)
{
	struct world *w = *state;
	struct bus_waiting banned, throttled;
	const struct bus_msg *m;

	w->entrance_options.mails = (struct mail_limits){.interval_ms = MINUTE};
	world_end(w);
	world_begin(w);
	world_add_gateways(w);
	ban(w, BAN_ADDRESS, EVE, 0);
	world_ask(w, w->g, 9, "ann", ANN); /* one mail for her */
	for (uint64_t passed = 0; passed < 3; passed++) {
		world_hello(w, w->g, 1, "eve", "EVE+tag@e.example");
		m = world_only(w, w->g, BUS_WAITING);
		banned = m->u.waiting;
		assert_int_equal(banned.mail, MAIL_WITHHELD);
		assert_int_equal(banned.resend_ms, MINUTE - 10000 * passed);
		world_hello(w, w->g2, 2, "anna", ANN);
		m = world_only(w, w->g2, BUS_WAITING);
		throttled = m->u.waiting;
		assert_int_equal(banned.ticket.len, throttled.ticket.len);
		assert_int_equal(banned.reference.len, throttled.reference.len);
		banned.client = throttled.client;
		banned.ticket = throttled.ticket;
		banned.name = throttled.name;
		banned.reference = throttled.reference;
		banned.sender = throttled.sender;
		banned.subject = throttled.subject;
		assert_memory_equal(&banned, &throttled, sizeof banned);
		world_pass(w, 10000);
	}
	assert_int_equal(entrance_letters(w->entrance), 1); /* hers */
	assert_int_equal(entrance_happened(w->entrance, TRAIL_BANNED), 3);
}

static void who_has_a_code_from_before_is_told_with_the_right_one_only(void **state)
{
	struct world *w = *state;

	world_ask(w, w->g, 1, "eve", EVE);
	ban(w, BAN_ADDRESS, EVE, 0);
	world_auth(w, w->g, 1, w->ticket, "00000000");
	assert_int_equal(world_only(w, w->g, BUS_AUTH_RESET)->u.auth_reset.reason,
			 REASON_WRONG_CODE);
	world_auth(w, w->g, 1, w->ticket, w->code);
	assert_no_entry(w, w->g, REASON_BANNED);
	assert_int_equal(presence_count(w->room->presence), 0);
	assert_int_equal(names_count(w->room->names), 0);
	assert_int_equal(unban(w, BAN_ADDRESS, EVE), ST_OK);
	world_auth(w, w->g, 1, w->ticket, w->code); /* the login is over */
	assert_int_equal(world_only(w, w->g, BUS_AUTH_RESET)->u.auth_reset.reason,
			 REASON_LOGIN_OVER);
}

static void a_network_is_kept_out_of_everything_and_its_gateways_put_it_out(void **state)
{
	struct world *w = *state;
	const struct bus_msg *m;
	struct bus_auth auth = {.client = 2, .address = S("192.0.2.9"), .current = true};

	world_enter(w, w->g, 1, "eve", EVE);
	ban(w, BAN_NETWORK, "192.0.2.0/24", 0);
	for (int i = 0; i < 2; i++) {
		m = world_only(w, i == 0 ? w->g : w->g2, BUS_PUT_OUT);
		assert_true(slice_equal(m->u.put_out.network, S("192.0.2.0/24")));
		assert_int_equal(m->u.put_out.reason, REASON_NETWORK_BANNED);
	}
	assert_true(w->g->has_more); /* it is told even if the broker dies now */
	world_hello(w, w->g, 2, "ann", ANN);
	assert_no_entry(w, w->g, REASON_NETWORK_BANNED);
	entrance_auth(w->entrance, w->g, &auth, w->t);
	assert_no_entry(w, w->g, REASON_NETWORK_BANNED);
	resume_from(w, w->g, 2, w->token, "192.0.2.200");
	assert_reset(w, w->g, REASON_NETWORK_BANNED);
	/* From elsewhere the same person may come. */
	resume_from(w, w->g, 2, w->token, "198.51.100.1");
	world_hear(w, w->g);
	assert_non_null(world_told(w, BUS_ADMITTED));
}

static void bans_end_by_themselves(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "eve", EVE);
	ban(w, BAN_PERSON, "eve", HOUR);
	world_hear(w, w->g);
	world_pass(w, HOUR - 1);
	world_resume(w, w->g, 1, w->token, 0);
	assert_reset(w, w->g, REASON_BANNED);
	world_pass(w, 1);
	assert_resumes(w, w->g, 1, w->token);
	entrance_tick(w->entrance, w->t);
	assert_int_equal(bans_count(w->room->bans), 0);
}

static void assert_muted(struct world *w, struct gateway *g, uint64_t client)
{
	const struct bus_msg *m;

	world_say(w, g, client, "x", "hello");
	m = world_only(w, g, BUS_REFUSED);
	assert_int_equal(m->u.refused.reason, REASON_MUTED);
	assert_true(slice_equal(m->u.refused.id, S("x")));
	assert_true(slice_equal(
		m->u.refused.text,
		S("You are muted for another 1 h: spam. This was not delivered.")));
}

static bool types(struct world *w, struct gateway *g, uint64_t client)
{
	struct bus_types m = {.client = client};

	world_events(w);
	room_types(w->room, g, &m, w->t);
	world_events(w);
	return world_told(w, BUS_TYPING) != NULL;
}

static void who_is_muted_neither_speaks_nor_types_whatever_the_name(void **state)
{
	struct world *w = *state;
	uint64_t newest;

	world_enter(w, w->g, 1, "eve", EVE);
	assert_true(types(w, w->g, 1));
	world_say(w, w->g, 1, "before", "hello");
	assert_non_null(world_only(w, w->g, BUS_ACCEPTED));
	ban(w, BAN_MUTE, "eve", HOUR);
	world_hear(w, w->g);
	assert_int_equal(w->n, 0); /* nothing happens to who says nothing */
	newest = history_newest(w->room->history);
	assert_muted(w, w->g, 1);
	world_pass(w, 5000);
	assert_false(types(w, w->g, 1));
	ban(w, BAN_MUTE, "eve", HOUR);
	world_enter(w, w->g2, 2, "eve2", "Eve+2@e.example");
	assert_muted(w, w->g2, 2);
	assert_int_equal(history_newest(w->room->history), newest + 1); /* she entered */
	/* What was said before is still said, should its answer have been lost. */
	world_say(w, w->g, 1, "before", "hello");
	assert_true(world_only(w, w->g, BUS_ACCEPTED)->u.accepted.again);
	assert_int_equal(bans_hits(w->room->bans, BAN_MUTE), 2);
	world_enter(w, w->g, 3, "ann", ANN);
	world_say(w, w->g, 3, "y", "I may");
	assert_non_null(world_only(w, w->g, BUS_ACCEPTED));
	assert_int_equal(unban(w, BAN_MUTE, "eve2"), ST_OK);
	world_say(w, w->g, 1, "z", "again");
	assert_non_null(world_only(w, w->g, BUS_ACCEPTED));
	assert_true(types(w, w->g, 1));
}

static void what_cannot_be_banned_is_said(void **state)
{
	static char longer[BAN_REASON_MAX + 2];
	struct world *w = *state;

	memset(longer, 'x', sizeof longer - 1);
	world_enter(w, w->g, 1, "eve", EVE);
	assert_int_equal(order(w, BAN_PERSON, "nobody", 0, ""), ST_ABSENT);
	assert_int_equal(order(w, BAN_MUTE, "plumebot", 0, ""), ST_DENIED);
	assert_int_equal(order(w, BAN_NAME, "a b", 0, ""), ST_RANGE);
	assert_int_equal(order(w, BAN_ADDRESS, "a b", 0, ""), ST_RANGE);
	assert_int_equal(order(w, BAN_NETWORK, "0.0.0.0/0", 0, ""), ST_RANGE);
	assert_int_equal(order(w, BAN_NAME, "eve", 0, "two\nlines"), ST_RANGE);
	assert_int_equal(order(w, BAN_NAME, "eve", 0, "\x1b[2J"), ST_RANGE);
	assert_int_equal(order(w, BAN_NAME, "eve", 0, longer), ST_RANGE);
	assert_int_equal(order(w, BAN_NAME, "eve", UINT64_MAX, ""), ST_RANGE);
	assert_int_equal(unban(w, BAN_NAME, "eve"), ST_ABSENT);
	w->room->is_full = true;
	assert_int_equal(order(w, BAN_NAME, "eve", 0, ""), ST_FULL);
	w->room->is_full = false;
	assert_int_equal(bans_count(w->room->bans), 0);
	world_hear(w, w->g);
	assert_null(world_told(w, BUS_DISMISS));
	longer[BAN_REASON_MAX] = '\0';
	assert_int_equal(order(w, BAN_NAME, "eve", 0, longer), ST_OK);
}

static void those_of_the_options_come_and_go_with_them(void **state)
{
	struct config_list list = {1, {"name:eve"}}, none = {0, {NULL}};
	struct world *w = *state;

	world_enter(w, w->g, 1, "eve", EVE);
	w->entrance_options.bans = &list;
	entrance_set_options(w->entrance, &w->entrance_options);
	entrance_enforce_options(w->entrance, w->t);
	assert_dismissed(w, w->g, 1, REASON_NAME_BANNED);
	assert_int_equal(unban(w, BAN_NAME, "eve"), ST_DENIED);
	entrance_set_options(w->entrance, &w->entrance_options);
	assert_int_equal(bans_count(w->room->bans), 1);
	w->entrance_options.bans = &none;
	entrance_set_options(w->entrance, &w->entrance_options);
	assert_resumes(w, w->g, 1, w->token);
	w->entrance_options.bans = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(t5_who_is_banned_is_out_everywhere_and_cannot_resume),
		TEST(who_is_in_the_grace_period_leaves_at_once),
		TEST(others_are_left_alone),
		TEST(the_person_is_the_address_behind_the_name),
		TEST(a_banned_name_is_told_at_hello),
		TEST(s2_a_banned_address_waits_like_one_that_was_just_mailed),
		TEST(who_has_a_code_from_before_is_told_with_the_right_one_only),
		TEST(a_network_is_kept_out_of_everything_and_its_gateways_put_it_out),
		TEST(bans_end_by_themselves),
		TEST(who_is_muted_neither_speaks_nor_types_whatever_the_name),
		TEST(what_cannot_be_banned_is_said),
		TEST(those_of_the_options_come_and_go_with_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
