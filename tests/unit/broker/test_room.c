/* The room: one order of posts, retries that change nothing, gateways that come and go. */
#include "broker/room.h"

#include "tests/unit/broker/world.h"

#include <stdio.h>

static struct name_claim *person(struct world *w, const char *name)
{
	struct name_keys keys;
	struct secret_hash owner = {{0}};

	memcpy(owner.bytes, name, strlen(name));
	assert_int_equal(name_keys_of(w->keyer, slice_of(name), &keys), ST_OK);
	return names_claim(w->room->names, 0, slice_of(name), &keys, &owner);
}

static void attach(struct world *w, struct gateway *g, uint64_t number,
		   const struct name_claim *who)
{
	struct client c = {.number = number, .person = who->id};

	room_attach(w->room, g, &c, w->t);
}

static void detach(struct world *w, struct gateway *g, uint64_t number)
{
	room_detach(w->room, g, gateway_client(g, number), w->t);
}

static uint64_t said(struct world *w, struct gateway *g, bool again)
{
	const struct bus_msg *m = world_only(w, g, BUS_ACCEPTED);

	assert_int_equal(m->u.accepted.again, again);
	return m->u.accepted.seq;
}

/* The events that wait to be published, as "seq event name text". */
static void assert_events(struct world *w, const char *expected)
{
	char text[4096] = "";

	world_events(w);
	for (size_t i = 0; i < w->n; i++) {
		char line[256];

		assert_int_equal(w->told[i].kind, BUS_POST);
		assert_true(fmt(
			line, sizeof line, "%u %s %.*s %.*s\n",
			(unsigned)w->told[i].u.post.seq,
			(const char *[]){"text", "in", "out"}[w->told[i].u.post.event],
			SLICE_ARGS(w->told[i].u.post.name),
			SLICE_ARGS(w->told[i].u.post.text)));
		strcat(text, line);
	}
	assert_string_equal(text, expected);
}

static void posts_are_numbered_in_the_order_of_their_coming(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann"), *bob = person(w, "bob");

	attach(w, w->g, 1, ann);
	attach(w, w->g2, 1, bob);
	world_say(w, w->g, 1, "a", "one");
	world_say(w, w->g2, 1, "a", "two");
	world_say(w, w->g, 1, "b", "three");
	assert_events(w, "1 in ann entered chat\n2 in bob entered chat\n3 text ann one\n"
			 "4 text bob two\n5 text ann three\n");
	world_hear(w, w->g);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->told[0].u.accepted.seq, 3);
	assert_int_equal(w->told[1].u.accepted.seq, 5);
	assert_int_equal(said(w, w->g2, false), 4);
}

static void a_retry_is_answered_with_the_first_seq(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann"), *bob = person(w, "bob");

	attach(w, w->g, 1, ann);
	attach(w, w->g2, 5, ann); /* another gateway, another connection */
	attach(w, w->g2, 6, bob);
	world_say(w, w->g, 1, "x", "hello");
	assert_int_equal(said(w, w->g, false), 3);
	world_say(w, w->g, 1, "x", "hello");
	assert_int_equal(said(w, w->g, true), 3);
	world_say(w, w->g2, 5, "x", "another text under the same id");
	assert_int_equal(said(w, w->g2, true), 3);
	world_say(w, w->g2, 6, "x", "bob's own x");
	assert_int_equal(said(w, w->g2, false), 4);
	world_say(w, w->g, 1, "", "no id");
	assert_int_equal(said(w, w->g, false), 5);
	world_say(w, w->g, 1, "", "no id");
	assert_int_equal(said(w, w->g, false), 6);
	assert_int_equal(history_newest(w->room->history), 6);
}

static void who_is_not_in_the_room_is_refused(void **state)
{
	struct world *w = *state;
	const struct bus_msg *m;

	attach(w, w->g, 1, person(w, "ann"));
	world_say(w, w->g2, 1, "x", "hello"); /* ann's number, another gateway */
	m = world_only(w, w->g2, BUS_REFUSED);
	assert_int_equal(m->u.refused.reason, REASON_NOT_IN_ROOM);
	assert_true(slice_equal(m->u.refused.id, S("x")));
	assert_int_equal(history_newest(w->room->history), 1);
	detach(w, w->g, 1);
	world_say(w, w->g, 1, "x", "hello");
	world_only(w, w->g, BUS_REFUSED);
}

