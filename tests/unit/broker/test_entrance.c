/* Whole journeys: hello, the letter and its news, the code, the session, and all that stands in the way. */
#include "broker/entrance.h"

#include "tests/unit/broker/world.h"

#include <stdio.h>

#define ANN "ann@a.example"
#define EVE "eve@b.example"

static void assert_reset(struct world *w, struct gateway *g, uint64_t client,
			 enum reason reason)
{
	const struct bus_msg *m = world_only(w, g, BUS_AUTH_RESET);

	assert_int_equal(m->u.auth_reset.client, client);
	assert_int_equal(m->u.auth_reset.reason, reason);
}

static void assert_may_not_enter(struct world *w, struct gateway *g, uint64_t client,
				 enum reason reason)
{
	const struct bus_msg *m = world_only(w, g, BUS_MAY_NOT_ENTER);

	assert_int_equal(m->u.may_not_enter.client, client);
	assert_int_equal(m->u.may_not_enter.reason, reason);
}

static const struct bus_admitted *admitted(struct world *w, struct gateway *g)
{
	const struct bus_msg *m;

	world_hear(w, g);
	m = world_told(w, BUS_ADMITTED);
	assert_non_null(m);
	return &m->u.admitted;
}

static const struct bus_waiting *waiting(struct world *w, struct gateway *g)
{
	return &world_only(w, g, BUS_WAITING)->u.waiting;
}

static bool report(struct world *w, uint64_t mailer, uint64_t letter,
		   enum mail_state state)
{
	struct bus_report m = {.mailer = mailer, .letter = letter, .state = state};

	return entrance_report(w->entrance, &m, w->t);
}

static void rejoin(struct world *w, struct gateway *g, uint64_t client,
		   const char *ticket)
{
	struct bus_rejoin m = {.client = client, .ticket = slice_of(ticket)};

	entrance_rejoin(w->entrance, g, &m, w->t);
}

/* Any code but this one. */
static const char *other_than(struct world *w, const char *code)
{
	world_copy(w->code2, sizeof w->code2, slice_of(code));
	w->code2[7] = code[7] == '9' ? '0' : (char)(code[7] + 1);
	return w->code2;
}

static void the_whole_way_from_hello_to_a_session(void **state)
{
	struct world *w = *state;
	struct bus_take take = {.mailer = 3, .sender = S("room@plume.example")};
	struct bus_letter letter;
	const struct bus_waiting *wait;
	const struct bus_admitted *in;
	char ticket[64], token[64], code[16];
	uint64_t id;

	world_hello(w, w->g, 1, "Ann", "Ann@A.Example");
	wait = waiting(w, w->g);
	assert_int_equal(wait->client, 1);
	assert_int_equal(wait->ticket.len, SECRET_TOKEN_LEN);
	assert_true(slice_equal(wait->name, S("Ann")));
	assert_int_equal(wait->expires_ms, 10 * MINUTE);
	assert_int_equal(wait->mail, MAIL_QUEUED);
	assert_int_equal(wait->sender.len, 0);
	world_copy(ticket, sizeof ticket, wait->ticket);

	entrance_hear_mailer(w->entrance, &take, w->t);
	assert_true(entrance_take_letter(w->entrance, &take, w->t, &letter));
	assert_true(slice_equal(letter.email, S("Ann@A.Example"))); /* as typed */
	assert_true(slice_equal(letter.name, S("Ann")));
	assert_true(slice_equal(letter.address, S("192.0.2.0/24")));
	assert_int_equal(letter.code.len, LOGIN_CODE_DIGITS);
	assert_int_equal(letter.reference.len, 7);
	assert_int_equal(letter.expires_ms, 10 * MINUTE);
	assert_int_equal(letter.lease_ms, MAIL_LEASE_MS);
	assert_int_equal(letter.gateway, 7);
	world_copy(code, sizeof code, letter.code);
	id = letter.letter;
	assert_false(entrance_take_letter(w->entrance, &take, w->t, &letter));

	world_pass(w, 1000);
	assert_true(report(w, 3, id, MAIL_TAKEN));
	wait = waiting(w, w->g);
	assert_int_equal(wait->mail, MAIL_TAKEN);
	assert_int_equal(wait->ticket.len, 0); /* it has it */
	assert_int_equal(wait->expires_ms, 10 * MINUTE - 1000);
	assert_true(slice_equal(wait->sender, S("room@plume.example")));
	assert_true(report(w, 3, id, MAIL_SENT));
	assert_int_equal(waiting(w, w->g)->mail, MAIL_SENT);
	assert_int_equal(entrance_letters(w->entrance), 0);

	world_auth(w, w->g, 1, ticket, code);
	world_hear(w, w->g);
	assert_int_equal(w->n, 3);
	assert_int_equal(w->told[0].kind, BUS_ADMITTED);
	in = &w->told[0].u.admitted;
	assert_int_equal(in->client, 1);
	assert_true(slice_equal(in->name, S("Ann")));
	assert_int_equal(in->token.len, SECRET_TOKEN_LEN);
	assert_int_equal(in->after, 0);
	assert_int_equal(in->newest, 0); /* without their own entering */
	assert_false(in->resumed);
	world_copy(token, sizeof token, in->token);
	assert_int_equal(w->told[1].kind, BUS_WHISPER);
	assert_int_equal(w->told[2].kind, BUS_WHISPER);
	assert_true(slice_equal(w->told[1].u.whisper.name, S("plumebot")));
	assert_string_not_equal(token, ticket);

	world_events(w);
	assert_int_equal(w->n, 1);
	assert_int_equal(w->told[0].u.post.event, POST_ENTERED);
	assert_int_equal(entrance_logins(w->entrance), 0);
	assert_int_equal(entrance_sessions(w->entrance), 1);

	/* The code was good once. */
	world_auth(w, w->g, 2, ticket, code);
	assert_reset(w, w->g, 2, REASON_LOGIN_OVER);

	/* The session is good anywhere, silently. */
	world_resume(w, w->g2, 9, token, 1);
	world_hear(w, w->g2);
	assert_int_equal(w->n, 1);
	in = &w->told[0].u.admitted;
	assert_int_equal(in->token.len, 0);
	assert_true(in->resumed);
	assert_int_equal(in->after, 1);
	world_events(w);
	assert_int_equal(w->n, 0);
}

