/* The entrance against those who guess codes, burn budgets and ask who is known here: SECURITY C and S,
 * each test with the number of its statement. */
#include "broker/entrance.h"
#include "broker/mailers.h"

#include "tests/unit/broker/world.h"

#include <stdio.h>

#define ANN "ann@a.example"
#define EVE "eve@b.example"

static void begin_again(struct world *w)
{
	world_end(w);
	world_begin(w);
	world_add_gateways(w);
}

static void auth(struct world *w, uint64_t client, const char *ticket, const char *code,
		 struct bus_msg *out)
{
	world_auth(w, w->g, client, ticket, code);
	world_hear(w, w->g);
	assert_true(w->n > 0);
	*out = w->told[0];
}

static void assert_wrong(struct world *w, uint64_t client, const char *ticket,
			 const char *code)
{
	struct bus_msg m;

	auth(w, client, ticket, code, &m);
	assert_int_equal(w->n, 1);
	assert_int_equal(m.kind, BUS_AUTH_RESET);
	assert_int_equal(m.u.auth_reset.reason, REASON_WRONG_CODE);
}

static const struct bus_admitted *assert_in(struct world *w, uint64_t client,
					    const char *ticket, const char *code)
{
	struct bus_msg m;

	auth(w, client, ticket, code, &m);
	assert_int_equal(m.kind, BUS_ADMITTED);
	return &w->told[0].u.admitted;
}

/* Asks for a code with this proof; mail is what became of it. */
static const struct bus_waiting *ask(struct world *w, uint64_t client, const char *name,
				     const char *email, const char *proof)
{
	struct bus_hello m = {.client = client,
			      .name = slice_of(name),
			      .email = slice_of(email),
			      .address = S("192.0.2.7"),
			      .proof = slice_of(proof)};
	const struct bus_msg *told;

	entrance_hello(w->entrance, w->g, &m, w->t);
	told = world_only(w, w->g, BUS_WAITING);
	if (told->u.waiting.ticket.len > 0)
		world_copy(w->ticket, sizeof w->ticket, told->u.waiting.ticket);
	return &told->u.waiting;
}

/* The oldest letter is sent; false: there is none. */
static bool mailed(struct world *w)
{
	struct bus_report m = {.state = MAIL_SENT};

	if (!world_mail(w))
		return false;
	m.mailer = w->mailer;
	m.letter = w->letter;
	assert_true(entrance_report(w->entrance, &m, w->t));
	world_hear(w, w->g);
	return true;
}

static const char *wrong(struct world *w, uint32_t n)
{
	world_copy(w->code2, sizeof w->code2, slice_of(w->code));
	for (size_t i = 7; n > 0; i--, n /= 10)
		w->code2[i] = (char)('0' + ((uint32_t)(w->code[i] - '0') + n % 10) % 10);
	return w->code2;
}

/* Rows of this kind in the story of a reference; times are summed up. */
struct counted {
	uint64_t kind, times;
	char detail[TRAIL_DETAIL_SIZE], email[ADDRESS_SIZE], network[NETWORK_SIZE];
	bool has_code;
	const char *code;
};

static void count_row(void *ctx, const struct trail_row *row)
{
	struct counted *c = ctx;

	c->has_code = c->has_code ||
		      (c->code[0] != '\0' && strstr(row->detail, c->code) != NULL);
	if (row->kind != c->kind)
		return;
	c->times += row->times;
	assert_true(fmt(c->detail, sizeof c->detail, "%s", row->detail) &&
		    fmt(c->email, sizeof c->email, "%s", row->email) &&
		    fmt(c->network, sizeof c->network, "%s", row->network));
}

static struct counted counted(struct world *w, const char *reference,
			      enum trail_kind kind)
{
	struct counted c = {.kind = kind, .code = w->code};

	(void)entrance_story(w->entrance, slice_of(reference), count_row, &c);
	assert_false(c.has_code);
	return c;
}

static void c4_a_code_opens_its_own_ticket_and_counts_against_the_other(void **state)
{
	struct world *w = *state;
	char ticket[64], code[16];

	world_ask(w, w->g, 1, "ann", ANN);
	memcpy(ticket, w->ticket, sizeof ticket);
	memcpy(code, w->code, sizeof code);
	world_ask(w, w->g, 2, "eve", EVE);
	for (int i = 0; i < 5; i++)
		assert_wrong(w, 2, w->ticket, code);
	assert_wrong(w, 2, w->ticket, w->code); /* eve's is dead */
	assert_in(w, 1, ticket, code);          /* ann's is not touched */
}

