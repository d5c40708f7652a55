/* Restarts: a broker's state in a file, read by the next one. */
#include "broker/broker_private.h"

#include "tests/unit/broker/world.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#define ANN "ann@a.example"
#define EVE "eve@b.example"

struct fixture {
	struct world *w;               /* first in use */
	struct broker_options options; /* borrowed by the entrance */
	char dir[64], path[80];
};

/* A new process on the same file. */
static void start(struct fixture *f)
{
	struct world *w = f->w;
	struct broker b = {.options = &f->options, .keyer = w->keyer};

	f->options.room = w->room_options;
	f->options.entrance = w->entrance_options;
	f->options.secret = w->secret;
	assert_int_equal(store_open(f->path, STORE_NORMAL, &w->secret, &w->store), ST_OK);
	b.store = w->store;
	assert_int_equal(broker_load(&b, false), ST_OK);
	w->room = b.room;
	w->entrance = b.entrance;
	w->t = broker_time();
	w->g = gateways_find(w->room->gateways, 7);
	w->g2 = gateways_find(w->room->gateways, 8);
	store_begin(w->store);
	if (w->g == NULL)
		w->g = gateways_add(w->room->gateways, 7, w->t.now_ms);
	if (w->g2 == NULL)
		w->g2 = gateways_add(w->room->gateways, 8, w->t.now_ms);
}

/* The end of the process, by a kill if it must be: what was committed stays. */
static void stop(struct fixture *f)
{
	struct world *w = f->w;

	gateway_keep_reply(w->g, S("answer"));
	w->g->number = 41;
	store_put_gateway(w->store, w->g);
	assert_int_equal(store_commit(w->store), ST_OK);
	store_close(&w->store);
	world_end(w);
}

static void restart(struct fixture *f)
{
	stop(f);
	start(f);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	f->w = world_new();
	if (!fmt(f->dir, sizeof f->dir, "/tmp/test_load.XXXXXX") ||
	    mkdtemp(f->dir) == NULL || !fmt(f->path, sizeof f->path, "%s/a.db", f->dir))
		return -1;
	start(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	stop(f);
	unlink(f->path);
	assert_int_equal(rmdir(f->dir), 0);
	world_free(f->w);
	free(f);
	return 0;
}

static void a_waiting_login_goes_on_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;
	const struct bus_msg *m;

	world_ask(w, w->g, 1, "ann", ANN);
	world_auth(w, w->g, 1, w->ticket, "00000000");
	world_hear(w, w->g);
	restart(f);
	assert_int_equal(entrance_logins(w->entrance), 1);
	assert_int_equal(entrance_letters(w->entrance), 1);
	/* Its connection is still known and told how it stands, and who mailed it may still say so. */
	assert_int_equal(world_only(w, w->g, BUS_WAITING)->u.waiting.mail, MAIL_QUEUED);
	assert_true(entrance_report(w->entrance,
				    &(struct bus_report){.mailer = 1,
							 .letter = w->letter,
							 .state = MAIL_SENT},
				    w->t));
	m = world_only(w, w->g, BUS_WAITING);
	assert_int_equal(m->u.waiting.client, 1);
	assert_int_equal(m->u.waiting.mail, MAIL_SENT);
	assert_in_range(m->u.waiting.expires_ms, 1, 10 * MINUTE);
	/* Four tries are left of five. */
	for (int i = 0; i < 3; i++)
		world_auth(w, w->g, 1, w->ticket, "00000000");
	restart(f);
	world_auth(w, w->g2, 5, w->ticket, w->code);
	world_hear(w, w->g2);
	assert_non_null(world_told(w, BUS_ADMITTED));
	restart(f);
	world_auth(w, w->g, 1, w->ticket, w->code); /* once */
	world_only(w, w->g, BUS_AUTH_RESET);
}