static void a_hello_that_is_not_good_is_refused_before_any_mail(void **state)
{
	static const struct {
		const char *name, *email;
		enum reason reason;
	} cases[] = {
		{"", ANN, REASON_BAD_NAME},
		{"an n", ANN, REASON_BAD_NAME},
		{".ann", ANN, REASON_BAD_NAME},
		{"\u202e"
		 "nna",
		 ANN, REASON_BAD_NAME},
		{"ann", "", REASON_BAD_ADDRESS},
		{"ann", "ann", REASON_BAD_ADDRESS},
		{"ann", "a@b\r\nRCPT TO:<x>", REASON_BAD_ADDRESS},
		{"ann", "ann@[127.0.0.1]", REASON_BAD_ADDRESS},
		{"", "", REASON_BAD_NAME},
		{"plumebot", ANN, REASON_NAME_TAKEN},
		{"Adrnin", ANN, REASON_NAME_TAKEN},
	};
	struct world *w = *state;

	for (size_t i = 0; i < NELEMS(cases); i++) {
		world_hello(w, w->g, 1, cases[i].name, cases[i].email);
		assert_may_not_enter(w, w->g, 1, cases[i].reason);
	}
	assert_false(world_mail(w));
	assert_int_equal(entrance_logins(w->entrance), 0);
}

static void a_name_that_belongs_to_somebody_else_is_refused_at_hello(void **state)
{
	static const char *const tries[] = {"linus", "LINUS", "Iinus", "1inus",
					    "l\u0131nus"};
	struct world *w = *state;

	world_enter(w, w->g, 1, "linus", ANN);
	for (size_t i = 0; i < NELEMS(tries); i++) {
		world_hello(w, w->g2, 1, tries[i], EVE);
		assert_may_not_enter(w, w->g2, 1, REASON_NAME_TAKEN);
	}
	assert_false(world_mail(w));
	/* Its owner may, under any spelling, and is called what it was. */
	world_enter(w, w->g2, 1, "LINUS", "ann@A.EXAMPLE");
	assert_true(
		slice_equal(world_told(w, BUS_ADMITTED)->u.admitted.name, S("linus")));
	/* Local parts are compared as they are: this is another mailbox. */
	world_hello(w, w->g2, 2, "linus", "Ann@a.example");
	assert_may_not_enter(w, w->g2, 2, REASON_NAME_TAKEN);
}

static void of_two_logins_for_one_free_name_the_first_code_wins(void **state)
{
	struct world *w = *state;
	char ann_ticket[64], ann_code[16];

	world_ask(w, w->g, 1, "sam", ANN);
	memcpy(ann_ticket, w->ticket, sizeof ann_ticket);
	memcpy(ann_code, w->code, sizeof ann_code);
	world_ask(w, w->g2, 1, "Sam", EVE);
	world_auth(w, w->g2, 1, w->ticket, w->code);
	admitted(w, w->g2);
	world_auth(w, w->g, 1, ann_ticket, ann_code);
	assert_may_not_enter(w, w->g, 1, REASON_NAME_TAKEN);
	/* That login is over: the code is not good for a second look. */
	world_auth(w, w->g, 1, ann_ticket, ann_code);
	assert_reset(w, w->g, 1, REASON_LOGIN_OVER);
	assert_int_equal(names_count(w->room->names), 1);
	assert_int_equal(entrance_logins(w->entrance), 0);
}