static void c5_a_dead_login_answers_as_any_wrong_code(void **state)
{
	struct world *w = *state;
	struct bus_msg first, last;

	world_ask(w, w->g, 1, "ann", ANN);
	auth(w, 1, w->ticket, wrong(w, 1), &first);
	for (uint32_t i = 2; i <= 5; i++)
		assert_wrong(w, 1, w->ticket, wrong(w, i));
	auth(w, 1, w->ticket, w->code, &last);
	assert_int_equal(w->n, 1);
	assert_memory_equal(&first.u.auth_reset, &last.u.auth_reset,
			    sizeof first.u.auth_reset);
	assert_int_equal(entrance_sessions(w->entrance), 0);
}

static void c6_wrong_tries_of_an_address_survive_new_codes_and_browsers(void **state)
{
	struct world *w = *state;
	uint64_t client = 1;

	w->entrance_options.tries_per_address = 10;
	begin_again(w);
	/* Five with one browser, five with another, which spells the address in its own way. */
	for (; client <= 2; client++) {
		(void)ask(w, client, client == 1 ? "ann" : "anna",
			  client == 1 ? ANN : "ANN+x@A.example", "");
		assert_true(mailed(w));
		for (uint32_t i = 1; i <= 5; i++)
			assert_wrong(w, client, w->ticket, wrong(w, i));
		world_pass(w, MINUTE);
	}
	/* Now no code of the address is checked, not even the right one of a third browser. */
	(void)ask(w, client, "ann", ANN, "");
	assert_true(mailed(w));
	for (int i = 0; i < 20; i++)
		assert_wrong(w, client, w->ticket, w->code);
	/* Another address is not concerned. */
	(void)ask(w, 9, "eve", EVE, "");
	assert_true(mailed(w));
	(void)assert_in(w, 9, w->ticket, w->code);
}

/* Its answer may have been lost; and whoever has the claim was right before. */
static void c6_who_was_right_may_be_so_again_under_a_lock(void **state)
{
	struct world *w = *state;
	struct bus_auth m = {.client = 1, .current = true, .claim = S("only-mine")};

	w->entrance_options.tries_per_address = 1;
	begin_again(w);
	(void)ask(w, 1, "ann", ANN, "");
	assert_true(mailed(w));
	m.ticket = slice_of(w->ticket);
	m.code = slice_of(w->code);
	entrance_auth(w->entrance, w->g, &m, w->t);
	world_hear(w, w->g);
	assert_non_null(world_told(w, BUS_ADMITTED));
	{
		char ticket[64], code[16];

		memcpy(ticket, w->ticket, sizeof ticket);
		memcpy(code, w->code, sizeof code);
		(void)ask(w, 2, "ann", ANN, "");
		assert_true(mailed(w));
		assert_wrong(w, 2, w->ticket, wrong(w, 1));
		assert_wrong(w, 2, w->ticket, w->code); /* locked */
		m.ticket = slice_of(ticket);
		m.code = slice_of(code);
		entrance_auth(w->entrance, w->g, &m, w->t);
		world_hear(w, w->g);
		assert_non_null(world_told(w, BUS_ADMITTED));
	}
}

static void c6_the_hour_slides(void **state)
{
	struct world *w = *state;

	w->entrance_options.tries_per_address = 10;
	w->entrance_options.code_tries = 100;
	begin_again(w);
	(void)ask(w, 1, "ann", ANN, "");
	assert_true(mailed(w));
	for (uint32_t i = 1; i <= 10; i++) {
		assert_wrong(w, 1, w->ticket, wrong(w, i));
		world_pass(w, 10000);
	}
	world_pass(w, HOUR - 100000 - 1);
	world_tick_heard(w);
	world_hear(w, w->g);
	(void)ask(w, 2, "ann", ANN, "");
	assert_true(mailed(w));
	assert_wrong(w, 2, w->ticket, w->code);
	world_pass(w, 1); /* the first of them is an hour old: one may be tried */
	(void)assert_in(w, 2, w->ticket, w->code);
}

