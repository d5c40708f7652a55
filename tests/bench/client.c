/* Sockets are non-blocking; epoll is level-triggered, and asked for writability only while bytes wait. */
#define _GNU_SOURCE /* SOCK_NONBLOCK */
#include "tests/bench/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/memory.h"

static void watch(struct client *c, int poll, int op)
{
	bool wants_out = c->out_len > 0 || c->state == CLIENT_DIALLING;
	struct epoll_event e = {.events = (c->is_stopped ? 0u : (uint32_t)EPOLLIN) |
					  (wants_out ? (uint32_t)EPOLLOUT : 0u),
				.data.ptr = c};

	(void)epoll_ctl(poll, op, c->fd, &e);
}

enum status client_dial(struct client *c, int poll, const struct sockaddr *address,
			socklen_t len, int receive_buffer)
{
	int one = 1;

	c->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return ST_IO;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (receive_buffer > 0)
		setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
			   sizeof receive_buffer);
	c->state = CLIENT_DIALLING;
	if (connect(c->fd, address, len) != 0 && errno != EINPROGRESS) {
		bool is_busy = errno == EADDRNOTAVAIL;

		client_close(c);
		return is_busy ? ST_BUSY : ST_IO;
	}
	watch(c, poll, EPOLL_CTL_ADD);
	return ST_OK;
}

void client_adopt(struct client *c, int poll, int fd)
{
	c->fd = fd;
	c->state = CLIENT_INSIDE;
	watch(c, poll, EPOLL_CTL_ADD);
}

void client_stop(struct client *c, int poll, bool is_stopped)
{
	c->is_stopped = is_stopped;
	watch(c, poll, EPOLL_CTL_MOD);
}

static void keep(struct client *c, struct slice bytes)
{
	c->out = xrealloc(c->out, c->out_len + bytes.len);
	memcpy(c->out + c->out_len, bytes.ptr, bytes.len);
	c->out_len += bytes.len;
}

bool client_send(struct client *c, int poll, struct slice bytes)
{
	ssize_t n = 0;

	if (c->out_len == 0) {
		n = send(c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n < 0)
			n = 0;
	}
	if ((size_t)n < bytes.len) {
		keep(c, (struct slice){bytes.ptr + n, bytes.len - (size_t)n});
		watch(c, poll, EPOLL_CTL_MOD);
	}
	return true;
}

bool client_tell(struct client *c, int poll, unsigned char opcode, struct slice payload)
{
	/* A mask of zeros leaves the payload as it is. */
	char frame[14 + 1024];
	size_t head = payload.len < 126 ? 2 : 4;

	if (head + 4 + payload.len > sizeof frame)
		return false;
	frame[0] = (char)opcode;
	frame[1] = (char)(0x80 | (head == 2 ? payload.len : 126));
	if (head == 4) {
		frame[2] = (char)(payload.len >> 8);
		frame[3] = (char)(payload.len & 0xff);
	}
	memset(frame + head, 0, 4);
	if (payload.len > 0)
		memcpy(frame + head + 4, payload.ptr, payload.len);
	return client_send(c, poll, (struct slice){frame, head + 4 + payload.len});
}

bool client_flush(struct client *c, int poll)
{
	ssize_t n = c->out_len > 0 ? send(c->fd, c->out, c->out_len, MSG_NOSIGNAL) : 0;

	if (n < 0)
		return errno == EAGAIN;
	c->out_len -= (size_t)n;
	memmove(c->out, c->out + n, c->out_len);
	if (c->out_len == 0) {
		free(c->out);
		c->out = NULL;
	}
	watch(c, poll, EPOLL_CTL_MOD);
	return true;
}

bool client_upgrade(struct client *c, int poll, const char *host)
{
	char request[512];

	c->state = CLIENT_UPGRADING;
	if (!fmt(request, sizeof request,
		 "GET /connect HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
		 "Connection: Upgrade\r\nSec-WebSocket-Key: cGx1bWUtYmVuY2gtLS0tLQ==\r\n"
		 "Sec-WebSocket-Version: 13\r\n\r\n",
		 host) ||
	    !client_send(c, poll, slice_of(request)))
		return false;
	if (c->out_len == 0)
		watch(c, poll, EPOLL_CTL_MOD);
	return true;
}

void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	frames_fini(&c->frames);
	free(c->out);
	c->out = NULL;
	c->out_len = 0;
	if (c->state == CLIENT_INSIDE)
		c->position = c->cursor.next;
	c->state = CLIENT_IDLE;
	c->is_stopped = false;
	c->cursor.next = 0;
}
