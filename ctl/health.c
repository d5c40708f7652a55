/* One request over one connection that is closed after it; the deadline is of all of it. */
#include "ctl/health.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/daemon.h"
#include "common/host_port.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/slice.h"

enum { ANSWER_MAX = 8192 };

/* Waits until fd is ready for events, or the deadline. */
static bool wait_for(int fd, short events, uint64_t end_ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	for (;;) {
		uint64_t now = daemon_now_ms();
		int n;

		if (now >= end_ms)
			return false;
		n = poll(&p, 1, end_ms - now > INT_MAX ? INT_MAX : (int)(end_ms - now));
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static int connect_to(const struct addrinfo *ai, uint64_t end_ms)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;
	socklen_t len = sizeof error;

	if (fd < 0)
		return -1;
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return fd;
	if (errno == EINPROGRESS && wait_for(fd, POLLOUT, end_ms) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0)
		return fd;
	close(fd);
	return -1;
}

static bool send_all(int fd, const char *text, size_t len, uint64_t end_ms)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
			   !wait_for(fd, POLLOUT, end_ms)) {
			return false;
		}
	}
	return true;
}

/* Until the other side closes, the buffer is full or the time is over. */
static size_t receive_all(int fd, char *buf, size_t cap, uint64_t end_ms)
{
	size_t len = 0;

	while (len < cap && wait_for(fd, POLLIN, end_ms)) {
		ssize_t n = recv(fd, buf + len, cap - len, 0);

		if (n > 0)
			len += (size_t)n;
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return len;
}

/* RFC 9112 4: HTTP/1.1 200 OK, fields, an empty line, the body. */
enum status health_read(const char *answer, size_t len, struct health *out)
{
	struct slice rest = {answer, len}, line, word, code;
	uint64_t status;

	*out = (struct health){.status = 0};
	slice_cut(rest, '\n', &line, &rest);
	if (!slice_starts(line, S("HTTP/1.")) || !slice_cut(line, ' ', &word, &line))
		return ST_PROTOCOL;
	slice_cut(line, ' ', &code, &word);
	if (code.len != 3 || number_parse(code, &status) != ST_OK)
		return ST_PROTOCOL;
	do {
		if (!slice_cut(rest, '\n', &line, &rest))
			return ST_SHORT;
	} while (line.len > 0 && !slice_equal(line, S("\r")));
	slice_cut(rest, '\n', &line, &rest);
	out->status = (unsigned)status;
	if (line.len >= sizeof out->text)
		line.len = sizeof out->text - 1;
	if (line.len > 0)
		memcpy(out->text, line.ptr, line.len);
	return ST_OK;
}

static enum status converse(int fd, const char *path, uint64_t end_ms, struct health *out)
{
	char request[256], answer[ANSWER_MAX];
	size_t len;

	if (!fmt(request, sizeof request,
		 "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path))
		return ST_LONG;
	if (!send_all(fd, request, strlen(request), end_ms))
		return ST_ABSENT;
	len = receive_all(fd, answer, sizeof answer, end_ms);
	return len == 0 ? ST_ABSENT : health_read(answer, len, out);
}

enum status health_ask(const char *address, const char *path, uint64_t timeout_ms,
		       struct health *out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	uint64_t end_ms = daemon_now_ms() + timeout_ms;
	struct host_port at;
	enum status st = ST_ABSENT;

	*out = (struct health){.status = 0};
	if (!host_port_split(address, &at) || at.number == 0)
		return ST_RANGE;
	if (getaddrinfo(at.host, at.port, &hints, &list) != 0)
		return ST_ABSENT;
	for (struct addrinfo *ai = list; ai != NULL && st == ST_ABSENT;
	     ai = ai->ai_next) {
		int fd = connect_to(ai, end_ms);

		if (fd < 0)
			continue;
		st = converse(fd, path, end_ms, out);
		close(fd);
	}
	freeaddrinfo(list);
	return st;
}