static void sync_gives_what_is_remembered_after_a_seq(void **state)
{
	/* 150 posts of which 100 are remembered: 51 to 150. */
	static const struct {
		uint64_t after, most, from, posts;
	} cases[] = {
		{150, 500, 150, 0},
		{149, 500, 149, 1},
		{140, 500, 140, 10},
		{140, 3, 140, 3},
		{50, 500, 50, 100},
		{51, 500, 51, 99},
		{49, 500, 50, 100},
		{0, 500, 50, 100},
		{0, 1, 50, 1},
		{151, 500, 151, 0},
		{100000, 500, 100000, 0},
		{UINT64_MAX - 1, 500, UINT64_MAX - 1, 0},
		{UINT64_MAX, 500, UINT64_MAX, 0},
	};
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann");

	for (int i = 0; i < 150; i++)
		room_post(w->room, ann, POST_TEXT, S("x"), S(""), w->t);
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct bus_sync m = {
			.client = 3, .after = cases[i].after, .most = cases[i].most};

		room_sync(w->room, w->g, &m);
		world_hear(w, w->g);
		assert_int_equal(w->n, 1 + cases[i].posts);
		assert_int_equal(w->told[0].kind, BUS_SYNCED);
		assert_int_equal(w->told[0].u.synced.client, 3);
		assert_int_equal(w->told[0].u.synced.after, cases[i].from);
		assert_int_equal(w->told[0].u.synced.posts, cases[i].posts);
		for (size_t k = 1; k < w->n; k++)
			assert_int_equal(w->told[k].u.post.seq, cases[i].from + k);
	}
}

static void sync_of_an_empty_room_gives_nothing(void **state)
{
	struct world *w = *state;
	struct bus_sync m = {.after = 0, .most = 10};
	const struct bus_msg *head;

	room_sync(w->room, w->g, &m);
	head = world_only(w, w->g, BUS_SYNCED);
	assert_int_equal(head->u.synced.posts, 0);
	assert_int_equal(head->u.synced.after, 0);
}

static void sync_of_long_texts_comes_in_several_answers(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann");
	char *text = xcalloc(65536, 1);
	struct bus_sync m = {.after = 0, .most = 500};
	size_t answers = 0;

	memset(text, 'x', 65536);
	for (int i = 0; i < 60; i++)
		room_post(w->room, ann, POST_TEXT, (struct slice){text, 65536}, S(""),
			  w->t);
	while (m.after < 60) {
		room_sync(w->room, w->g, &m);
		assert_in_range(bus_queue_bytes(w->g->out), 1, 2 << 20);
		world_hear(w, w->g);
		assert_int_equal(w->told[0].u.synced.after, m.after);
		assert_int_equal(w->told[0].u.synced.posts, w->n - 1);
		assert_in_range(w->n, 2, 60);
		m.after += w->n - 1;
		answers++;
	}
	assert_in_range(answers, 30, 100); /* frames are small */
	free(text);
}

/* SECURITY N2 */
static void n2_live_posts_and_those_of_history_tell_whom_they_call(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "Ann");
	struct bus_sync m = {.after = 0, .most = 10};

	attach(w, w->g, 1, ann);
	world_say(w, w->g, 1, "a", "@\u0430nn and @b0b");
	world_say(w, w->g, 1, "b", "nobody@ann");
	world_events(w);
	assert_int_equal(w->n, 3);
	assert_true(slice_equal(w->told[1].u.post.mentions, S("Ann")));
	assert_int_equal(w->told[2].u.post.mentions.len, 0);
	/* They are not kept: whoever has the name now is called. */
	person(w, "bob");
	world_hear(w, w->g);
	room_sync(w->room, w->g, &m);
	world_hear(w, w->g);
	assert_int_equal(w->n, 4);
	assert_int_equal(w->told[1].u.post.mentions.len, 0);
	assert_true(slice_equal(w->told[2].u.post.mentions, S("Ann bob")));
	assert_int_equal(w->told[3].u.post.mentions.len, 0);
	assert_int_equal(history_bytes(w->room->history), strlen("Annentered chat"
								 "Anna@\u0430nn and @b0b"
								 "Annbnobody@ann"));
}

