/* test_bus_tls.c - a handshake that is cut off ends one connection, and neither the one who listens nor the
 * one who dials.
 *
 * All is in this process, so that either side can be cut off between two messages of the handshake: a relay
 * between the two waits for that. */
#include "common/bus.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
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
#include "common/memory.h"
#include "tests/unit/free_port.h"

enum { DEADLINE_MS = 30000, TICK_MS = 5, DESCRIPTORS = 256, PATIENCE_MS = 500 };

/* -- certificates, made once */

static char certificates[] = "/tmp/plume-tls-XXXXXX";

static int make_certificates(void **state)
{
	const char *source = getenv("PLUME_SOURCE_DIR");
	char command[512];

	(void)state;
	assert_non_null(source);
	assert_non_null(mkdtemp(certificates));
	assert_true(fmt(command, sizeof command, "%s/script/bus-certs %s >/dev/null 2>&1",
			source, certificates));
	return system(
		command); /* NOLINT(cert-env33-c): ours, with nothing from outside */
}

static int remove_certificates(void **state)
{
	char command[64];

	(void)state;
	assert_true(fmt(command, sizeof command, "rm -rf %s", certificates));
	return system(command); /* NOLINT(cert-env33-c) */
}

struct ends {
	struct bus_address listens, dials;
	char certs[4][64];
};

static void address(struct bus_address *at, uint16_t port, char ca[64], char cert[64],
		    const char *ca_name, const char *role)
{
	assert_true(fmt(at->url, sizeof at->url, "tls+tcp://127.0.0.1:%d", port));
	assert_true(fmt(ca, 64, "%s/%s", certificates, ca_name));
	assert_true(fmt(cert, 64, "%s/%s/cert.pem", certificates, role));
	at->ca = ca;
	at->cert = cert;
}

static void ends_at(struct ends *e, uint16_t listens, uint16_t dials)
{
	*e = (struct ends){0};
	address(&e->listens, listens, e->certs[0], e->certs[1], "broker/gateway-ca.pem",
		"broker");
	address(&e->dials, dials, e->certs[2], e->certs[3], "gateway/ca.pem", "gateway");
}

/* -- sockets of this process */

