/* Restarts: a broker's state in a file, read by the next one. */
#include "broker/broker_private.h"

#include "tests/unit/broker/world.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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
	assert_int_equal(broker_load(&b), ST_OK);
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

	assert_int_equal(broker_load(&b), ST_OK);
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
		TEST(people_posts_and_sessions_are_as_they_were),
		TEST(who_does_not_return_has_left),
		TEST(numbering_survives_every_change_of_the_history),
		TEST(a_room_told_to_keep_no_text_keeps_none),
		TEST(an_id_used_twice_does_not_stop_a_start_with_a_longer_history),
		TEST(a_released_names_session_is_nobody_elses_after_a_restart),
		TEST(a_letter_that_the_full_desk_withheld_is_not_kept),
		TEST(a_room_that_forgets_begins_a_new_epoch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