static void an_answer_with_posts_that_call_many_fits_its_frame(void **state)
{
	struct world *w = *state;
	struct name_claim *who = NULL;
	struct bus_sync m = {.after = 0, .most = 500};
	char text[1024] = "", name[] = "a_name_of_thirty_letters_or_so";

	for (int i = 0; i < MENTIONS_MAX; i++) {
		name[0] = (char)('a' + i);
		who = person(w, name);
		strcat(strcat(strcat(text, "@"), name), " ");
	}
	for (int i = 0; i < 100; i++)
		room_post(w->room, who, POST_TEXT, slice_of(text), S(""), w->t);
	while (m.after < 100) {
		room_sync(w->room, w->g, &m);
		world_hear(w, w->g);
		assert_int_equal(w->told[0].u.synced.posts, w->n - 1);
		assert_int_equal(bus_queue_count(w->g->out), 0);
		assert_in_range(w->n, 2, 100);
		assert_int_equal(w->told[1].u.post.mentions.len,
				 MENTIONS_MAX * sizeof name - 1);
		m.after += w->n - 1;
	}
}

static void resume_goes_on_after_what_the_browser_has(void **state)
{
	/* Epoch 99, seqs to 150, remembered from 51; a newcomer gets 5. */
	static const struct {
		uint64_t epoch, after, expected;
	} cases[] =
		{
			{99, 150, 150},        {99, 149, 149}, {99, 51, 51},
			{99, 50, 50},          {99, 49, 50},   {99, 0, 50},
			{99, 151, 145}, /* from the future */
			{99, UINT64_MAX, 145}, {0, 0, 145},    {0, 150, 145},
			{98, 150, 145},        {98, 0, 145},
		};
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann");

	assert_int_equal(room_resume_after(w->room, 99, 0), 0);
	assert_int_equal(room_resume_after(w->room, 0, 0), 0);
	assert_int_equal(room_resume_after(w->room, 99, 1), 0);
	for (int i = 0; i < 150; i++)
		room_post(w->room, ann, POST_TEXT, S("x"), S(""), w->t);
	for (size_t i = 0; i < NELEMS(cases); i++)
		assert_int_equal(
			room_resume_after(w->room, cases[i].epoch, cases[i].after),
			cases[i].expected);
}

static void a_newcomer_gets_no_more_than_is_remembered(void **state)
{
	struct world *w = *state;

	world_end(w);
	w->room_options.history.posts = 3;
	world_begin(w);
	world_add_gateways(w);
	for (int i = 0; i < 10; i++)
		room_post(w->room, person(w, (char[]){(char)('a' + i), 'x', '\0'}),
			  POST_TEXT, S("x"), S(""), w->t);
	assert_int_equal(room_resume_after(w->room, 0, 0), 7);
}

static void the_room_hears_of_people_and_not_of_tabs(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann");

	attach(w, w->g, 1, ann);
	attach(w, w->g, 2, ann);
	attach(w, w->g2, 1, ann);
	assert_events(w, "1 in ann entered chat\n");
	detach(w, w->g, 1);
	detach(w, w->g, 2);
	world_pass(w, 20000);
	room_gateway_heard(w->room, w->g, w->t);
	room_gateway_heard(w->room, w->g2, w->t);
	room_tick(w->room, w->t);
	assert_events(w, "");
	detach(w, w->g2, 1);
	world_pass(w, 29999);
	room_gateway_heard(w->room, w->g, w->t);
	room_gateway_heard(w->room, w->g2, w->t);
	room_tick(w->room, w->t);
	assert_events(w, "");
	world_pass(w, 1);
	room_tick(w->room, w->t);
	assert_events(w, "2 out ann left chat\n");
	assert_int_equal(ann->seen_ms, w->t.wall_ms);
	attach(w, w->g, 3, ann);
	assert_events(w, "3 in ann entered chat\n");
}

static void a_connection_changes_hands_silently(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann"), *bob = person(w, "bob");

	attach(w, w->g, 1, ann);
	attach(w, w->g, 1, ann);
	assert_events(w, "1 in ann entered chat\n");
	assert_int_equal(presence_clients(w->room->presence), 1);
	attach(w, w->g, 1, bob);
	assert_events(w, "2 in bob entered chat\n");
	assert_int_equal(presence_clients(w->room->presence), 1);
	world_pass(w, 30000);
	room_gateway_heard(w->room, w->g, w->t);
	room_tick(w->room, w->t);
	assert_events(w, "3 out ann left chat\n");
}