static void a_dead_login_is_dead_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;

	world_ask(w, w->g, 1, "ann", ANN);
	for (int i = 0; i < 5; i++)
		world_auth(w, w->g, 1, w->ticket, "00000000");
	restart(f);
	world_auth(w, w->g, 1, w->ticket, w->code);
	world_hear(w, w->g);
	assert_null(world_told(w, BUS_ADMITTED));
}

static void a_letter_not_yet_mailed_is_mailed_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;

	world_hello(w, w->g, 1, "ann", ANN);
	world_copy(w->ticket, sizeof w->ticket,
		   world_only(w, w->g, BUS_WAITING)->u.waiting.ticket);
	restart(f);
	assert_true(world_mail(w));
	world_auth(w, w->g, 1, w->ticket, w->code);
	world_hear(w, w->g);
	assert_non_null(world_told(w, BUS_ADMITTED));
	restart(f);
	assert_int_equal(entrance_letters(w->entrance), 0);
}

/* SECURITY C3: the journal has the end of a code by the wall clock, a running broker does not look at it. */
static void c3_a_code_keeps_what_is_left_of_its_life_over_a_restart(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;
	struct bus_rejoin rejoin = {.client = 2};
	uint64_t left;

	w->t.wall_ms -= 4ull * MINUTE; /* it was asked for four minutes ago */
	world_ask(w, w->g, 1, "ann", ANN);
	restart(f);
	world_hear(w, w->g);
	rejoin.ticket = slice_of(w->ticket);
	entrance_rejoin(w->entrance, w->g, &rejoin, w->t);
	left = world_only(w, w->g, BUS_WAITING)->u.waiting.expires_ms;
	assert_in_range(left, 5 * MINUTE, 6 * MINUTE);
	world_pass(w, left - 1);
	w->t.wall_ms += HOUR; /* moves, and changes nothing */
	world_auth(w, w->g, 2, w->ticket, "00000001");
	assert_int_equal(world_only(w, w->g, BUS_AUTH_RESET)->u.auth_reset.reason,
			 REASON_WRONG_CODE);
	w->t.wall_ms -= 2ull * HOUR;
	world_pass(w, 1);
	world_auth(w, w->g, 1, w->ticket, w->code);
	assert_int_equal(world_only(w, w->g, BUS_AUTH_RESET)->u.auth_reset.reason,
			 REASON_LOGIN_OVER);
}

/* SECURITY C6 */
static void c6_wrong_tries_of_an_address_survive_a_restart(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;

	w->entrance_options.tries_per_address = 10;
	restart(f);
	for (uint64_t client = 1; client <= 2; client++) {
		world_ask(w, w->g, client, "ann", ANN);
		for (int i = 0; i < 5; i++)
			world_auth(w, w->g, client, w->ticket, "00000000");
		world_hear(w, w->g);
		restart(f);
		world_hear(w, w->g);
	}
	world_ask(w, w->g, 3, "ann", ANN);
	world_auth(w, w->g, 3, w->ticket, w->code);
	assert_int_equal(world_only(w, w->g, BUS_AUTH_RESET)->u.auth_reset.reason,
			 REASON_WRONG_CODE);
}

/* SECURITY S1 */
static void s1_mail_budgets_survive_a_restart(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;
	uint64_t resend_ms;

	w->entrance_options.mails =
		(struct mail_limits){.interval_ms = MINUTE, .per_network_hour = 2};
	restart(f);
	world_ask(w, w->g, 1, "ann", ANN);
	restart(f);
	resend_ms = world_only(w, w->g, BUS_WAITING)->u.waiting.resend_ms;
	assert_in_range(resend_ms, MINUTE - 10000, MINUTE);
	world_hello(w, w->g, 2, "ann", ANN);
	assert_int_equal(world_only(w, w->g, BUS_WAITING)->u.waiting.mail, MAIL_WITHHELD);
	world_hello(w, w->g, 3, "eve", EVE);
	assert_int_equal(world_only(w, w->g, BUS_WAITING)->u.waiting.mail, MAIL_QUEUED);
	restart(f);
	world_hear(w, w->g);
	world_hello(w, w->g, 4, "bob", "bob@c.example");
	assert_int_equal(world_only(w, w->g, BUS_WAITING)->u.waiting.mail, MAIL_WITHHELD);
}