static void c8_of_a_thousand_wrong_tries_five_register(void **state)
{
	struct world *w = *state;
	char reference[16] = "";

	(void)ask(w, 1, "ann", ANN, "");
	assert_true(mailed(w));
	world_hello(w, w->g, 1, "ann", ANN);
	world_copy(reference, sizeof reference,
		   world_only(w, w->g, BUS_WAITING)->u.waiting.reference);
	assert_true(mailed(w));
	for (uint32_t i = 0; i < 1000; i++)
		world_auth(w, i % 2 == 0 ? w->g : w->g2, 1, w->ticket, wrong(w, 1 + i));
	assert_int_equal(counted(w, reference, TRAIL_CODE_WRONG).times, 5);
	assert_int_equal(counted(w, reference, TRAIL_LOGIN_DEAD).times, 1 + 995);
	world_hear(w, w->g);
	world_hear(w, w->g2);
	assert_wrong(w, 1, w->ticket, w->code);
}

static void c14_a_new_code_has_its_own_reference_and_voids_the_old(void **state)
{
	struct world *w = *state;
	char first[16], second[16], code[16];

	world_copy(first, sizeof first, ask(w, 1, "ann", ANN, "")->reference);
	assert_true(mailed(w));
	memcpy(code, w->code, sizeof code);
	world_pass(w, 1000);
	world_copy(second, sizeof second, ask(w, 1, "ann", ANN, "")->reference);
	assert_string_not_equal(first, second);
	assert_true(mailed(w));
	assert_wrong(w, 1, w->ticket, code);
	/* Either reference tells the whole story. */
	assert_int_equal(counted(w, first, TRAIL_ASKED).times, 2);
	assert_int_equal(counted(w, second, TRAIL_CODE_WRONG).times, 1);
	(void)assert_in(w, 1, w->ticket, w->code);
	assert_int_equal(counted(w, first, TRAIL_CODE_RIGHT).times, 1);
	assert_int_equal(counted(w, first, TRAIL_LOGIN_OVER).times, 0);
}

static void a_letter_has_the_time_it_was_asked_for_and_one_salt(void **state)
{
	struct world *w = *state;
	struct bus_take take = {.mailer = 3, .sender = S("x@y.example")};
	struct bus_letter one, two;

	(void)ask(w, 1, "ann", ANN, "");
	assert_true(entrance_take_letter(w->entrance, &take, w->t, &one));
	world_pass(w, MAIL_OFFER_MS);
	take.mailer = 4;
	assert_true(entrance_take_letter(w->entrance, &take, w->t, &two));
	assert_int_equal(two.letter, one.letter);
	assert_int_equal(two.salt, one.salt);
	assert_int_not_equal(two.salt, 0);
	assert_int_equal(two.asked_ms, w->t.wall_ms - MAIL_OFFER_MS);
}

static void c15_who_was_here_before_is_not_locked_out(void **state)
{
	struct world *w = *state;
	char proof[64];

	w->entrance_options.tries_per_address = 10;
	w->entrance_options.mails = (struct mail_limits){.interval_ms = MINUTE,
							 .per_address_hour = 5,
							 .per_address_day = 15,
							 .per_network_hour = 10,
							 .pace_ms = 1000,
							 .pace_burst = 20,
							 .reserve_hour = 3};
	begin_again(w);
	(void)ask(w, 1, "ann", ANN, "");
	assert_true(mailed(w));
	world_copy(proof, sizeof proof, assert_in(w, 1, w->ticket, w->code)->proof);
	assert_int_equal(strlen(proof), SECRET_TOKEN_LEN);
	/* For hours, somebody burns what the address has: mails and tries. */
	for (uint64_t i = 0; i < 60; i++) {
		world_pass(w, 2 * MINUTE);
		world_tick_heard(w);
		world_hear(w, w->g);
		(void)ask(w, 100 + i, "bob", ANN, "");
		if (!mailed(w))
			continue;
		for (uint32_t k = 1; k <= 5; k++)
			world_auth(w, w->g, 100 + i, w->ticket, wrong(w, k));
		world_hear(w, w->g);
	}
	assert_int_equal(ask(w, 500, "bob", ANN, "")->mail, MAIL_WITHHELD);
	/* A made-up proof, and one of another address, are none. */
	assert_int_equal(ask(w, 501, "bob", ANN, "made-up")->mail, MAIL_WITHHELD);
	/* Ann's browser gets her in all the same; it has its proof already. */
	assert_int_equal(ask(w, 502, "ann", ANN, proof)->mail, MAIL_QUEUED);
	assert_true(mailed(w));
	assert_wrong(w, 502, w->ticket, wrong(w, 1));
	assert_int_equal(assert_in(w, 502, w->ticket, w->code)->proof.len, 0);
}