static void a_gateway_that_is_silent_for_a_moment_announces_nobody(void **state)
{
	struct world *w = *state;

	attach(w, w->g, 1, person(w, "ann"));
	assert_events(w, "1 in ann entered chat\n");
	world_pass(w, 9999);
	room_tick(w->room, w->t);
	assert_false(w->g->is_silent);
	world_pass(w, 1);
	room_tick(w->room, w->t);
	assert_true(w->g->is_silent);
	assert_int_equal(presence_clients(w->room->presence), 0);
	world_pass(w, 29999);
	room_tick(w->room, w->t);
	room_gateway_heard(w->room, w->g, w->t);
	assert_false(w->g->is_silent);
	assert_int_equal(presence_clients(w->room->presence), 1);
	room_tick(w->room, w->t);
	assert_events(w, "");
	world_say(w, w->g, 1, "x", "still here");
	assert_int_equal(said(w, w->g, false), 2);
}

static void people_of_a_gateway_that_stays_silent_leave_and_come_back(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann");

	attach(w, w->g, 1, ann);
	attach(w, w->g, 2, ann);
	world_pass(w, 10000);
	room_gateway_heard(w->room, w->g2, w->t);
	room_tick(w->room, w->t);
	world_pass(w, 30000);
	room_gateway_heard(w->room, w->g2, w->t);
	room_tick(w->room, w->t);
	assert_events(w, "1 in ann entered chat\n2 out ann left chat\n");
	room_gateway_heard(w->room, w->g, w->t);
	assert_events(w, "3 in ann entered chat\n");
	assert_int_equal(presence_clients(w->room->presence), 2);
	detach(w, w->g, 1);
	detach(w, w->g, 2);
	assert_int_equal(presence_clients(w->room->presence), 0);
}

static void clients_may_leave_a_silent_gateway(void **state)
{
	struct world *w = *state;

	attach(w, w->g, 1, person(w, "ann"));
	attach(w, w->g, 2, person(w, "bob"));
	world_pass(w, 10000);
	room_tick(w->room, w->t);
	detach(w, w->g, 1);
	room_gateway_heard(w->room, w->g, w->t);
	assert_int_equal(presence_clients(w->room->presence), 1);
	world_pass(w, 30000);
	room_gateway_heard(w->room, w->g, w->t);
	room_tick(w->room, w->t);
	assert_events(w, "1 in ann entered chat\n2 in bob entered chat\n"
			 "3 out ann left chat\n");
}

static void a_gateway_that_says_goodbye_leaves_its_people_a_grace_period(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann");

	attach(w, w->g, 1, ann);
	attach(w, w->g, 2, person(w, "bob"));
	room_gateway_gone(w->room, w->g, w->t);
	assert_null(gateways_find(w->room->gateways, 7));
	attach(w, w->g2, 1, ann); /* moved to the other gateway */
	world_pass(w, 30000);
	room_gateway_heard(w->room, w->g2, w->t);
	room_tick(w->room, w->t);
	assert_events(w, "1 in ann entered chat\n2 in bob entered chat\n"
			 "3 out bob left chat\n");
}

static void a_gateway_silent_for_long_is_forgotten(void **state)
{
	struct world *w = *state;

	attach(w, w->g, 1, person(w, "ann"));
	for (uint64_t passed = 0;
	     passed < w->room->options.gateway_timeout_ms + GATEWAY_FORGET_MS;
	     passed += 10000) {
		assert_non_null(gateways_find(w->room->gateways, 7));
		world_pass(w, 10000);
		room_gateway_heard(w->room, w->g2, w->t);
		room_tick(w->room, w->t);
	}
	assert_null(gateways_find(w->room->gateways, 7));
	assert_non_null(gateways_find(w->room->gateways, 8));
	assert_events(w, "1 in ann entered chat\n2 out ann left chat\n");
}

static void a_name_released_meanwhile_does_not_come_back_with_its_gateway(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann");

	attach(w, w->g, 1, ann);
	attach(w, w->g, 2, person(w, "bob"));
	world_pass(w, 10000);
	room_tick(w->room, w->t);
	world_pass(w, 30000);
	room_tick(w->room, w->t);
	names_release(w->room->names, ann);
	world_events(w);
	room_gateway_heard(w->room, w->g, w->t);
	assert_events(w, "5 in bob entered chat\n");
	assert_null(gateway_client(w->g, 1));
	world_say(w, w->g, 1, "x", "hello");
	world_only(w, w->g, BUS_REFUSED);
}

