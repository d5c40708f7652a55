/* test_bus.c - the four sockets over the loopback interface, on a loop that gives up in time. */
#include "common/bus.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/memory.h"
#include "tests/unit/free_port.h"

enum { DEADLINE_MS = 10000, TICK_MS = 5 };

/* -- a loop, a free port, a deadline */

struct world {
	uv_loop_t loop;
	uv_timer_t tick; /* wakes the loop, so that conditions are looked at */
	uint16_t port;
	struct bus_address at;
};

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
}

static int begin(void **state)
{
	struct world *w = xcalloc(1, sizeof *w);

	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(uv_timer_init(&w->loop, &w->tick), 0);
	assert_int_equal(uv_timer_start(&w->tick, on_tick, TICK_MS, TICK_MS), 0);
	w->port = free_port();
	assert_true(fmt(w->at.url, sizeof w->at.url, "tcp://127.0.0.1:%d", w->port));
	*state = w;
	return 0;
}

/* That the loop can be closed shows that every socket gave back what it had. */
static int end(void **state)
{
	struct world *w = *state;

	uv_close((uv_handle_t *)&w->tick, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	free(w);
	return 0;
}

static void run_for(struct world *w, uint64_t ms)
{
	uint64_t until = uv_now(&w->loop) + ms;

	while (uv_now(&w->loop) < until)
		uv_run(&w->loop, UV_RUN_ONCE);
}

/* Runs the loop until *counter is at least wanted. */
static void run_until(struct world *w, const unsigned *counter, unsigned wanted)
{
	uint64_t late = uv_now(&w->loop) + DEADLINE_MS;

	while (*counter < wanted && uv_now(&w->loop) < late)
		uv_run(&w->loop, UV_RUN_ONCE);
	if (*counter < wanted)
		fail_msg("%u of %u in %d ms", *counter, wanted, DEADLINE_MS);
}

/* -- who listens to the sockets */

struct heard {
	unsigned count;
	char last[64];
	struct bus_call *held[4]; /* calls not yet answered, oldest first */
	unsigned n_held;
};

static void hear(struct heard *h, struct slice frame)
{
	h->count++;
	assert_true(fmt(h->last, sizeof h->last, "%.*s", SLICE_ARGS(frame)));
}

static void on_frame(void *ctx, struct slice frame)
{
	hear(ctx, frame);
}

/* Answers with what was asked. */
static void on_call_echo(void *ctx, struct bus_call *call, struct slice frame)
{
	hear(ctx, frame);
	bus_answer(call, frame);
}

static void on_call_hold(void *ctx, struct bus_call *call, struct slice frame)
{
	struct heard *h = ctx;

	hear(h, frame);
	assert_true(h->n_held < NELEMS(h->held));
	h->held[h->n_held++] = call;
}

/* The first time without an answer. */
static void on_call_reluctant(void *ctx, struct bus_call *call, struct slice frame)
{
	struct heard *h = ctx;

	hear(h, frame);
	bus_answer(call, h->count == 1 ? S("") : S("well"));
}

static struct bus_requester *new_requester(struct world *w, struct heard *h)
{
	struct bus_requester *r;

	assert_int_equal(bus_requester_new(&w->loop, &w->at, on_frame, h, &r), ST_OK);
	return r;
}

static struct bus_replier *new_replier(struct world *w, bus_call_fn *on_call,
				       struct heard *h)
{
	struct bus_replier *r;

	assert_int_equal(bus_replier_new(&w->loop, &w->at, 4, on_call, h, &r), ST_OK);
	return r;
}

/* -- requests */

static void a_request_is_answered(void **state)
{
	struct heard asked = {0}, answered = {0};
	struct bus_replier *replier = new_replier(*state, on_call_echo, &asked);
	struct bus_requester *requester = new_requester(*state, &answered);

	assert_false(bus_requester_is_waiting(requester));
	bus_request(requester, S("question"));
	assert_true(bus_requester_is_waiting(requester));
	run_until(*state, &answered.count, 1);
	assert_false(bus_requester_is_waiting(requester));
	assert_string_equal(asked.last, "question");
	assert_string_equal(answered.last, "question");
	bus_requester_free(&requester);
	bus_replier_free(&replier);
	assert_null(requester);
	assert_null(replier);
}

struct chain {
	unsigned answers;
	struct bus_requester *requester;
};

static void on_answer_ask_again(void *ctx, struct slice frame)
{
	struct chain *c = ctx;

	c->answers++;
	bus_request(c->requester, frame);
}

static void the_next_request_may_be_sent_from_the_answer(void **state)
{
	struct world *w = *state;
	struct heard asked = {0};
	struct chain chain = {0};
	struct bus_replier *replier = new_replier(w, on_call_echo, &asked);

	assert_int_equal(bus_requester_new(&w->loop, &w->at, on_answer_ask_again, &chain,
					   &chain.requester),
			 ST_OK);
	bus_request(chain.requester, S("again"));
	run_until(w, &chain.answers, 500);
	bus_requester_free(&chain.requester);
	bus_replier_free(&replier);
}

static void answers_may_be_held_and_given_in_any_order(void **state)
{
	struct heard asked = {0}, first = {0}, second = {0};
	struct bus_replier *replier = new_replier(*state, on_call_hold, &asked);
	struct bus_requester *one = new_requester(*state, &first);
	struct bus_requester *two = new_requester(*state, &second);

	bus_request(one, S("one"));
	run_until(*state, &asked.count, 1);
	bus_request(two, S("two"));
	run_until(*state, &asked.count, 2);
	bus_answer(asked.held[1], S("to two"));
	run_until(*state, &second.count, 1);
	assert_int_equal(first.count, 0);
	assert_string_equal(second.last, "to two");
	bus_answer(asked.held[0], S("to one"));
	run_until(*state, &first.count, 1);
	assert_string_equal(first.last, "to one");
	bus_requester_free(&one);
	bus_requester_free(&two);
	bus_replier_free(&replier);
}

static void a_request_waits_for_a_replier_that_starts_later(void **state)
{
	struct heard asked = {0}, answered = {0};
	struct bus_requester *requester = new_requester(*state, &answered);
	struct bus_replier *replier;

	bus_request(requester, S("early"));
	run_for(*state, 100);
	replier = new_replier(*state, on_call_echo, &asked);
	run_until(*state, &answered.count, 1);
	assert_string_equal(answered.last, "early");
	bus_requester_free(&requester);
	bus_replier_free(&replier);
}

static void a_request_is_sent_again_to_a_replier_that_restarted(void **state)
{
	struct heard before = {0}, after = {0}, answered = {0};
	struct bus_replier *replier = new_replier(*state, on_call_hold, &before);
	struct bus_requester *requester = new_requester(*state, &answered);

	bus_request(requester, S("important"));
	run_until(*state, &before.count, 1);
	bus_replier_free(&replier); /* it dies owing an answer */
	replier = new_replier(*state, on_call_echo, &after);
	run_until(*state, &answered.count, 1);
	assert_string_equal(after.last, "important");
	assert_string_equal(answered.last, "important");
	bus_requester_free(&requester);
	bus_replier_free(&replier);
}

static void without_an_answer_a_request_is_sent_again(void **state)
{
	struct heard asked = {0}, answered = {0};
	struct bus_replier *replier = new_replier(*state, on_call_reluctant, &asked);
	struct bus_requester *requester = new_requester(*state, &answered);

	bus_requester_set_resend(requester, 50);
	bus_request(requester, S("please"));
	run_until(*state, &answered.count, 1);
	assert_true(asked.count >= 2);
	assert_string_equal(answered.last, "well");
	bus_requester_free(&requester);
	bus_replier_free(&replier);
}

static void who_left_disturbs_nobody(void **state)
{
	struct heard asked = {0}, gone = {0}, answered = {0};
	struct bus_replier *replier = new_replier(*state, on_call_hold, &asked);
	struct bus_requester *leaving = new_requester(*state, &gone);
	struct bus_requester *staying = new_requester(*state, &answered);

	bus_request(leaving, S("bye"));
	run_until(*state, &asked.count, 1);
	bus_requester_free(&leaving);
	run_for(*state, 50);
	bus_answer(asked.held[0], S("too late"));
	bus_request(staying, S("here"));
	run_until(*state, &asked.count, 2);
	bus_answer(asked.held[1], S("yes"));
	run_until(*state, &answered.count, 1);
	assert_string_equal(answered.last, "yes");
	assert_int_equal(gone.count, 0);
	bus_requester_free(&staying);
	bus_replier_free(&replier);
}

/* A peer that is no NNG: with it a send that the other side refuses can leave NNG 1.5.2 unable to
 * close.  SP over TCP: both sides send 8 bytes, then frames with their length in 8 bytes. */
static int connect_raw(const struct world *w, uint64_t frame_len)
{
	unsigned char bytes[16] = {0, 'S', 'P', 0, 0, 0x30, 0, 0}; /* 0x30: REQ */
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(w->port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	for (size_t i = 0; i < 8; i++)
		bytes[8 + i] = (unsigned char)(frame_len >> (56 - 8 * i));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
	return fd;
}

/* Has the other side hung up, after its own 8 bytes? */
static bool is_hung_up(int fd)
{
	char bytes[8];

	return recv(fd, bytes, sizeof bytes, MSG_WAITALL | MSG_DONTWAIT) == 8 &&
	       recv(fd, bytes, 1, MSG_DONTWAIT) == 0;
}

static void a_frame_over_the_limit_is_not_even_read(void **state)
{
	struct world *w = *state;
	struct heard asked = {0}, answered = {0};
	struct bus_replier *replier = new_replier(w, on_call_echo, &asked);
	struct bus_requester *polite = new_requester(w, &answered);
	int good = connect_raw(w, BUS_FRAME_MAX);
	int large = connect_raw(w, BUS_FRAME_MAX + 1);
	int huge = connect_raw(w, UINT64_MAX);

	bus_request(polite, S("small"));
	run_until(w, &answered.count, 1);
	run_for(w, 200);
	assert_false(is_hung_up(good)); /* its bytes are waited for */
	assert_true(is_hung_up(large));
	assert_true(is_hung_up(huge));
	assert_int_equal(asked.count, 1);
	close(good);
	close(large);
	close(huge);
	bus_requester_free(&polite);
	bus_replier_free(&replier);
}

/* -- events */

static struct bus_publisher *new_publisher(struct world *w)
{
	struct bus_publisher *p;

	assert_int_equal(bus_publisher_new(&w->loop, &w->at, &p), ST_OK);
	return p;
}

static struct bus_subscriber *new_subscriber(struct world *w, struct heard *h)
{
	struct bus_subscriber *s;

	assert_int_equal(bus_subscriber_new(&w->loop, &w->at, on_frame, h, &s), ST_OK);
	return s;
}

/* Publishes until h hears it: frames before a subscriber is connected are lost, as they may be. */
static void publish_until_heard(struct world *w, struct bus_publisher *p,
				const struct heard *h)
{
	unsigned before = h->count;

	for (int i = 0; i < DEADLINE_MS / TICK_MS && h->count == before; i++) {
		bus_publish(p, S("anybody there?"));
		run_for(w, TICK_MS);
	}
	assert_true(h->count > before);
	run_for(w, 50); /* the rest of them */
}

static void every_subscriber_hears_everything_in_order(void **state)
{
	struct heard one = {0}, two = {0};
	struct bus_publisher *p = new_publisher(*state);
	struct bus_subscriber *s = new_subscriber(*state, &one);
	struct bus_subscriber *t = new_subscriber(*state, &two);

	publish_until_heard(*state, p, &one);
	publish_until_heard(*state, p, &two);
	one.count = two.count = 0;
	for (unsigned i = 1; i <= 200; i++) {
		char text[16];

		assert_true(fmt(text, sizeof text, "%u", i));
		bus_publish(p, slice_of(text));
	}
	run_until(*state, &one.count, 200);
	run_until(*state, &two.count, 200);
	assert_string_equal(one.last, "200");
	assert_string_equal(two.last, "200");
	assert_int_equal(bus_subscriber_dropped(s), 0);
	bus_subscriber_free(&s);
	bus_subscriber_free(&t);
	bus_publisher_free(&p);
}

struct sizes {
	size_t bytes, small; /* small: frames of one byte */
};

static void on_frame_size(void *ctx, struct slice frame)
{
	struct sizes *heard = ctx;

	heard->bytes += frame.len;
	heard->small += frame.len == 1 ? 1 : 0;
}

/* Until one arrives, and with it whatever is on its way before it: NNG 1.5.2 may never end closing a socket
 * that still has much to send. */
static void publish_small_ones(struct world *w, struct bus_publisher *p,
			       struct sizes *heard)
{
	heard->small = 0;
	for (int i = 0; i < DEADLINE_MS / TICK_MS && heard->small == 0; i++) {
		bus_publish(p, S("x"));
		run_for(w, TICK_MS);
	}
	assert_true(heard->small > 0);
	run_for(w, 50);
}

/* The loop takes nothing for long: what does not fit is dropped and counted, and then all is as before. */
static void a_loop_that_is_late_has_a_bounded_inbox(void **state)
{
	struct world *w = *state;
	struct bus_publisher *p = new_publisher(w);
	struct slice large = {xcalloc(1, 64 << 10), 64 << 10};
	struct bus_subscriber *s;
	struct sizes heard = {0};

	assert_int_equal(bus_subscriber_new(&w->loop, &w->at, on_frame_size, &heard, &s),
			 ST_OK);
	publish_small_ones(w, p, &heard);
	heard.bytes = 0;
	for (int i = 0; i < DEADLINE_MS && bus_subscriber_dropped(s) == 0; i++) {
		for (int n = 0; n < 16; n++)
			bus_publish(p, large);
		uv_sleep(1); /* NNG's threads need time, and our loop gets none */
	}
	assert_true(bus_subscriber_dropped(s) > 0);
	uv_run(&w->loop, UV_RUN_NOWAIT);
	assert_in_range(heard.bytes, BUS_INBOX_MAX - (1 << 20), BUS_INBOX_MAX);
	publish_small_ones(w, p, &heard);
	free((char *)(uintptr_t)large.ptr);
	bus_subscriber_free(&s);
	bus_publisher_free(&p);
}

static void a_subscriber_finds_a_publisher_that_restarted(void **state)
{
	struct heard h = {0};
	struct bus_subscriber *s = new_subscriber(*state, &h);
	struct bus_publisher *p = new_publisher(*state);

	publish_until_heard(*state, p, &h);
	bus_publisher_free(&p);
	p = new_publisher(*state);
	publish_until_heard(*state, p, &h);
	bus_subscriber_free(&s);
	bus_publisher_free(&p);
}

/* -- addresses */

static void a_port_in_use_is_refused(void **state)
{
	struct world *w = *state;
	struct heard h = {0};
	struct bus_replier *replier = new_replier(w, on_call_echo, &h), *second;
	struct bus_publisher *publisher;

	assert_int_equal(bus_replier_new(&w->loop, &w->at, 4, on_call_echo, &h, &second),
			 ST_BUSY);
	assert_null(second);
	assert_int_equal(bus_publisher_new(&w->loop, &w->at, &publisher), ST_BUSY);
	assert_null(publisher);
	bus_replier_free(&replier);
}

static void endpoints_are_four_ports_in_a_row(void **state)
{
	char url[64];

	(void)state;
	assert_int_equal(
		bus_endpoint_url("tcp://h:4880", ENDPOINT_EVENTS, url, sizeof url),
		ST_OK);
	assert_string_equal(url, "tcp://h:4880");
	assert_int_equal(
		bus_endpoint_url("tcp://h:4880", ENDPOINT_CONTROL, url, sizeof url),
		ST_OK);
	assert_string_equal(url, "tcp://h:4883");
	assert_int_equal(
		bus_endpoint_url("tcp://[::1]:1", ENDPOINT_COMMANDS, url, sizeof url),
		ST_OK);
	assert_string_equal(url, "tcp://[::1]:2");
	assert_int_equal(
		bus_endpoint_url("tcp://h:65532", ENDPOINT_CONTROL, url, sizeof url),
		ST_OK);
	assert_int_equal(
		bus_endpoint_url("tcp://h:65533", ENDPOINT_EVENTS, url, sizeof url),
		ST_RANGE);
	assert_int_equal(bus_endpoint_url("tcp://h:4880", ENDPOINT_EVENTS, url, 8),
			 ST_RANGE);
}

static void only_tcp_with_a_port_is_an_address(void **state)
{
	static const char *const bad[] = {
		"",
		"tcp://",
		"tcp://h",
		"tcp://h:",
		"tcp://:4880",
		"tcp://h:0",
		"tcp://h\x1b[2J:4880",
		"tcp://h h:4880",
		"tcp://\xc2\x9bh:4880",
		"tcp://h:65536",
		"tcp://h:4880x",
		"tcp://h:04880",
		"tcp://h:+1",
		"ipc:///tmp/s",
		"inproc://x",
		"TCP://h:4880",
		"ws://h:4880",
		"h:4880",
		"tls+tcp://h",
		"tls://h:4880",
		"tcp://h:4880/path",
	};

	(void)state;
	assert_true(bus_url_is_valid("tcp://127.0.0.1:4880"));
	assert_true(bus_url_is_valid("tcp://broker:65535"));
	assert_true(bus_url_is_valid("tls+tcp://broker:4880"));
	for (size_t i = 0; i < NELEMS(bad); i++) {
		if (bus_url_is_valid(bad[i]))
			fail_msg("%s", bad[i]);
	}
}

static void endpoints_of_tls_are_tls(void **state)
{
	char url[64];

	(void)state;
	assert_int_equal(
		bus_endpoint_url("tls+tcp://h:4880", ENDPOINT_MAIL, url, sizeof url),
		ST_OK);
	assert_string_equal(url, "tls+tcp://h:4882");
	assert_true(bus_url_is_tls(url));
	assert_false(bus_url_is_tls("tcp://h:4882"));
}

static void only_loopback_stays_on_this_machine(void **state)
{
	static const char *const here[] = {
		"tcp://127.0.0.1:1",
		"tcp://127.8.9.10:1",
		"tcp://localhost:1",
		"tls+tcp://[::1]:1",
	};
	static const char *const away[] = {
		"tcp://0.0.0.0:1",
		"tcp://*:1",
		"tcp://10.0.0.1:1",
		"tcp://128.0.0.1:1",
		"tcp://127.0.0.1.example:1",
		"tcp://127.1:1",
		"tcp://localhost.example:1",
		"tcp://[::]:1",
		"tcp://[::ffff:10.0.0.1]:1",
		"tcp://broker:1",
		"127.0.0.1:1",
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(here); i++) {
		if (!bus_url_is_loopback(here[i]))
			fail_msg("%s", here[i]);
	}
	for (size_t i = 0; i < NELEMS(away); i++) {
		if (bus_url_is_loopback(away[i]))
			fail_msg("%s", away[i]);
	}
}

static void freeing_nothing_is_fine(void **state)
{
	struct bus_requester *requester = NULL;
	struct bus_replier *replier = NULL;
	struct bus_publisher *publisher = NULL;
	struct bus_subscriber *subscriber = NULL;

	(void)state;
	bus_requester_free(&requester);
	bus_replier_free(&replier);
	bus_publisher_free(&publisher);
	bus_subscriber_free(&subscriber);
	bus_requester_free(NULL);
	bus_replier_free(NULL);
	bus_publisher_free(NULL);
	bus_subscriber_free(NULL);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(a_request_is_answered),
		WITH_WORLD(the_next_request_may_be_sent_from_the_answer),
		WITH_WORLD(answers_may_be_held_and_given_in_any_order),
		WITH_WORLD(a_request_waits_for_a_replier_that_starts_later),
		WITH_WORLD(a_request_is_sent_again_to_a_replier_that_restarted),
		WITH_WORLD(without_an_answer_a_request_is_sent_again),
		WITH_WORLD(who_left_disturbs_nobody),
		WITH_WORLD(a_frame_over_the_limit_is_not_even_read),
		WITH_WORLD(every_subscriber_hears_everything_in_order),
		WITH_WORLD(a_loop_that_is_late_has_a_bounded_inbox),
		WITH_WORLD(a_subscriber_finds_a_publisher_that_restarted),
		WITH_WORLD(a_port_in_use_is_refused),
		cmocka_unit_test(endpoints_are_four_ports_in_a_row),
		cmocka_unit_test(only_tcp_with_a_port_is_an_address),
		cmocka_unit_test(endpoints_of_tls_are_tls),
		cmocka_unit_test(only_loopback_stays_on_this_machine),
		cmocka_unit_test(freeing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