static void two_logins_of_one_owner_are_one_person(void **state)
{
	struct world *w = *state;
	char ticket[64], code[16];

	world_ask(w, w->g, 1, "ann", ANN);
	memcpy(ticket, w->ticket, sizeof ticket);
	memcpy(code, w->code, sizeof code);
	world_enter(w, w->g, 2, "ann", ANN);
	world_auth(w, w->g, 1, ticket, code);
	admitted(w, w->g);
	assert_int_equal(names_count(w->room->names), 1);
	assert_int_equal(entrance_sessions(w->entrance), 2);
	assert_int_equal(presence_count(w->room->presence), 1);
	world_events(w);
	assert_int_equal(w->n, 1);
}

static void after_five_wrong_codes_the_right_one_is_wrong(void **state)
{
	struct world *w = *state;

	world_ask(w, w->g, 1, "ann", ANN);
	for (int i = 0; i < 5; i++) {
		world_auth(w, w->g, 1, w->ticket, other_than(w, w->code));
		assert_reset(w, w->g, 1, REASON_WRONG_CODE);
	}
	for (int i = 0; i < 3; i++) { /* and looks the same: SECURITY C5 */
		world_auth(w, w->g, 1, w->ticket, w->code);
		assert_reset(w, w->g, 1, REASON_WRONG_CODE);
		world_auth(w, w->g2, 5, w->ticket, w->code);
		assert_reset(w, w->g2, 5, REASON_WRONG_CODE);
	}
	assert_int_equal(entrance_sessions(w->entrance), 0);
	assert_int_equal(names_count(w->room->names), 0);
}

static void what_is_no_code_at_all_counts_as_a_try(void **state)
{
	static const char *const nonsense[] = {"", "none", "1234", "abcdefgh", "\u0661"};
	struct world *w = *state;

	world_ask(w, w->g, 1, "ann", ANN);
	for (size_t i = 0; i < NELEMS(nonsense); i++) {
		world_auth(w, w->g, 1, w->ticket, nonsense[i]);
		assert_reset(w, w->g, 1, REASON_WRONG_CODE);
	}
	world_auth(w, w->g, 1, w->ticket, w->code);
	assert_reset(w, w->g, 1, REASON_WRONG_CODE);
}

static void a_code_works_as_people_write_it(void **state)
{
	struct world *w = *state;
	char typed[32];

	world_ask(w, w->g, 1, "ann", ANN);
	assert_true(fmt(typed, sizeof typed, " %.4s - %s ", w->code, w->code + 4));
	world_auth(w, w->g, 1, w->ticket, typed);
	admitted(w, w->g);
}

static void a_code_is_good_with_its_own_ticket_only(void **state)
{
	struct world *w = *state;
	char ticket[64], code[16];

	world_ask(w, w->g, 1, "ann", ANN);
	memcpy(ticket, w->ticket, sizeof ticket);
	memcpy(code, w->code, sizeof code);
	world_ask(w, w->g2, 1, "eve", EVE);
	for (int i = 0; i < 5; i++) { /* counts against eve's ticket alone */
		world_auth(w, w->g2, 1, w->ticket, code);
		assert_reset(w, w->g2, 1, REASON_WRONG_CODE);
	}
	world_auth(w, w->g2, 1, w->ticket, w->code);
	assert_reset(w, w->g2, 1, REASON_WRONG_CODE);
	world_auth(w, w->g2, 3, "", code);
	assert_reset(w, w->g2, 3, REASON_LOGIN_OVER);
	world_auth(w, w->g2, 3, "no-such-ticket", code);
	assert_reset(w, w->g2, 3, REASON_LOGIN_OVER);
	world_auth(w, w->g, 1, ticket, code);
	admitted(w, w->g);
}

static void a_code_ends_with_its_time(void **state)
{
	struct world *w = *state;

	world_ask(w, w->g, 1, "ann", ANN);
	world_pass(w, 10 * MINUTE - 1);
	w->t.wall_ms += 10ull * HOUR; /* the wall clock neither ends it nor prolongs it */
	world_tick_heard(w);
	assert_int_equal(entrance_logins(w->entrance), 1);
	w->t.wall_ms -= 20ull * HOUR;
	world_pass(w, 1);
	world_hear(w, w->g); /* that no mailer is running */
	world_auth(w, w->g, 1, w->ticket, w->code);
	assert_reset(w, w->g, 1, REASON_LOGIN_OVER);
	assert_int_equal(entrance_letters(w->entrance), 1);
	world_tick_heard(w);
	assert_int_equal(entrance_logins(w->entrance), 0);
	assert_int_equal(entrance_letters(w->entrance), 0);
}

