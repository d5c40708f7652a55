/* Accepts in a uv_poll.  When descriptors run out it rests for a moment instead of spinning: the
 * connection stays in the kernel's queue and the socket stays readable. */
#define _GNU_SOURCE /* accept4 */
#include "gateway/listener.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/complaints.h"
#include "common/daemon.h"
#include "common/host_port.h"
#include "common/log.h"
#include "common/memory.h"
#include "gateway/gateway.h"

enum {
	BACKLOG = 4096,
	ACCEPTS_PER_TURN =
		8, /* so that a storm of newcomers does not starve those inside */
	REST_MS = 100,
	/* The kernel's own tuning would hide megabytes of a slow reader's frames. */
	SEND_BUFFER = 128 << 10,
};

struct listener {
	int fd;
	char address[LISTENER_ADDRESS_SIZE];
	const struct gateway_options *options; /* borrowed */
	listener_fn *on_accept;
	void *ctx;
	uv_poll_t poll;
	uv_timer_t rest;
	struct complaints failed;
};

bool listener_address_is_valid(const char *listen)
{
	struct host_port at;

	return host_port_split(listen, &at);
}

static bool open_socket(struct listener *l, const struct addrinfo *ai)
{
	int one = 1;

	l->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return l->fd >= 0 &&
	       setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
	       setsockopt(l->fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 &&
	       bind(l->fd, ai->ai_addr, ai->ai_addrlen) == 0;
}

static void on_rested(uv_timer_t *timer)
{
	listener_start(timer->data);
}

static void complain(struct listener *l, const char *why)
{
	uint64_t times = complaints_add(&l->failed, slice_of(why), daemon_now_ms());

	if (times > 0)
		log_warn("accept_failed", "times=%" PRIu64 " why=\"%s\"", times, why);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct listener *l = poll->data;
	int one = 1, size = SEND_BUFFER;
	int dead_ms = (int)(l->options->ping_interval_ms + l->options->pong_timeout_ms);

	(void)events;
	for (int i = 0; status == 0 && i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM) {
				complain(l, strerror(errno));
				uv_poll_stop(&l->poll);
				uv_timer_start(&l->rest, on_rested, REST_MS, 0);
			}
			return; /* nobody is waiting, or who waited has gone */
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
		/* Who takes nothing for so long is gone: while bytes wait, no ping is sent. */
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof dead_ms);
		l->on_accept(l->ctx, fd);
	}
}

enum status listener_new(uv_loop_t *loop, const struct gateway_options *options,
			 listener_fn *on_accept, void *ctx, struct listener **out)
{
	const char *listen = options->listen;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *ai = NULL;
	struct listener *l = xcalloc(1, sizeof *l);
	struct host_port at;
	bool is_taken;

	*out = NULL;
	l->fd = -1;
	l->options = options;
	l->on_accept = on_accept;
	l->ctx = ctx;
	if (!host_port_split(listen, &at) ||
	    getaddrinfo(at.host, at.port, &hints, &ai) != 0) {
		log_error("listen_refused", "listen=%s why=\"it is not HOST:PORT\"",
			  listen);
		free(l);
		return ST_RANGE;
	}
	if (!open_socket(l, ai)) {
		is_taken = errno == EADDRINUSE;
		log_error("listen_refused", "listen=%s why=\"%s\"", listen,
			  strerror(errno));
		if (l->fd >= 0)
			close(l->fd);
		freeaddrinfo(ai);
		free(l);
		return is_taken ? ST_BUSY : ST_IO;
	}
	freeaddrinfo(ai);
	host_port_of_socket(l->fd, l->address, sizeof l->address);
	uv_poll_init(loop, &l->poll, l->fd);
	l->poll.data = l;
	uv_timer_init(loop, &l->rest);
	l->rest.data = l;
	*out = l;
	return ST_OK;
}

const char *listener_address(const struct listener *l)
{
	return l->address;
}

void listener_start(struct listener *l)
{
	if (l->fd < 0)
		return;
	/* Not before: on a shared port the kernel gives a share to everybody who listens. */
	if (listen(l->fd, BACKLOG) != 0)
		log_error("listen_failed", "why=\"%s\"", strerror(errno));
	uv_poll_start(&l->poll, UV_READABLE, on_readable);
}

void listener_stop(struct listener *l)
{
	if (l->fd < 0)
		return;
	uv_timer_stop(&l->rest);
	uv_poll_stop(&l->poll);
	close(l->fd);
	l->fd = -1;
}