static uint16_t port_of(int fd, int name(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_in a = {0};
	socklen_t len = sizeof a;

	return name(fd, (struct sockaddr *)&a, &len) == 0 && a.sin_family == AF_INET
		       ? ntohs(a.sin_port)
		       : 0;
}

static void pause_a_little(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* NNG's side of a connection; -1: it has none. */
static int find(uint16_t local, uint16_t remote)
{
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		if (port_of(fd, getsockname) == local &&
		    port_of(fd, getpeername) == remote)
			return fd;
	}
	return -1;
}

/* Lets it send no more. */
static void cut_off(uint16_t local, uint16_t remote)
{
	int fd = -1;

	for (int ms = 0; fd < 0 && ms < DEADLINE_MS; ms++) {
		pause_a_little();
		fd = find(local, remote);
	}
	shutdown(fd, SHUT_WR);
}

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

/* -- the relay: its first connection is cut off, the others are not */

enum cut { CUT_WHO_LISTENS, CUT_WHO_DIALS };

struct relay {
	enum cut cut;
	uint16_t port, to;
	int listener;
	uv_thread_t thread;
	atomic_uint connections;
	atomic_bool is_over;
};

/* Passes on what is there; false at an end. */
static bool pass(int from, int to)
{
	char bytes[16384];
	ssize_t n = recv(from, bytes, sizeof bytes, 0);

	return n > 0 && send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void carry(const struct relay *r, int dialled, int listened)
{
	struct pollfd fds[] = {{dialled, POLLIN, 0}, {listened, POLLIN, 0}};
	bool goes_on = true;

	while (goes_on && !r->is_over) {
		poll(fds, NELEMS(fds), 100);
		if (fds[0].revents != 0)
			goes_on = pass(dialled, listened);
		if (goes_on && fds[1].revents != 0)
			goes_on = pass(listened, dialled);
	}
}

/* Whoever is cut off hears on, until its end, and can send nothing that its handshake needs. */
static void carry_cut(const struct relay *r, int dialled, int listened)
{
	bool is_listener = r->cut == CUT_WHO_LISTENS;
	int from = is_listener ? dialled : listened,
	    to = is_listener ? listened : dialled;
	uint16_t local = is_listener ? r->to : port_of(dialled, getpeername);
	uint16_t remote = is_listener ? port_of(listened, getsockname) : r->port;
	struct pollfd fd = {from, POLLIN, 0};

	if (!is_listener)
		pass(dialled, listened);
	cut_off(local, remote);
	while (poll(&fd, 1, PATIENCE_MS) == 1 && pass(from, to))
		;
	while (find(local, remote) >= 0 && !r->is_over)
		pause_a_little();
}

static void serve_relay(void *arg)
{
	struct relay *r = arg;
	struct sockaddr_in to = loopback(r->to);
	int dialled;

	while ((dialled = accept(r->listener, NULL, NULL)) >= 0) {
		int listened = socket(AF_INET, SOCK_STREAM, 0);
		bool is_first = atomic_fetch_add(&r->connections, 1) == 0;

		if (connect(listened, (struct sockaddr *)&to, sizeof to) == 0) {
			if (is_first)
				carry_cut(r, dialled, listened);
			else
				carry(r, dialled, listened);
		}
		close(listened);
		close(dialled);
	}
}

static void relay_open(struct relay *r, enum cut cut, uint16_t to)
{
	*r = (struct relay){.cut = cut, .to = to};
	r->listener = free_port_listen(&r->port);
	assert_int_equal(uv_thread_create(&r->thread, serve_relay, r), 0);
}

static void relay_close(struct relay *r)
{
	r->is_over = true;
	shutdown(r->listener, SHUT_RDWR);
	uv_thread_join(&r->thread);
	close(r->listener);
}

/* -- the loop */

struct world {
	uv_loop_t loop;
	uv_timer_t tick;
	struct ends at;
	struct bus_requester *requester;
	unsigned answers;
};

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
}

static void on_answer(void *ctx, struct slice frame)
{
	struct world *w = ctx;

	assert_true(slice_equal(frame, S("well")));
	w->answers++;
}

static void on_call(void *ctx, struct bus_call *call, struct slice frame)
{
	(void)ctx;
	bus_answer(call, frame);
}

static void begin(struct world *w, uint16_t listens, uint16_t dials)
{
	*w = (struct world){0};
	ends_at(&w->at, listens, dials);
	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(uv_timer_init(&w->loop, &w->tick), 0);
	assert_int_equal(uv_timer_start(&w->tick, on_tick, TICK_MS, TICK_MS), 0);
}

static void dial(struct world *w)
{
	assert_int_equal(
		bus_requester_new(&w->loop, &w->at.dials, on_answer, w, &w->requester),
		ST_OK);
}

static void end(struct world *w)
{
	bus_requester_free(&w->requester);
	uv_close((uv_handle_t *)&w->tick, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
}

static void is_answered_after_a_cut(enum cut cut)
{
	struct world w;
	struct relay relay;
	struct bus_replier *replier;
	uint16_t port = free_port();
	uint64_t late;

	relay_open(&relay, cut, port);
	begin(&w, port, relay.port);
	assert_int_equal(
		bus_replier_new(&w.loop, &w.at.listens, 4, on_call, &w, &replier), ST_OK);
	dial(&w);
	late = uv_now(&w.loop) + DEADLINE_MS;
	bus_request(w.requester, S("well"));
	while (w.answers == 0 && uv_now(&w.loop) < late)
		uv_run(&w.loop, UV_RUN_ONCE);
	if (w.answers == 0)
		fail_msg("no answer; connections: %u", relay.connections);
	assert_in_range(relay.connections, 2, 100);
	relay_close(&relay);
	bus_replier_free(&replier);
	end(&w);
}

static void who_listens_is_cut_off_and_answers_the_next(void **state)
{
	(void)state;
	is_answered_after_a_cut(CUT_WHO_LISTENS);
}

static void who_dials_is_cut_off_and_dials_again(void **state)
{
	(void)state;
	is_answered_after_a_cut(CUT_WHO_DIALS);
}

/* NNG sets no end to a handshake. */
static void who_hears_nothing_dials_again(void **state)
{
	struct world w;
	uint16_t port;
	int listener = free_port_listen(&port), connections = 0;
	uint64_t late;

	(void)state;
	begin(&w, port, port);
	dial(&w);
	late = uv_now(&w.loop) + DEADLINE_MS;
	while (connections < 2 && uv_now(&w.loop) < late) {
		struct pollfd fd = {listener, POLLIN, 0};

		if (poll(&fd, 1, 0) == 1 && accept(listener, NULL, NULL) >= 0)
			connections++; /* held until the test ends */
		uv_run(&w.loop, UV_RUN_ONCE);
	}
	assert_int_equal(connections, 2);
	end(&w);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_listens_is_cut_off_and_answers_the_next),
		cmocka_unit_test(who_dials_is_cut_off_and_dials_again),
		cmocka_unit_test(who_hears_nothing_dials_again),
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