static void a_second_hello_keeps_the_ticket_and_the_count_of_tries(void **state)
{
	struct world *w = *state;
	char first[16];
	uint64_t letter;

	world_ask(w, w->g, 1, "ann", ANN);
	letter = w->letter;
	memcpy(first, w->code, sizeof first);
	for (int i = 0; i < 3; i++)
		world_auth(w, w->g, 1, w->ticket, other_than(w, w->code));
	world_hear(w, w->g);
	world_hello(w, w->g, 1, "ann", ANN);
	assert_int_equal(waiting(w, w->g)->ticket.len, 0);
	assert_int_equal(entrance_letters(w->entrance), 1);
	assert_false(report(w, 1, letter, MAIL_SENT)); /* withdrawn */
	assert_true(world_mail(w));
	world_auth(w, w->g, 1, w->ticket,
		   first); /* fourth try: an old code is a wrong one */
	assert_reset(w, w->g, 1, REASON_WRONG_CODE);
	world_auth(w, w->g, 1, w->ticket, other_than(w, w->code)); /* fifth */
	assert_reset(w, w->g, 1, REASON_WRONG_CODE);
	world_auth(w, w->g, 1, w->ticket, w->code);
	assert_reset(w, w->g, 1, REASON_WRONG_CODE);
}

static void a_hello_of_another_name_or_address_is_another_login(void **state)
{
	static const struct {
		const char *name, *email;
	} changes[] = {{"anna", ANN}, {"ANN", ANN}, {"ann", EVE}};
	struct world *w = *state;

	for (size_t i = 0; i < NELEMS(changes); i++) {
		char ticket[64], code[16];

		world_ask(w, w->g, 1, "ann", ANN);
		memcpy(ticket, w->ticket, sizeof ticket);
		memcpy(code, w->code, sizeof code);
		world_ask(w, w->g, 1, changes[i].name, changes[i].email);
		assert_string_not_equal(ticket, w->ticket);
		world_auth(w, w->g, 1, ticket, code);
		assert_reset(w, w->g, 1, REASON_LOGIN_OVER);
		assert_int_equal(entrance_logins(w->entrance), 1);
		assert_int_equal(entrance_letters(w->entrance), 1);
	}
}

static void restart_with(struct world *w, uint64_t per_address, uint64_t per_network,
			 uint64_t interval_ms)
{
	world_end(w);
	w->entrance_options.mails = (struct mail_limits){.per_address_hour = per_address,
							 .per_network_hour = per_network,
							 .interval_ms = interval_ms,
							 .reserve_hour = 3};
	world_begin(w);
	world_add_gateways(w);
}

static void throttled_people_wait_and_are_told_how_long(void **state)
{
	struct world *w = *state;
	const struct bus_waiting *wait;

	restart_with(w, 5, 0, MINUTE);
	world_hello(w, w->g, 1, "ann", ANN);
	assert_int_equal(waiting(w, w->g)->resend_ms, MINUTE);
	assert_true(world_mail(w));
	assert_true(entrance_report(w->entrance,
				    &(struct bus_report){.mailer = 1,
							 .letter = w->letter,
							 .state = MAIL_TAKEN},
				    w->t));
	assert_int_equal(waiting(w, w->g)->mail, MAIL_TAKEN);
	world_pass(w, 20000);
	/* The same connection, and another one; the address in another spelling. */
	world_hello(w, w->g, 1, "ann", ANN);
	wait = waiting(w, w->g);
	assert_int_equal(wait->resend_ms, 40000);
	assert_int_equal(wait->mail, MAIL_TAKEN); /* the first letter still stands */
	assert_int_equal(wait->expires_ms,
			 10 * MINUTE - 20000); /* and is not prolonged */
	world_hello(w, w->g2, 1, "bob", "ANN+tag@A.example");
	wait = waiting(w, w->g2);
	assert_int_equal(wait->resend_ms, 40000);
	assert_int_equal(wait->mail, MAIL_WITHHELD);
	assert_int_equal(wait->ticket.len, SECRET_TOKEN_LEN);
	assert_false(world_mail(w));
	world_pass(w, 40000);
	world_hello(w, w->g2, 1, "bob", "ANN+tag@A.example");
	wait = waiting(w, w->g2);
	assert_int_equal(wait->mail, MAIL_QUEUED);
	assert_int_equal(wait->resend_ms, MINUTE);
	assert_true(world_mail(w));
}

static void throttled_answers_do_not_tell_whether_an_address_is_known(void **state)
{
	struct world *w = *state;
	struct bus_waiting known, unknown;

	restart_with(w, 0, 1, 0); /* one mail an hour for the network */
	world_enter(w, w->g, 1, "ann", ANN);
	world_hello(w, w->g, 2, "ann", ANN);
	known = *waiting(w, w->g);
	world_hello(w, w->g, 3, "new", "nobody@c.example");
	unknown = *waiting(w, w->g);
	assert_int_equal(known.resend_ms, HOUR);
	assert_int_equal(unknown.resend_ms, known.resend_ms);
	assert_int_equal(unknown.expires_ms, known.expires_ms);
	assert_int_equal(unknown.mail, known.mail);
	assert_int_equal(known.mail, MAIL_WITHHELD);
}

