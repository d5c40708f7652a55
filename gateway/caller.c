#include "gateway/caller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/memory.h"
#include "gateway/door.h"

enum {
	KEEP_ALIVE_MS = 15000, /* between two requests */
	ANSWER_MS = 30000,
	LINGER_MS = 2000,
	LINGER_BYTES = 64 << 10,
	FIRST_BYTES = 1024, /* of a head; most fit */
};

static void on_event(uv_poll_t *poll, int status, int events);

static void wait_for(struct caller *c, int events, uint64_t most_ms)
{
	c->due_ms = uv_now(c->poll.loop) + most_ms;
	uv_poll_start(&c->poll, events, on_event);
}

void caller_begin(struct caller *c, uint64_t most_ms)
{
	wait_for(c, UV_READABLE, most_ms);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void caller_end(struct caller *c)
{
	if (c->state == GONE)
		return;
	c->state = GONE;
	door_forget(c->door, c);
	uv_poll_stop(&c->poll);
	if (c->fd >= 0)
		close(c->fd);
	free(c->in);
	free(c->head);
	uv_close((uv_handle_t *)&c->poll, on_closed);
}

/* -- out */

static void linger(struct caller *c)
{
	free(c->in);
	c->in = NULL;
	c->in_len = c->in_size = 0;
	if (c->has_ended || shutdown(c->fd, SHUT_WR) != 0) {
		caller_end(c);
		return;
	}
	c->state = LINGERING;
	wait_for(c, UV_READABLE, LINGER_MS);
}

static void was_taken(struct caller *c)
{
	free(c->head);
	c->head = NULL;
	c->head_at = c->head_len = 0;
	if (c->is_last) {
		linger(c);
		return;
	}
	c->state = READING;
	c->was_answered = true;
	wait_for(c, UV_READABLE,
		 c->in_len > 0 ? door_head_ms(c->door) : (uint64_t)KEEP_ALIVE_MS);
}

/* Gives what the socket takes of head and body; false: the caller is gone. */
static bool give(struct caller *c, const char *head, size_t head_len)
{
	struct iovec parts[2] = {{(void *)(uintptr_t)head, head_len},
				 {(void *)(uintptr_t)c->body.ptr, c->body.len}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t sent = sendmsg(c->fd, &message, MSG_NOSIGNAL);
	size_t n = sent > 0 ? (size_t)sent : 0, of_head = n < head_len ? n : head_len;

	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		caller_end(c);
		return false;
	}
	c->body =
		(struct slice){c->body.ptr + (n - of_head), c->body.len - (n - of_head)};
	if (c->head != NULL) {
		c->head_at += of_head;
	} else if (of_head < head_len) {
		c->head_len = head_len - of_head;
		c->head = slice_dup((struct slice){head + of_head, c->head_len});
	}
	return true;
}

void caller_answer(struct caller *c, const struct http_answer *a,
		   const struct http_context *context)
{
	char head[HTTP_ANSWER_HEAD_MAX];

	c->is_last = a->is_last;
	c->body = a->body;
	c->state = ANSWERING;
	if (!give(c, head, http_answer_write_head(a, context, head)))
		return;
	if (c->head == NULL && c->body.len == 0)
		was_taken(c);
	else
		wait_for(c, UV_WRITABLE, ANSWER_MS);
}

static void go_on_answering(struct caller *c)
{
	const char *rest = c->head != NULL ? c->head + c->head_at : "";

	if (give(c, rest, c->head_len - c->head_at) && c->head_at == c->head_len &&
	    c->body.len == 0) {
		was_taken(c);
		door_serve(c->door, c); /* what it said meanwhile */
	}
}

/* -- in */

void caller_consume(struct caller *c, size_t n)
{
	c->in_len -= n;
	memmove(c->in, c->in + n, c->in_len);
	if (c->in_len > 0)
		return;
	free(c->in);
	c->in = NULL;
	c->in_size = 0;
}

/* One byte more than a head may have, so that one too many is seen. */
static void hear(struct caller *c)
{
	size_t most = door_head_bytes(c->door) + 1;
	ssize_t n;

	if (c->in_len == c->in_size) {
		c->in_size = c->in_size == 0 ? FIRST_BYTES : 2 * c->in_size;
		c->in_size = c->in_size > most ? most : c->in_size;
		c->in = xrealloc(c->in, c->in_size);
	}
	n = recv(c->fd, c->in + c->in_len, c->in_size - c->in_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		caller_end(c);
		return;
	}
	if (n == 0)
		c->has_ended = true;
	else if (c->in_len == 0 && c->was_answered)
		wait_for(c, UV_READABLE, door_head_ms(c->door));
	c->in_len += (size_t)n;
	door_serve(c->door, c);
}

static void discard(struct caller *c)
{
	char bytes[4096];
	ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->discarded += n > 0 ? (size_t)n : 0;
	if (n <= 0 || c->discarded > LINGER_BYTES)
		caller_end(c);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct caller *c = poll->data;

	(void)events;
	if (status < 0)
		caller_end(c);
	else if (c->state == READING)
		hear(c);
	else if (c->state == ANSWERING)
		go_on_answering(c);
	else if (c->state == LINGERING)
		discard(c);
}