static int rows_of(const struct fixture *f, const char *table)
{
	char sql[64];
	sqlite3 *db;
	sqlite3_stmt *q;
	int n;

	assert_true(fmt(sql, sizeof sql, "SELECT count(*) FROM %s", table));
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return n;
}

/* A limit that was lifted while the broker was down, and times that were over by then. */
static void what_no_limit_counts_any_more_is_not_kept(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;

	for (int round = 0; round < 2; round++) {
		w->entrance_options.mails = (struct mail_limits){.per_address_hour = 5};
		restart(f);
		if (round == 1)
			w->t.wall_ms -= 2ull * HOUR;
		world_hello(w, w->g, 1, "ann", ANN);
		stop(f);
		assert_int_equal(rows_of(f, "tallies"), 1);
		if (round == 0)
			w->entrance_options.mails.per_address_hour = 0;
		start(f);
		world_tick(w);
		stop(f);
		assert_int_equal(rows_of(f, "tallies"), 0);
		start(f);
	}
}

/* SECURITY C15 */
static void c15_a_proof_survives_a_restart(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;
	struct bus_hello m = {.client = 2, .name = S("ann"), .email = S(ANN)};
	char proof[64];

	w->entrance_options.mails =
		(struct mail_limits){.per_address_hour = 1, .reserve_hour = 1};
	restart(f);
	world_enter(w, w->g, 1, "ann", ANN);
	world_copy(proof, sizeof proof, world_told(w, BUS_ADMITTED)->u.admitted.proof);
	restart(f);
	m.proof = slice_of(proof);
	entrance_hello(w->entrance, w->g, &m, w->t);
	assert_int_equal(world_only(w, w->g, BUS_WAITING)->u.waiting.mail, MAIL_QUEUED);
	restart(f); /* and so does what was used of its reserve */
	world_hear(w, w->g);
	m.client = 3;
	entrance_hello(w->entrance, w->g, &m, w->t);
	assert_int_equal(world_only(w, w->g, BUS_WAITING)->u.waiting.mail, MAIL_WITHHELD);
}

static void news_that_no_gateway_fetched_are_told_again(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;
	const struct bus_waiting *wait;
	struct bus_report report = {.mailer = 1, .state = MAIL_SENT};
	struct bus_rejoin rejoin = {.client = 9};
	char reference[16];
	uint64_t mailed_ms;

	world_ask(w, w->g, 1, "ann", ANN);
	report.letter = w->letter;
	assert_true(entrance_report(w->entrance, &report, w->t));
	mailed_ms = w->t.wall_ms;
	restart(f); /* with the news still in the gateway's queue */
	wait = &world_only(w, w->g, BUS_WAITING)->u.waiting;
	assert_int_equal(wait->client, 1);
	assert_int_equal(wait->mail, MAIL_SENT);
	assert_int_equal(wait->mailed_ms, mailed_ms);
	world_copy(reference, sizeof reference, wait->reference);
	assert_int_equal(strlen(reference), 7);
	/* And to a browser that comes by another gateway. */
	restart(f);
	rejoin.ticket = slice_of(w->ticket);
	entrance_rejoin(w->entrance, w->g2, &rejoin, w->t);
	wait = &world_only(w, w->g2, BUS_WAITING)->u.waiting;
	assert_int_equal(wait->mail, MAIL_SENT);
	assert_int_equal(wait->mailed_ms, mailed_ms);
	assert_true(slice_equal(wait->reference, slice_of(reference)));
}