static void a_login_without_a_letter_has_no_right_code(void **state)
{
	struct world *w = *state;
	char ticket[64];

	restart_with(w, 0, 0, MINUTE);
	world_hello(w, w->g, 1, "ann", ANN);
	world_hear(w, w->g);
	world_hello(w, w->g, 2, "ann", ANN);
	world_copy(ticket, sizeof ticket, waiting(w, w->g)->ticket);
	assert_true(world_mail(w)); /* of the first login */
	world_auth(w, w->g, 2, ticket, w->code);
	assert_reset(w, w->g, 2, REASON_WRONG_CODE);
	world_auth(w, w->g, 2, ticket, "00000000");
	assert_reset(w, w->g, 2, REASON_WRONG_CODE);
}

static void a_network_has_a_budget_of_its_own(void **state)
{
	struct world *w = *state;
	struct bus_hello m = {.client = 100,
			      .name = S("zed"),
			      .email = S("zed@z.example"),
			      .address = S("2001:db8::1")};

	restart_with(w, 0, 3, 0);
	for (uint64_t i = 1; i <= 3; i++) {
		char name[16], email[32];

		assert_true(fmt(name, sizeof name, "user%u", (unsigned)i));
		assert_true(fmt(email, sizeof email, "%s@a.example", name));
		world_hello(w, w->g, i, name, email);
		assert_int_equal(waiting(w, w->g)->mail, MAIL_QUEUED);
	}
	world_hello(w, w->g2, 9, "other",
		    "other@a.example"); /* gateways do not multiply it */
	assert_int_equal(waiting(w, w->g2)->mail, MAIL_WITHHELD);
	for (int i = 0; i < 4; i++) { /* a /64 is one network; no address is one, too */
		m.address = i % 2 == 0 ? S("2001:db8::1") : S("2001:db8::ffff:1");
		m.client++;
		entrance_hello(w->entrance, w->g, &m, w->t);
		assert_int_equal(waiting(w, w->g)->mail,
				 i < 3 ? MAIL_QUEUED : MAIL_WITHHELD);
	}
	for (int i = 0; i < 4; i++) {
		m.address = i % 2 == 0 ? S("") : S("not an address");
		m.client++;
		entrance_hello(w->entrance, w->g, &m, w->t);
		assert_int_equal(waiting(w, w->g)->mail,
				 i < 3 ? MAIL_QUEUED : MAIL_WITHHELD);
	}
}

static void a_refused_hello_costs_no_budget(void **state)
{
	struct world *w = *state;

	restart_with(w, 1, 1, MINUTE);
	for (int i = 0; i < 10; i++) {
		world_hello(w, w->g, 1, "root", ANN);
		assert_may_not_enter(w, w->g, 1, REASON_NAME_TAKEN);
	}
	world_hello(w, w->g, 1, "ann", ANN);
	assert_int_equal(waiting(w, w->g)->mail, MAIL_QUEUED);
}

static void legacy_clients_get_nothing_of_the_past(void **state)
{
	struct world *w = *state;
	struct bus_auth m = {.client = 9, .epoch = 99, .after = 3};

	world_enter(w, w->g, 1, "ann", ANN);
	for (int i = 0; i < 20; i++)
		world_say(w, w->g, 1, "", "line");
	world_ask(w, w->g2, 9, "eve", EVE);
	m.ticket = slice_of(w->ticket);
	m.code = slice_of(w->code);
	entrance_auth(w->entrance, w->g2, &m, w->t);
	assert_int_equal(admitted(w, w->g2)->after, 21);
}

static void current_clients_get_what_they_missed_or_a_newcomers_share(void **state)
{
	static const struct {
		uint64_t epoch, after, expected;
	} cases[] = {{0, 0, 16}, {99, 3, 3}, {98, 3, 16}, {99, 21, 21}, {99, 1000, 17}};
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	for (int i = 0; i < 20; i++)
		world_say(w, w->g, 1, "", "line");
	world_ask(w, w->g2, 9, "eve", EVE); /* 21 posts; a newcomer is sent 5 */
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct bus_auth m = {.client = 9,
				     .current = true,
				     .epoch = cases[i].epoch,
				     .after = cases[i].after,
				     .ticket = slice_of(w->ticket),
				     .code = slice_of(w->code)};
		uint64_t newest = history_newest(w->room->history);
		uint64_t expected = cases[i].expected;

		/* Eve's own coming, at the first time, is one post more. */
		if (expected == 16)
			expected = newest - 5;
		if (expected == 17)
			expected = newest - 5;
		entrance_auth(w->entrance, w->g2, &m, w->t);
		assert_int_equal(admitted(w, w->g2)->after, expected);
		world_ask(w, w->g2, 9, "eve", EVE);
	}
}

