/* test_bus_hangup.c - links that end in the midst of a frame leave NNG as it was: one that is dialled
 * anew comes back, and one whose peer hangs up is given back.
 *
 * The other side is no NNG, so that it can begin and end where it likes. */
#include "common/bus.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/bus_queue.h"
#include "common/memory.h"
#include "tests/unit/free_port.h"

enum { REDIALS = 300, HANGUPS = 2000, DEADLINE_MS = 10000, TICK_MS = 5, PAUSE_NS = 1000 };

/* -- who sends without a pause: SP over TCP, both sides begin with 8 bytes, then frames with their
 * length in 8 bytes */

struct sender {
	int listener, peer;
	uv_thread_t thread;
	atomic_bool is_over;
	unsigned connections; /* the thread's: each frame holds its lowest byte */
};

static void send_frames(const struct sender *s)
{
	char frame[8 + 1024] = {[6] = 4, [8] = (char)s->connections};
	char theirs[8];

	if (recv(s->peer, theirs, sizeof theirs, MSG_WAITALL) != sizeof theirs ||
	    send(s->peer, "\0SP\0\0\x20\0\0", 8, MSG_NOSIGNAL) != 8)
		return;
	while (!s->is_over &&
	       send(s->peer, frame, sizeof frame, MSG_NOSIGNAL) == sizeof frame)
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

static void serve(void *arg)
{
	struct sender *s = arg;

	while ((s->peer = accept(s->listener, NULL, NULL)) >= 0) {
		s->connections++;
		send_frames(s);
		close(s->peer);
	}
}

static void sender_open(struct sender *s, struct bus_address *at)
{
	uint16_t port;

	*s = (struct sender){.listener = free_port_listen(&port)};
	assert_true(fmt(at->url, sizeof at->url, "tcp://127.0.0.1:%d", port));
	assert_int_equal(uv_thread_create(&s->thread, serve, s), 0);
}

/* The links end here: once NNG has seen that, it has nothing half read, and its socket can be closed. */
static void sender_close(struct sender *s)
{
	s->is_over = true;
	shutdown(s->listener, SHUT_RDWR);
	uv_thread_join(&s->thread);
	close(s->listener);
}

/* -- the loop */

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
}

/* Over which connection the newest frame came. */
static void on_frame(void *ctx, struct slice frame)
{
	unsigned char *heard = ctx;

	assert_int_equal(frame.len, 1024);
	*heard = (unsigned char)frame.ptr[0];
}

static void a_link_under_load_comes_back_from_every_redial(void **state)
{
	struct sender sender;
	struct bus_address at = {0};
	struct bus_subscriber *subscriber;
	unsigned char heard = 0;
	uv_loop_t loop;
	uv_timer_t tick;

	(void)state;
	sender_open(&sender, &at);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(uv_timer_init(&loop, &tick), 0);
	assert_int_equal(uv_timer_start(&tick, on_tick, TICK_MS, TICK_MS), 0);
	assert_int_equal(bus_subscriber_new(&loop, &at, on_frame, &heard, &subscriber),
			 ST_OK);
	for (unsigned i = 1; i <= REDIALS; i++) {
		uint64_t late = uv_now(&loop) + DEADLINE_MS;

		/* Asked for on and on, as those do who hear nothing. */
		while (heard != (unsigned char)i && uv_now(&loop) < late) {
			if (i > 1)
				bus_subscriber_redial(subscriber);
			uv_run(&loop, UV_RUN_ONCE);
		}
		if (heard != (unsigned char)i)
			fail_msg("redial %u: the link did not come back", i);
	}
	sender_close(&sender);
	while (bus_subscriber_is_connected(subscriber))
		uv_run(&loop, UV_RUN_ONCE);
	bus_subscriber_free(&subscriber);
	uv_close((uv_handle_t *)&tick, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

/* -- who hangs up */

/* NNG forgets some of the frames within which a peer left, one in a hundred or so: a leak, and not ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:bus_message_of\n";
}

static size_t descriptors(void)
{
	DIR *all = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(all);
	while (readdir(all) != NULL)
		n++;
	closedir(all);
	return n;
}

/* A subscriber with little room, that goes after so many bytes. */
static void listen_and_go(uint16_t port, size_t bytes)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), little = 4096;
	char got[4096];
	ssize_t n = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(send(fd, "\0SP\0\0\x21\0\0", 8, MSG_NOSIGNAL), 8);
	for (size_t sum = 0; sum < bytes && n > 0; sum += (size_t)n)
		n = recv(fd, got, sizeof got, 0);
	close(fd);
}

struct publishing {
	struct bus_publisher *publisher;
	struct slice frame;
	atomic_bool is_over;
};

static void publish(void *arg)
{
	struct publishing *p = arg;

	while (!p->is_over) {
		bus_publish(p->publisher, p->frame);
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
}

/* Frames as large as they get: BUS_QUEUE_FRAME_BYTES and a message. */
static void peers_that_leave_within_a_frame_leave_nothing(void **state)
{
	static char bytes[BUS_QUEUE_FRAME_BYTES + (4 << 10)];
	struct publishing p = {.frame = {bytes, sizeof bytes}};
	struct bus_address at = {0};
	uint16_t port = free_port();
	uv_thread_t thread;
	uv_loop_t loop;
	size_t before;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_true(fmt(at.url, sizeof at.url, "tcp://127.0.0.1:%d", port));
	assert_int_equal(bus_publisher_new(&loop, &at, &p.publisher), ST_OK);
	before = descriptors();
	assert_int_equal(uv_thread_create(&thread, publish, &p), 0);
	for (unsigned i = 0; i < HANGUPS; i++)
		listen_and_go(port, 8 + i * 997 % (3 * sizeof bytes));
	for (unsigned ms = 0; ms < DEADLINE_MS && descriptors() > before; ms++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	assert_in_range(descriptors(), 1, before);
	p.is_over = true;
	uv_thread_join(&thread);
	bus_publisher_free(&p.publisher);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_under_load_comes_back_from_every_redial),
		cmocka_unit_test(peers_that_leave_within_a_frame_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