static bool take_letter(struct world *w, uint64_t mailer, struct bus_letter *out)
{
	struct bus_take take = {.mailer = mailer, .sender = S("x@y.example")};

	return entrance_take_letter(w->entrance, &take, w->t, out);
}

static void a_letter_has_its_holder_over_a_restart(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;
	struct bus_report report = {.mailer = 5, .state = MAIL_TAKEN};
	struct bus_letter letter, again;
	uint64_t salt, asked_ms;

	world_hello(w, w->g, 1, "ann", ANN);
	assert_true(take_letter(w, 5, &letter));
	report.letter = letter.letter;
	salt = letter.salt;
	asked_ms = letter.asked_ms;
	restart(f); /* offered, and nobody else's */
	assert_false(take_letter(w, 6, &again));
	assert_true(entrance_report(w->entrance, &report, w->t));
	restart(f); /* leased */
	world_pass(w, 2ull * MAIL_OFFER_MS);
	assert_false(take_letter(w, 6, &again));
	report.mailer = 6;
	assert_false(entrance_report(w->entrance, &report, w->t));
	world_pass(w, MAIL_LEASE_MS);
	assert_true(take_letter(w, 6, &again));
	assert_int_equal(again.salt, salt);
	assert_int_equal(again.asked_ms, asked_ms);
	report.mailer = 5;
	assert_false(entrance_report(w->entrance, &report, w->t));
}

static void count_row(void *ctx, const struct trail_row *row)
{
	(void)row;
	++*(size_t *)ctx;
}

static void the_record_of_logins_survives_a_restart(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;
	struct bus_take take = {.mailer = 5, .sender = S("x@y.example"), .kept = 1};
	struct room_time later;
	char reference[16];
	size_t n = 0;

	world_hello(w, w->g, 1, "ann", ANN);
	world_copy(reference, sizeof reference,
		   world_only(w, w->g, BUS_WAITING)->u.waiting.reference);
	entrance_operator_acted(w->entrance, S("looked"), w->t);
	restart(f);
	assert_int_equal(entrance_story(w->entrance, slice_of(reference), count_row, &n),
			 1);
	later = (struct room_time){w->t.now_ms + 5000, w->t.wall_ms + 5000};
	entrance_hear_mailer(w->entrance, &take, later);
	assert_int_equal(entrance_give_trail(w->entrance, &take, later, count_row, &n),
			 2);
	take.kept = 3;
	take.room = w->room->epoch;
	entrance_hear_mailer(w->entrance, &take, later);
	restart(f); /* what a mailer has is not given to another one */
	take = (struct bus_take){.mailer = 6, .sender = S("x@y.example"), .kept = 1};
	assert_int_equal(entrance_give_trail(w->entrance, &take, later, count_row, &n),
			 0);
	entrance_operator_acted(w->entrance, S("looked"), w->t);
	/* A mailer that counts in another room wants all there is. */
	take.kept = 400;
	take.room = w->room->epoch + 1;
	assert_int_equal(entrance_give_trail(w->entrance, &take, later, count_row, &n),
			 1);
}

static void people_posts_and_sessions_are_as_they_were(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;
	uint64_t epoch = w->room->epoch;
	const struct bus_msg *m;

	world_enter(w, w->g, 1, "ann", ANN);
	world_say(w, w->g, 1, "x", "hello");
	restart(f);
	assert_int_equal(w->room->epoch, epoch);
	assert_int_equal(history_newest(w->room->history), 2);
	assert_int_equal(w->g->number, 41);
	assert_int_equal(w->g->reply_len, 6);
	/* The connection lives on in its gateway: a retry of the post is a retry. */
	world_say(w, w->g, 1, "x", "hello");
	m = world_only(w, w->g, BUS_ACCEPTED);
	assert_int_equal(m->u.accepted.seq, 2);
	assert_true(m->u.accepted.again);
	world_resume(w, w->g2, 5, w->token, 2);
	world_hear(w, w->g2);
	assert_non_null(world_told(w, BUS_ADMITTED));
	world_tick(w);
	world_events(w);
	assert_int_equal(w->n, 0); /* nobody entered, nobody left */
	world_hello(w, w->g2, 9, "Ann", EVE);
	assert_int_equal(world_only(w, w->g2, BUS_MAY_NOT_ENTER)->u.may_not_enter.reason,
			 REASON_NAME_TAKEN);
}