static void a_session_needs_its_own_token(void **state)
{
	struct world *w = *state;
	char token[64];

	world_enter(w, w->g, 1, "ann", ANN);
	memcpy(token, w->token, sizeof token);
	world_resume(w, w->g2, 1, "", 0);
	assert_reset(w, w->g2, 1, REASON_SESSION_OVER);
	world_resume(w, w->g2, 1, w->ticket, 0); /* a ticket is no token */
	assert_reset(w, w->g2, 1, REASON_SESSION_OVER);
	token[0] = token[0] == 'A' ? 'B' : 'A';
	world_resume(w, w->g2, 1, token, 0);
	assert_reset(w, w->g2, 1, REASON_SESSION_OVER);
	token[0] = '\0';
	rejoin(w, w->g2, 1, w->token); /* and a token is no ticket */
	assert_reset(w, w->g2, 1, REASON_LOGIN_OVER);
	world_resume(w, w->g2, 1, w->token, 0);
	admitted(w, w->g2);
}

static void a_session_unused_for_its_ttl_is_over(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	entrance_gone(w->entrance, w->g, 1, w->t);
	world_pass(w, 30ull * DAY - 1);
	world_resume(w, w->g, 2, w->token, 0);
	admitted(w, w->g);
	entrance_gone(w->entrance, w->g, 2, w->t);
	world_pass(w, 30ull * DAY);
	world_resume(w, w->g, 3, w->token, 0);
	assert_reset(w, w->g, 3, REASON_SESSION_OVER);
	world_tick(w);
	assert_int_equal(entrance_sessions(w->entrance), 0);
}

static void a_waiting_login_can_be_rejoined_from_anywhere(void **state)
{
	struct world *w = *state;
	const struct bus_waiting *wait;

	world_ask(w, w->g, 1, "ann", ANN);
	entrance_gone(w->entrance, w->g, 1, w->t);
	assert_true(report(w, 1, w->letter, MAIL_DEFERRED)); /* nobody hears of it */
	world_hear(w, w->g);
	assert_int_equal(w->n, 0);
	world_pass(w, 5000);
	rejoin(w, w->g2, 4, w->ticket);
	wait = waiting(w, w->g2);
	assert_int_equal(wait->client, 4);
	assert_int_equal(wait->mail, MAIL_DEFERRED);
	assert_int_equal(wait->expires_ms, 10 * MINUTE - 5000);
	assert_true(report(w, 1, w->letter, MAIL_SENT));
	assert_int_equal(waiting(w, w->g2)->mail, MAIL_SENT);
	world_auth(w, w->g2, 4, w->ticket, w->code);
	admitted(w, w->g2);
	rejoin(w, w->g2, 5, w->ticket);
	assert_reset(w, w->g2, 5, REASON_LOGIN_OVER);
}

static void news_of_a_letter_reach_who_waits(void **state)
{
	static const enum mail_state news[] = {MAIL_TAKEN, MAIL_DEFERRED, MAIL_TAKEN,
					       MAIL_DEFERRED, MAIL_REFUSED};
	struct world *w = *state;

	world_ask(w, w->g, 1, "ann", ANN);
	for (size_t i = 0; i < NELEMS(news); i++) {
		assert_true(report(w, 1, w->letter, news[i]));
		assert_int_equal(waiting(w, w->g)->mail, news[i]);
		/* Said again, to keep the lease, it is none. */
		assert_int_equal(report(w, 1, w->letter, news[i]),
				 news[i] != MAIL_REFUSED);
		world_hear(w, w->g);
		assert_int_equal(w->n, 0);
	}
	assert_false(report(w, 1, w->letter, MAIL_SENT)); /* it is over */
	world_hear(w, w->g);
	assert_int_equal(w->n, 0);
	/* A mail that bounced late may still have come: the code is good. */
	world_auth(w, w->g, 1, w->ticket, w->code);
	admitted(w, w->g);
}

static void reports_of_strangers_change_nothing(void **state)
{
	struct world *w = *state;

	world_ask(w, w->g, 1, "ann", ANN);
	assert_false(report(w, 2, w->letter, MAIL_SENT));
	assert_false(report(w, 1, w->letter + 1, MAIL_SENT));
	assert_false(report(w, 1, w->letter, MAIL_WITHHELD));
	world_hear(w, w->g);
	assert_int_equal(w->n, 0);
	assert_int_equal(entrance_letters(w->entrance), 1);
}

static void a_letter_is_not_sent_after_its_code_was_used(void **state)
{
	struct world *w = *state;
	struct bus_take take = {.mailer = 2, .sender = S("x@y.example")};
	struct bus_letter letter;

	world_enter(w, w->g, 1, "ann", ANN); /* mailer 1 never reported */
	assert_int_equal(entrance_letters(w->entrance), 0);
	world_pass(w, 2 * MAIL_LEASE_MS);
	assert_false(entrance_take_letter(w->entrance, &take, w->t, &letter));
	assert_false(report(w, 1, w->letter, MAIL_SENT));
}