static void c15_the_reserve_has_limits_of_its_own(void **state)
{
	struct world *w = *state;
	char proof[64];
	size_t checked = 0;

	w->entrance_options.tries_per_address = 10;
	w->entrance_options.mails =
		(struct mail_limits){.per_address_hour = 1, .reserve_hour = 3};
	begin_again(w);
	(void)ask(w, 1, "ann", ANN, "");
	assert_true(mailed(w));
	world_copy(proof, sizeof proof, assert_in(w, 1, w->ticket, w->code)->proof);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(ask(w, 10 + i, "ann", ANN, proof)->mail,
				 i < 3 ? MAIL_QUEUED : MAIL_WITHHELD);
	/* And its tries: ten, over all its logins. */
	w->entrance_options.mails = (struct mail_limits){.reserve_hour = 3};
	begin_again(w);
	(void)ask(w, 1, "ann", ANN, "");
	assert_true(mailed(w));
	world_copy(proof, sizeof proof, assert_in(w, 1, w->ticket, w->code)->proof);
	for (uint64_t i = 0; i < 3; i++) {
		char reference[16];

		world_copy(reference, sizeof reference,
			   ask(w, 10 + i, "ann", ANN, proof)->reference);
		assert_true(mailed(w));
		for (uint32_t k = 1; k <= 5; k++)
			assert_wrong(w, 10 + i, w->ticket, wrong(w, k));
		checked += counted(w, reference, TRAIL_CODE_WRONG).times;
	}
	assert_int_equal(checked, 10);
}

static void legacy_clients_get_no_proof(void **state)
{
	struct world *w = *state;
	struct bus_auth m = {.client = 1};

	(void)ask(w, 1, "ann", ANN, "");
	assert_true(mailed(w));
	m.ticket = slice_of(w->ticket);
	m.code = slice_of(w->code);
	entrance_auth(w->entrance, w->g, &m, w->t);
	world_hear(w, w->g);
	assert_int_equal(world_told(w, BUS_ADMITTED)->u.admitted.proof.len, 0);
}

/* What a browser is told of a hello, but for what differs between any two of them. */
static struct bus_waiting told_of(struct world *w, uint64_t client, const char *name,
				  const char *email)
{
	struct bus_waiting m = *ask(w, client, name, email, "");

	assert_int_equal(m.ticket.len, SECRET_TOKEN_LEN);
	assert_int_equal(m.reference.len, 7);
	m.client = 0;
	m.name = m.ticket = m.reference = m.sender = m.subject = S("");
	return m;
}

static void s2_nothing_tells_whether_an_address_is_known(void **state)
{
	struct world *w = *state;
	struct bus_waiting known, unknown, throttled, throttled_unknown, denied;
	static const char *const deny[] = {"*@spam.example"};

	w->entrance_options.mails = (struct mail_limits){.interval_ms = MINUTE};
	w->entrance_options.addresses = (struct address_list){.deny = deny, .n_deny = 1};
	begin_again(w);
	world_enter(w, w->g, 1, "ann", ANN);
	world_pass(w, MINUTE);
	known = told_of(w, 2, "ann", ANN);
	unknown = told_of(w, 3, "bob", "bob@b.example");
	assert_memory_equal(&known, &unknown, sizeof known);
	world_pass(w, 1000);
	throttled = told_of(w, 4, "ann", ANN);
	throttled_unknown = told_of(w, 5, "bob", "bob@b.example");
	assert_memory_equal(&throttled, &throttled_unknown, sizeof throttled);
	assert_int_equal(throttled.resend_ms, MINUTE - 1000);
	world_pass(w, 1000);
	/* A denied address waits like a throttled one. */
	denied = told_of(w, 6, "eve", "eve@spam.example");
	assert_int_equal(denied.resend_ms, MINUTE);
	denied.resend_ms = throttled.resend_ms;
	assert_memory_equal(&denied, &throttled, sizeof denied);
}

static void s3_a_taken_name_is_told_at_hello_whoevers_the_address(void **state)
{
	struct world *w = *state;
	static const char *const deny[] = {"*@spam.example"};
	static const char *const others[] = {EVE, "nobody@c.example", "x@spam.example"};

	w->entrance_options.addresses = (struct address_list){.deny = deny, .n_deny = 1};
	begin_again(w);
	world_enter(w, w->g, 1, "ann", ANN);
	for (size_t i = 0; i < NELEMS(others); i++) {
		world_hello(w, w->g, 2, "ann", others[i]);
		assert_int_equal(
			world_only(w, w->g, BUS_MAY_NOT_ENTER)->u.may_not_enter.reason,
			REASON_NAME_TAKEN);
	}
	assert_false(mailed(w));
}