static void who_does_not_return_has_left(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;

	world_enter(w, w->g, 1, "ann", ANN);
	restart(f);
	world_pass(w, 10000);
	world_tick(w); /* the gateway is silent */
	world_pass(w, 30000);
	world_tick(w);
	world_events(w);
	assert_int_equal(w->n, 1);
	assert_int_equal(w->told[0].u.post.event, POST_LEFT);
	restart(f);
	assert_int_equal(presence_count(w->room->presence),
			 0); /* its gateway is silent still */
	assert_int_equal(history_newest(w->room->history), 2);
}

/* Numbers are never given twice in an epoch, whatever is remembered. */
static void a_gateway_stays_silent_over_a_restart_until_it_is_forgotten(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;

	gateway_keep_reply(w->g2, S("answer"));
	store_put_gateway(w->store, w->g2);
	world_pass(w, w->room_options.gateway_timeout_ms);
	room_gateway_heard(w->room, w->g, w->t);
	room_tick(w->room, w->t);
	restart(f);
	assert_false(w->g->is_silent);
	assert_true(w->g2->is_silent);

	room_gateway_heard(w->room, w->g2, w->t);
	gateway_keep_reply(w->g2, S("answer"));
	restart(f);
	assert_false(w->g2->is_silent);

	world_pass(w, w->room_options.gateway_timeout_ms);
	room_gateway_heard(w->room, w->g, w->t);
	room_tick(w->room, w->t);
	restart(f);
	w->t.wall_ms += w->room_options.gateway_timeout_ms + GATEWAY_FORGET_MS;
	room_tick(w->room, w->t);
	assert_null(gateways_find(w->room->gateways, 8));
	assert_non_null(gateways_find(w->room->gateways, 7));
	w->g2 = NULL;
}

static void numbering_survives_every_change_of_the_history(void **state)
{
	static const size_t histories[] = {100, 0, 100, 3, 0, 0, 50, 1, 200};
	struct fixture *f = *state;
	struct world *w = f->w;
	uint64_t seq;

	world_enter(w, w->g, 1, "ann", ANN);
	seq = history_newest(w->room->history);
	for (size_t i = 0; i < NELEMS(histories); i++) {
		w->room_options.history.posts = histories[i];
		restart(f);
		assert_int_equal(history_newest(w->room->history), seq);
		for (int k = 0; i % 3 != 1 && k < 150; k++) {
			world_say(w, w->g, 1, "", "line");
			assert_int_equal(history_newest(w->room->history), ++seq);
		}
		world_end(w); /* and in the middle of it, by a kill */
		assert_int_equal(store_commit(w->store), ST_OK);
		store_close(&w->store);
		start(f);
		assert_int_equal(history_newest(w->room->history), seq);
		assert_in_range(history_count(w->room->history), 0, histories[i]);
	}
}

static void a_room_told_to_keep_no_text_keeps_none(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;

	world_enter(w, w->g, 1, "ann", ANN);
	world_say(w, w->g, 1, "", "CANARY");
	w->room_options.history.posts = 0;
	restart(f);
	w->room_options.history.posts = 100;
	restart(f);
	assert_int_equal(history_count(w->room->history), 0);
	assert_int_equal(history_newest(w->room->history), 2);
}