static void a_full_desk_withholds_the_letter(void **state)
{
	struct world *w = *state;

	for (uint64_t i = 1; i <= MAIL_DESK_MAX; i++) {
		struct letter l = {.id = i};

		entrance_load_letter(w->entrance, &l, UINT64_MAX, w->t);
	}
	world_hello(w, w->g, 1, "ann", ANN);
	assert_int_equal(waiting(w, w->g)->mail, MAIL_WITHHELD);
	assert_int_equal(entrance_letters(w->entrance), MAIL_DESK_MAX);
}

static void a_connection_that_ends_leaves_the_room(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	entrance_gone(w->entrance, w->g, 1, w->t);
	entrance_gone(w->entrance, w->g, 1, w->t); /* twice is nothing */
	entrance_gone(w->entrance, w->g, 77, w->t);
	assert_int_equal(gateway_clients(w->g), 0);
	world_events(w);
	world_pass(w, 30000);
	room_gateway_heard(w->room, w->g, w->t);
	world_tick(w);
	world_events(w);
	assert_int_equal(w->n, 1);
	assert_int_equal(w->told[0].u.post.event, POST_LEFT);
}

static void an_unused_name_is_free_after_its_lease(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	entrance_gone(w->entrance, w->g, 1, w->t);
	world_pass(w, 30000);
	world_tick_heard(w); /* ann left */
	world_pass(w, 180ull * DAY - 1);
	world_tick_heard(w);
	world_hello(w, w->g, 2, "ann", EVE);
	assert_may_not_enter(w, w->g, 2, REASON_NAME_TAKEN);
	world_pass(w, 1);
	world_tick_heard(w);
	assert_int_equal(names_count(w->room->names), 0);
	world_enter(w, w->g, 3, "ann", EVE);
}

static void the_name_of_who_is_here_is_never_free(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", ANN);
	for (int i = 0; i < 30; i++) { /* in one sitting */
		world_pass(w, 20ull * DAY);
		entrance_used(w->entrance, w->g, 1, w->t);
		world_tick_heard(w);
	}
	world_hear(w, w->g);
	world_hello(w, w->g2, 2, "ann", EVE);
	assert_may_not_enter(w, w->g2, 2, REASON_NAME_TAKEN);
}

static void the_session_of_a_released_name_is_over(void **state)
{
	struct world *w = *state;
	char token[64];

	world_end(w);
	w->entrance_options.session_ttl_ms = 0; /* for ever */
	w->entrance_options.name_lease_ms = DAY;
	world_begin(w);
	world_add_gateways(w);
	world_enter(w, w->g, 1, "ann", ANN);
	memcpy(token, w->token, sizeof token);
	entrance_gone(w->entrance, w->g, 1, w->t);
	world_pass(w, 30000);
	world_tick_heard(w);
	world_pass(w, DAY);
	world_tick_heard(w);
	assert_int_equal(names_count(w->room->names), 0);
	world_enter(w, w->g, 2, "eve", EVE);
	world_resume(w, w->g, 3, token, 0);
	assert_reset(w, w->g, 3, REASON_SESSION_OVER);
}

static void an_address_holds_ten_names(void **state)
{
	struct world *w = *state;

	for (uint64_t i = 0; i < NAMES_PER_OWNER_MAX; i++) {
		char name[16];

		assert_true(fmt(name, sizeof name, "ann-%c", (char)('a' + i)));
		world_enter(w, w->g, i + 1, name, ANN);
	}
	world_hello(w, w->g2, 1, "ann-z", ANN);
	assert_may_not_enter(w, w->g2, 1, REASON_TOO_MANY_NAMES);
	world_enter(w, w->g2, 1, "ann-a", ANN);
	world_enter(w, w->g2, 2, "ann-z", EVE);
}

static void codes_without_an_end_are_told_as_such(void **state)
{
	struct world *w = *state;

	world_end(w);
	w->entrance_options.code_ttl_ms = 0;
	world_begin(w);
	world_add_gateways(w);
	world_hello(w, w->g, 1, "ann", ANN);
	assert_int_equal(waiting(w, w->g)->expires_ms, 0);
	assert_true(world_mail(w));
	world_pass(w, 1000ull * DAY);
	entrance_tick(w->entrance, w->t);
	assert_int_equal(entrance_logins(w->entrance), 1);
}

/* SECURITY C2 and C8, as far as one process goes: every submission is one step. */
static void of_many_right_codes_one_succeeds(void **state)
{
	struct world *w = *state;
	size_t in = 0, over = 0;

	world_ask(w, w->g, 1, "ann", ANN);
	for (uint64_t i = 0; i < 100; i++)
		world_auth(w, i % 2 == 0 ? w->g : w->g2, 10 + i, w->ticket, w->code);
	for (int i = 0; i < 2; i++) {
		world_hear(w, i == 0 ? w->g : w->g2);
		for (size_t k = 0; k < w->n; k++) {
			in += w->told[k].kind == BUS_ADMITTED;
			over += w->told[k].kind == BUS_AUTH_RESET;
		}
	}
	assert_int_equal(in, 1);
	assert_int_equal(over, 99);
}

