/* One datagram for each piece of news; a manager that does not take it at once misses it. */
#include "common/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/number.h"

enum { NEWS_CAP = 512 };

static bool address_of(const char *path, struct sockaddr_un *out, socklen_t *len_out)
{
	size_t len = strlen(path);

	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len == 0 || len >= sizeof out->sun_path || (path[0] != '/' && path[0] != '@'))
		return false;
	memcpy(out->sun_path, path, len);
	if (path[0] == '@') /* of the abstract namespace */
		out->sun_path[0] = '\0';
	*len_out = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

static void send_news(const struct notify *n, const char *news)
{
	struct sockaddr_un to;
	socklen_t len;
	int fd;

	if (n->socket == NULL || !address_of(n->socket, &to, &len))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	while (sendto(fd, news, strlen(news), MSG_NOSIGNAL, (struct sockaddr *)&to, len) <
		       0 &&
	       errno == EINTR)
		;
	close(fd);
}

void notify_init(struct notify *n, const char *(*env)(const char *name), long pid)
{
	const char *usec = env("WATCHDOG_USEC"), *whose = env("WATCHDOG_PID");
	uint64_t period_us = 0, watched = (uint64_t)pid;

	*n = (struct notify){.socket = env("NOTIFY_SOCKET")};
	if (usec == NULL || number_parse(slice_of(usec), &period_us) != ST_OK)
		return;
	if (whose != NULL && number_parse(slice_of(whose), &watched) != ST_OK)
		return;
	/* Half of the period, as sd_watchdog_enabled(3) recommends. */
	if (watched == (uint64_t)pid && period_us > 0)
		n->watchdog_ms = period_us / 2000 > 0 ? period_us / 2000 : 1;
}

static void send_with_status(const struct notify *n, const char *news, const char *status)
{
	char line[NEWS_CAP];

	if (fmt(line, sizeof line, "%sSTATUS=%s", news, status))
		send_news(n, line);
}

void notify_ready(const struct notify *n, const char *status)
{
	send_with_status(n, "READY=1\n", status);
}

void notify_status(const struct notify *n, const char *status)
{
	send_with_status(n, "", status);
}

void notify_reloading(const struct notify *n, uint64_t monotonic_us)
{
	char news[NEWS_CAP];

	if (fmt(news, sizeof news, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_us))
		send_news(n, news);
}

void notify_stopping(const struct notify *n)
{
	send_news(n, "STOPPING=1");
}

void notify_watchdog(const struct notify *n)
{
	send_news(n, "WATCHDOG=1");
}
