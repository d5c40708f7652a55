/* test_notify.c - what arrives at systemd's socket. */
#include "common/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/memory.h"

enum { OUR_PID = 42 };

static struct {
	int fd;
	char name[64]; /* "@..." */
	const char *usec, *pid;
} t;

static const char *fake_env(const char *name)
{
	if (strcmp(name, "NOTIFY_SOCKET") == 0)
		return t.name[0] == '\0' ? NULL : t.name;
	if (strcmp(name, "WATCHDOG_USEC") == 0)
		return t.usec;
	return strcmp(name, "WATCHDOG_PID") == 0 ? t.pid : NULL;
}

static int set_up(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t len;

	(void)state;
	memset(&t, 0, sizeof t);
	t.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (t.fd < 0 ||
	    !fmt(t.name, sizeof t.name, "@plume-test-notify-%ld", (long)getpid()))
		return -1;
	len = strlen(t.name);
	memcpy(a.sun_path, t.name, len);
	a.sun_path[0] = '\0';
	return bind(t.fd, (struct sockaddr *)&a,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

static int tear_down(void **state)
{
	(void)state;
	return close(t.fd);
}

static void expect_news(const char *news)
{
	char buf[256];
	ssize_t n = recv(t.fd, buf, sizeof buf - 1, 0);

	assert_true(n > 0);
	buf[n] = '\0';
	assert_string_equal(buf, news);
}

static void each_piece_of_news_is_one_datagram(void **state)
{
	struct notify n;

	(void)state;
	notify_init(&n, fake_env, OUR_PID);
	notify_ready(&n, "started");
	notify_status(&n, "waits");
	notify_reloading(&n, 123456);
	notify_watchdog(&n);
	notify_stopping(&n);
	expect_news("READY=1\nSTATUS=started");
	expect_news("STATUS=waits");
	expect_news("RELOADING=1\nMONOTONIC_USEC=123456");
	expect_news("WATCHDOG=1");
	expect_news("STOPPING=1");
}

static void without_a_socket_nothing_happens(void **state)
{
	static const char *const none[] = {"", "relative", "/nowhere/at/all"};
	struct notify n;

	(void)state;
	for (size_t i = 0; i < NELEMS(none); i++) {
		assert_true(fmt(t.name, sizeof t.name, "%s", none[i]));
		notify_init(&n, fake_env, OUR_PID);
		notify_ready(&n, "started");
	}
	memset(t.name, '/', sizeof t.name - 1);
	notify_init(&n, fake_env, OUR_PID);
	notify_stopping(&n);
}

static void the_watchdog_is_told_twice_in_its_time(void **state)
{
	static const struct {
		const char *usec, *pid;
		uint64_t ms;
	} cases[] = {
		{NULL, NULL, 0},           {"30000000", NULL, 15000},
		{"30000000", "42", 15000}, {"30000000", "43", 0},
		{"soon", NULL, 0},         {"0", NULL, 0},
		{"1000", NULL, 1},         {"30000000", "x", 0},
	};
	struct notify n;

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		t.usec = cases[i].usec;
		t.pid = cases[i].pid;
		notify_init(&n, fake_env, OUR_PID);
		assert_int_equal(n.watchdog_ms, cases[i].ms);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_piece_of_news_is_one_datagram),
		TEST(without_a_socket_nothing_happens),
		TEST(the_watchdog_is_told_twice_in_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