static void s5_budgets_fold_what_comparison_keeps(void **state)
{
	struct world *w = *state;

	w->entrance_options.mails = (struct mail_limits){.interval_ms = MINUTE};
	begin_again(w);
	(void)ask(w, 1, "ann", "Ann@A.Example", "");
	assert_true(mailed(w));
	assert_in(w, 1, w->ticket, w->code);
	/* Another case or tag is another owner of names, but no other budget. */
	world_hello(w, w->g, 2, "ann", "ann@a.example");
	world_only(w, w->g, BUS_MAY_NOT_ENTER);
	assert_int_equal(ask(w, 3, "bob", "ANN+tag@a.EXAMPLE", "")->mail, MAIL_WITHHELD);
	world_pass(w, MINUTE);
	/* The domain's case is nothing at all. */
	assert_int_equal(ask(w, 4, "ann", "Ann@a.EXAMPLE", "")->mail, MAIL_QUEUED);
}

static void s6_a_denied_address_waits_without_mail_and_leaves_a_row(void **state)
{
	struct world *w = *state;
	static const char *const deny[] = {"*@spam.example"};
	const struct bus_waiting *wait;
	struct counted row;
	char reference[16];

	w->entrance_options.addresses = (struct address_list){.deny = deny, .n_deny = 1};
	w->entrance_options.mails.interval_ms = MINUTE;
	begin_again(w);
	wait = ask(w, 1, "eve", "Eve@SPAM.example", "");
	assert_int_equal(wait->mail, MAIL_WITHHELD);
	assert_int_equal(wait->resend_ms, MINUTE);
	world_copy(reference, sizeof reference, wait->reference);
	assert_false(mailed(w));
	row = counted(w, reference, TRAIL_DENIED);
	assert_int_equal(row.times, 1);
	assert_string_equal(row.email, "Eve@SPAM.example");
	assert_string_equal(row.network, "192.0.2.0/24");
	assert_wrong(w, 1, w->ticket, "00000000");
	/* Asking again and again is counted, not listed. */
	for (int i = 0; i < 1000; i++)
		(void)ask(w, 1, "eve", "Eve@SPAM.example", "");
	assert_int_equal(counted(w, reference, TRAIL_DENIED).times, 1001);
}

static void who_waits_is_told_all_that_is_known_of_the_mail(void **state)
{
	struct world *w = *state;
	struct bus_report report = {.mailer = 1, .state = MAIL_DEFERRED, .attempt = 1};
	const struct bus_waiting *wait;
	struct counted row;
	char reference[16];

	wait = ask(w, 1, "ann", ANN, "");
	assert_int_equal(wait->mailers, 1); /* none yet, and none for long enough */
	world_copy(reference, sizeof reference, wait->reference);
	assert_true(world_mail(w));
	report.letter = w->letter;
	report.mailer = w->mailer;
	report.retry_ms = 20000;
	report.code = 451;
	report.detail = S("4.7.1 greylisted\r\n, come back");
	assert_true(entrance_report(w->entrance, &report, w->t));
	wait = &world_only(w, w->g, BUS_WAITING)->u.waiting;
	assert_int_equal(wait->mail, MAIL_DEFERRED);
	assert_int_equal(wait->retry_ms, 20000);
	assert_int_equal(wait->mailed_ms, 0);
	assert_int_equal(wait->mailers, 2);
	assert_true(slice_equal(wait->sender, S("room@plume.example")));
	assert_true(slice_equal(wait->subject, S("Your login code")));
	row = counted(w, reference, TRAIL_LETTER);
	assert_string_equal(row.detail, "4.7.1 greylisted  , come back");
	world_pass(w, 20000);
	report.state = MAIL_SENT;
	assert_true(entrance_report(w->entrance, &report, w->t));
	wait = &world_only(w, w->g, BUS_WAITING)->u.waiting;
	assert_int_equal(wait->mailed_ms, w->t.wall_ms);
	assert_int_equal(wait->retry_ms, 0);
	assert_true(slice_equal(wait->reference, slice_of(reference)));
}