/* The same id, said again after its post fell out, stands twice in the file until that is trimmed. */
static void an_id_used_twice_does_not_stop_a_start_with_a_longer_history(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;

	w->room_options.history.posts = 3;
	restart(f);
	world_enter(w, w->g, 1, "ann", ANN);
	for (int i = 0; i < 20; i++) {
		world_say(w, w->g, 1, "same", "line");
		for (int k = 0; k < 3; k++)
			world_say(w, w->g, 1, "", "line");
	}
	w->room_options.history.posts = 1000;
	restart(f);
	assert_int_equal(history_newest(w->room->history), 81);
	assert_int_equal(history_find(w->room->history, NAMES_FIRST_ID, S("same")), 78);
}

static void a_released_names_session_is_nobody_elses_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;
	char token[64];

	w->entrance_options.session_ttl_ms = 0;
	w->entrance_options.name_lease_ms = DAY;
	w->room_options.history.posts = 0; /* no post tells of the id either */
	restart(f);
	world_enter(w, w->g, 1, "ann", ANN);
	memcpy(token, w->token, sizeof token);
	entrance_gone(w->entrance, w->g, 1, w->t);
	world_pass(w, 30000);
	world_tick(w);
	world_pass(w, DAY);
	world_tick(w);
	assert_int_equal(names_count(w->room->names), 0);
	w->g = gateways_add(w->room->gateways, 7, w->t.now_ms);
	w->g2 = gateways_add(w->room->gateways, 8, w->t.now_ms);
	restart(f);
	world_enter(w, w->g, 2, "eve", EVE);
	world_resume(w, w->g2, 3, token, 0);
	assert_int_equal(world_only(w, w->g2, BUS_AUTH_RESET)->u.auth_reset.reason,
			 REASON_SESSION_OVER);
}

static void a_letter_that_the_full_desk_withheld_is_not_kept(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;

	for (uint64_t i = 1; i <= MAIL_DESK_MAX; i++) {
		struct letter l = {.id = i};

		entrance_load_letter(w->entrance, &l, UINT64_MAX, w->t);
	}
	world_hello(w, w->g, 1, "ann", ANN);
	restart(f);
	assert_int_equal(entrance_letters(w->entrance), 0);
	assert_int_equal(entrance_logins(w->entrance), 1);
}

static void a_room_that_forgets_begins_a_new_epoch(void **state)
{
	struct fixture *f = *state;
	struct world *w = f->w;
	struct broker b = {.options = &f->options, .keyer = w->keyer};

	assert_int_equal(broker_load(&b, false), ST_OK);
	assert_int_not_equal(b.room->epoch, 0);
	assert_int_not_equal(b.room->epoch, w->room->epoch);
	entrance_free(&b.entrance);
	room_free(&b.room);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_waiting_login_goes_on_after_a_restart),
		TEST(a_dead_login_is_dead_after_a_restart),
		TEST(a_letter_not_yet_mailed_is_mailed_after_a_restart),
		TEST(c3_a_code_keeps_what_is_left_of_its_life_over_a_restart),
		TEST(c6_wrong_tries_of_an_address_survive_a_restart),
		TEST(s1_mail_budgets_survive_a_restart),
		TEST(what_no_limit_counts_any_more_is_not_kept),
		TEST(c15_a_proof_survives_a_restart),
		TEST(news_that_no_gateway_fetched_are_told_again),
		TEST(a_letter_has_its_holder_over_a_restart),
		TEST(the_record_of_logins_survives_a_restart),
		TEST(people_posts_and_sessions_are_as_they_were),
		TEST(who_does_not_return_has_left),
		TEST(a_gateway_stays_silent_over_a_restart_until_it_is_forgotten),
		TEST(numbering_survives_every_change_of_the_history),
		TEST(a_room_told_to_keep_no_text_keeps_none),
		TEST(an_id_used_twice_does_not_stop_a_start_with_a_longer_history),
		TEST(a_released_names_session_is_nobody_elses_after_a_restart),
		TEST(a_letter_that_the_full_desk_withheld_is_not_kept),
		TEST(a_room_that_forgets_begins_a_new_epoch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