static enum bus_kind answer_to_resume(struct world *w, struct gateway *g, uint64_t client)
{
	world_resume(w, g, client, w->token, 0);
	world_hear(w, g);
	if (w->told[0].kind == BUS_REFUSED)
		assert_int_equal(w->told[0].u.refused.reason, REASON_ROOM_FULL);
	return w->told[0].kind;
}

static void a_person_has_500_connections_at_most(void **state)
{
	struct world *w = *state;

	world_enter(w, w->g, 1, "ann", "ann@a.example");
	for (uint64_t i = 2; i <= PERSON_CLIENTS_MAX; i++)
		assert_int_equal(answer_to_resume(w, i % 2 ? w->g : w->g2, i),
				 BUS_ADMITTED);
	assert_int_equal(answer_to_resume(w, w->g2, 1000), BUS_REFUSED);
	assert_int_equal(presence_clients(w->room->presence), PERSON_CLIENTS_MAX);
	entrance_gone(w->entrance, w->g, 1, w->t);
	assert_int_equal(answer_to_resume(w, w->g2, 1000), BUS_ADMITTED);
	assert_int_equal(answer_to_resume(w, w->g2, 1001), BUS_REFUSED);
}

static void all_people_together_have_as_many_connections_as_the_option_says(void **state)
{
	struct world *w = *state;

	w->room->options.clients = 3;
	world_enter(w, w->g, 1, "ann", "ann@a.example");
	world_enter(w, w->g2, 1, "bob", "bob@b.example");
	assert_int_equal(answer_to_resume(w, w->g, 2), BUS_ADMITTED);
	assert_int_equal(answer_to_resume(w, w->g, 3), BUS_REFUSED);
	assert_int_equal(gateways_clients(w->room->gateways), 3);
	/* Those of a gateway that is silent come back over others. */
	world_pass(w, 20000);
	room_gateway_heard(w->room, w->g, w->t);
	room_tick(w->room, w->t);
	assert_true(w->g2->is_silent);
	assert_int_equal(answer_to_resume(w, w->g, 3), BUS_ADMITTED);
	assert_int_equal(answer_to_resume(w, w->g, 4), BUS_REFUSED);
	room_gateway_gone(w->room, w->g2, w->t);
	assert_int_equal(answer_to_resume(w, w->g, 4), BUS_REFUSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_whole_way_from_hello_to_a_session),
		TEST(a_hello_that_is_not_good_is_refused_before_any_mail),
		TEST(a_name_that_belongs_to_somebody_else_is_refused_at_hello),
		TEST(of_two_logins_for_one_free_name_the_first_code_wins),
		TEST(two_logins_of_one_owner_are_one_person),
		TEST(after_five_wrong_codes_the_right_one_is_wrong),
		TEST(what_is_no_code_at_all_counts_as_a_try),
		TEST(a_code_works_as_people_write_it),
		TEST(a_code_is_good_with_its_own_ticket_only),
		TEST(a_code_ends_with_its_time),
		TEST(a_second_hello_keeps_the_ticket_and_the_count_of_tries),
		TEST(a_hello_of_another_name_or_address_is_another_login),
		TEST(throttled_people_wait_and_are_told_how_long),
		TEST(throttled_answers_do_not_tell_whether_an_address_is_known),
		TEST(a_login_without_a_letter_has_no_right_code),
		TEST(a_network_has_a_budget_of_its_own),
		TEST(a_refused_hello_costs_no_budget),
		TEST(legacy_clients_get_nothing_of_the_past),
		TEST(current_clients_get_what_they_missed_or_a_newcomers_share),
		TEST(a_session_needs_its_own_token),
		TEST(a_session_unused_for_its_ttl_is_over),
		TEST(a_waiting_login_can_be_rejoined_from_anywhere),
		TEST(news_of_a_letter_reach_who_waits),
		TEST(reports_of_strangers_change_nothing),
		TEST(a_letter_is_not_sent_after_its_code_was_used),
		TEST(a_full_desk_withholds_the_letter),
		TEST(a_connection_that_ends_leaves_the_room),
		TEST(an_unused_name_is_free_after_its_lease),
		TEST(the_name_of_who_is_here_is_never_free),
		TEST(the_session_of_a_released_name_is_over),
		TEST(an_address_holds_ten_names),
		TEST(a_person_has_500_connections_at_most),
		TEST(all_people_together_have_as_many_connections_as_the_option_says),
		TEST(codes_without_an_end_are_told_as_such),
		TEST(of_many_right_codes_one_succeeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