static void who_waits_hears_when_no_mailer_runs_and_when_one_comes(void **state)
{
	struct world *w = *state;
	struct bus_take take = {.mailer = 5, .sender = S("x@y.example")};

	assert_int_equal(ask(w, 1, "ann", ANN, "")->mailers, 1);
	world_tick_heard(w);
	world_hear(w, w->g); /* the first tick tells what was told already */
	entrance_hear_mailer(w->entrance, &take, w->t);
	world_tick_heard(w);
	assert_int_equal(world_only(w, w->g, BUS_WAITING)->u.waiting.mailers, 2);
	world_tick_heard(w);
	world_hear(w, w->g);
	assert_int_equal(w->n, 0);
	entrance_mailer_gone(w->entrance, 5);
	world_tick_heard(w);
	assert_int_equal(world_only(w, w->g, BUS_WAITING)->u.waiting.mailers, 1);
}

static void a_login_that_ends_without_its_code_is_a_row(void **state)
{
	struct world *w = *state;
	char reference[16];

	world_copy(reference, sizeof reference, ask(w, 1, "ann", ANN, "")->reference);
	world_pass(w, 10 * MINUTE);
	world_tick_heard(w);
	assert_int_equal(counted(w, reference, TRAIL_LOGIN_OVER).times, 1);
	assert_string_equal(counted(w, reference, TRAIL_LOGIN_OVER).email, ANN);
}

static void a_name_that_somebody_else_claimed_first_is_told_in_the_record(void **state)
{
	struct world *w = *state;
	char ticket[64], code[16], reference[16];

	world_copy(reference, sizeof reference, ask(w, 1, "sam", ANN, "")->reference);
	assert_true(mailed(w));
	memcpy(ticket, w->ticket, sizeof ticket);
	memcpy(code, w->code, sizeof code);
	(void)ask(w, 2, "sam", EVE, "");
	assert_true(mailed(w));
	(void)assert_in(w, 2, w->ticket, w->code);
	world_auth(w, w->g, 1, ticket, code);
	world_hear(w, w->g);
	assert_non_null(world_told(w, BUS_MAY_NOT_ENTER));
	assert_int_equal(counted(w, reference, TRAIL_CODE_RIGHT).times, 0);
	assert_int_equal(counted(w, reference, TRAIL_LOGIN_OVER).times, 1);
	assert_non_null(strstr(counted(w, reference, TRAIL_LOGIN_OVER).detail, "right"));
}

static void who_was_mailed_hears_what_to_look_for_from_the_first_mailer(void **state)
{
	struct world *w = *state;
	struct bus_take take = {.mailer = 5, .sender = S("x@y.example")};

	(void)ask(w, 1, "ann", ANN, "");
	assert_true(mailed(w));
	world_pass(w, MAILERS_SILENCE_MS);
	room_gateway_heard(w->room, w->g, w->t);
	world_tick(w);
	assert_int_equal(world_only(w, w->g, BUS_WAITING)->u.waiting.mailers, 1);
	entrance_hear_mailer(w->entrance, &take, w->t);
	world_tick(w);
	assert_true(slice_equal(world_only(w, w->g, BUS_WAITING)->u.waiting.sender,
				S("x@y.example")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(c4_a_code_opens_its_own_ticket_and_counts_against_the_other),
		TEST(c5_a_dead_login_answers_as_any_wrong_code),
		TEST(c6_wrong_tries_of_an_address_survive_new_codes_and_browsers),
		TEST(c6_who_was_right_may_be_so_again_under_a_lock),
		TEST(c6_the_hour_slides),
		TEST(c8_of_a_thousand_wrong_tries_five_register),
		TEST(c14_a_new_code_has_its_own_reference_and_voids_the_old),
		TEST(a_letter_has_the_time_it_was_asked_for_and_one_salt),
		TEST(c15_who_was_here_before_is_not_locked_out),
		TEST(c15_the_reserve_has_limits_of_its_own),
		TEST(legacy_clients_get_no_proof),
		TEST(s2_nothing_tells_whether_an_address_is_known),
		TEST(s3_a_taken_name_is_told_at_hello_whoevers_the_address),
		TEST(s5_budgets_fold_what_comparison_keeps),
		TEST(s6_a_denied_address_waits_without_mail_and_leaves_a_row),
		TEST(who_waits_is_told_all_that_is_known_of_the_mail),
		TEST(who_waits_hears_when_no_mailer_runs_and_when_one_comes),
		TEST(a_login_that_ends_without_its_code_is_a_row),
		TEST(a_name_that_somebody_else_claimed_first_is_told_in_the_record),
		TEST(who_was_mailed_hears_what_to_look_for_from_the_first_mailer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