static void a_gateway_that_takes_no_answers_has_to_start_over(void **state)
{
	struct world *w = *state;
	struct name_claim *ann = person(w, "ann");
	char *text = xcalloc(65536, 1);
	struct bus_sync m = {.after = 0, .most = 500};
	struct bus_msg big = {
		.kind = BUS_WHISPER,
		.u.whisper = {.client = 1, .name = S("bot"), .text = {text, 65536}}};

	memset(text, 'x', 65536);
	attach(w, w->g, 1, ann);
	while (bus_queue_bytes(w->g->out) <= GATEWAY_OUT_MAX)
		gateway_tell(w->g, &big);
	room_sync(w->room, w->g, &m); /* says how little fits: nothing */
	room_tick(w->room, w->t);
	assert_null(gateways_find(w->room->gateways, 7));
	assert_non_null(gateways_find(w->room->gateways, 8));
	free(text);
}

static void fill(struct gateway *g, size_t bytes)
{
	char *text = xcalloc(65536, 1);
	struct bus_msg big = {
		.kind = BUS_WHISPER,
		.u.whisper = {.client = 1, .name = S("bot"), .text = {text, 65536}}};

	memset(text, 'x', 65536);
	while (bus_queue_bytes(g->out) < bytes)
		gateway_tell(g, &big);
	free(text);
}

static void what_waits_for_all_gateways_has_a_bound(void **state)
{
	struct world *w = *state;
	struct gateway *third = gateways_add(w->room->gateways, 9, w->t.now_ms);

	fill(w->g, 20 << 20);
	fill(third, 24 << 20);
	fill(w->g2, 19 << 20);
	room_bound_queues(w->room, w->t);
	assert_int_equal(gateways_count(w->room->gateways), 3);
	fill(w->g2, 21 << 20);
	assert_ptr_equal(gateways_overfull(w->room->gateways), third);
	room_bound_queues(w->room, w->t);
	assert_int_equal(gateways_count(w->room->gateways), 2);
	assert_null(gateways_find(w->room->gateways, 9)); /* it had the longest */
	assert_int_equal(w->room->overfull, 1);
	assert_null(gateways_overfull(w->room->gateways));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

static void time_in_which_the_broker_did_not_run_counts_for_nobody(void **state)
{
	struct world *w = *state;

	attach(w, w->g, 1, person(w, "ann"));
	attach(w, w->g2, 1, person(w, "bob"));
	room_detach(w->room, w->g2, gateway_client(w->g2, 1), w->t);
	assert_events(w, "1 in ann entered chat\n2 in bob entered chat\n");
	world_pass(w, 3600 * 1000);
	room_paused(w->room, 3600 * 1000, w->t);
	room_tick(w->room, w->t);
	assert_events(w, "");
	assert_false(w->g->is_silent);
	/* And more than that went by gives nobody credit. */
	room_paused(w->room, 3600 * 1000, w->t);
	world_pass(w, 10000);
	room_tick(w->room, w->t);
	assert_true(w->g->is_silent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(posts_are_numbered_in_the_order_of_their_coming),
		TEST(time_in_which_the_broker_did_not_run_counts_for_nobody),
		TEST(a_retry_is_answered_with_the_first_seq),
		TEST(who_is_not_in_the_room_is_refused),
		TEST(sync_gives_what_is_remembered_after_a_seq),
		TEST(sync_of_an_empty_room_gives_nothing),
		TEST(sync_of_long_texts_comes_in_several_answers),
		TEST(n2_live_posts_and_those_of_history_tell_whom_they_call),
		TEST(an_answer_with_posts_that_call_many_fits_its_frame),
		TEST(resume_goes_on_after_what_the_browser_has),
		TEST(a_newcomer_gets_no_more_than_is_remembered),
		TEST(the_room_hears_of_people_and_not_of_tabs),
		TEST(a_connection_changes_hands_silently),
		TEST(a_gateway_that_is_silent_for_a_moment_announces_nobody),
		TEST(people_of_a_gateway_that_stays_silent_leave_and_come_back),
		TEST(clients_may_leave_a_silent_gateway),
		TEST(a_gateway_that_says_goodbye_leaves_its_people_a_grace_period),
		TEST(a_gateway_silent_for_long_is_forgotten),
		TEST(a_name_released_meanwhile_does_not_come_back_with_its_gateway),
		TEST(a_gateway_that_takes_no_answers_has_to_start_over),
		TEST(what_waits_for_all_gateways_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
