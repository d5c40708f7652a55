/* A request is a question put to the loop, and a wait for its answer.
 *
 * Who waits may give up first; then the question belongs to the loop alone, which drops it when it
 * comes to it.  The lock is held for moments only, never while an answer is made. */
#include "common/admin.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "common/attr.h"
#include "common/host_port.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/slice.h"

enum { BACKLOG = 32, ADDRESS_CAP = 128, STACK_SIZE = 256 << 10 };

struct question {
	struct question *next;
	const struct page *page;
	bool is_answered, is_abandoned;
	unsigned status;
	char *text; /* of the answer */
	size_t len;
};

struct admin {
	struct admin_setup setup;
	char address[ADDRESS_CAP];
	uv_mutex_t lock;
	uv_cond_t answered;
	uv_async_t wake;
	struct question
		*first; /* waiting for the loop, newest first: order is of no matter */
};

typedef unsigned page_fn(struct admin *a, FILE *out);

struct page {
	const char *path, *type;
	unsigned patience_ms;
	page_fn *write; /* on the loop; returns the status */
};

/* -- the pages, on the loop -- */

static unsigned write_live(struct admin *a, FILE *out)
{
	(void)a;
	fputs("live\n", out);
	return MHD_HTTP_OK;
}

static unsigned write_ready(struct admin *a, FILE *out)
{
	const char *why = "";
	bool is_ready = a->setup.is_ready(a->setup.ctx, &why);

	fprintf(out, "%s%s\n", is_ready ? "ready" : "not ready: ", is_ready ? "" : why);
	return is_ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned write_metrics(struct admin *a, FILE *out)
{
	a->setup.metrics(a->setup.ctx, out);
	return MHD_HTTP_OK;
}

static const struct page pages[] = {
	{"/livez", "text/plain; charset=utf-8", ADMIN_LIVE_MS, write_live},
	{"/readyz", "text/plain; charset=utf-8", ADMIN_READY_MS, write_ready},
	{"/metrics", "text/plain; version=0.0.4; charset=utf-8", ADMIN_METRICS_MS,
	 write_metrics},
};

static const struct page *find_page(const char *path)
{
	for (size_t i = 0; i < NELEMS(pages); i++) {
		if (strcmp(path, pages[i].path) == 0)
			return &pages[i];
	}
	return NULL;
}

/* -- between the threads -- */

static void free_question(struct question *q)
{
	free(q->text);
	free(q);
}

static void answer(struct admin *a, struct question *q)
{
	FILE *out = open_memstream(&q->text, &q->len);
	bool is_abandoned;

	if (out == NULL)
		abort(); /* out of memory */
	q->status = q->page->write(a, out);
	fclose(out);
	uv_mutex_lock(&a->lock);
	q->is_answered = true;
	is_abandoned = q->is_abandoned;
	uv_cond_broadcast(&a->answered);
	uv_mutex_unlock(&a->lock);
	if (is_abandoned)
		free_question(q);
}

static void on_wake(uv_async_t *wake)
{
	struct admin *a = wake->data;
	struct question *q, *next;

	uv_mutex_lock(&a->lock);
	q = a->first;
	a->first = NULL;
	uv_mutex_unlock(&a->lock);
	for (; q != NULL; q = next) {
		next = q->next;
		answer(a, q);
	}
}

/* NULL: the loop did not answer in time. */
static struct question *ask(struct admin *a, const struct page *page)
{
	struct question *q = xcalloc(1, sizeof *q);
	uint64_t end = uv_hrtime() + page->patience_ms * UINT64_C(1000000), now;
	bool is_answered;

	q->page = page;
	uv_mutex_lock(&a->lock);
	q->next = a->first;
	a->first = q;
	uv_async_send(&a->wake);
	while (!q->is_answered && (now = uv_hrtime()) < end)
		uv_cond_timedwait(&a->answered, &a->lock, end - now);
	is_answered = q->is_answered;
	q->is_abandoned = !is_answered;
	uv_mutex_unlock(&a->lock);
	return is_answered ? q : NULL;
}

/* -- HTTP, on libmicrohttpd's threads -- */

static enum MHD_Result send_text(struct MHD_Connection *c, unsigned status,
				 const char *type, const char *text, size_t len)
{
	/* The library's constness is of a time before it. */
	struct MHD_Response *r = MHD_create_response_from_buffer(
		len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result sent;

	if (r == NULL)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", type);
	MHD_add_response_header(r, "Cache-Control", "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
	sent = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return sent;
}

static enum MHD_Result send_line(struct MHD_Connection *c, unsigned status,
				 const char *line)
{
	return send_text(c, status, pages[0].type, line, strlen(line));
}

/* Paths are compared as they came: unescaped, "/metrics%00" would end early. */
static size_t leave_escaped(void *cls, struct MHD_Connection *c, char *path)
{
	(void)cls;
	(void)c;
	return strlen(path);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version,
				  const char *upload, size_t *upload_len, void **seen)
{
	struct admin *a = cls;
	const struct page *page = find_page(url);
	struct question *q;
	enum MHD_Result sent;

	(void)version;
	(void)upload;
	if (page == NULL)
		return send_line(c, MHD_HTTP_NOT_FOUND, "not found\n");
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return send_line(c, MHD_HTTP_METHOD_NOT_ALLOWED, "method not allowed\n");
	if (*upload_len > 0)
		return MHD_NO; /* nobody has to send us anything: the connection ends */
	if (*seen == NULL) {   /* the first call is for the headers alone */
		*seen = a;
		return MHD_YES;
	}
	q = ask(a, page);
	if (q == NULL)
		return send_line(c, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "the loop does not answer\n");
	sent = send_text(c, q->status, page->type, q->text, q->len);
	free_question(q);
	return sent;
}

/* -- the address -- */

static bool split(const char *address, struct host_port *out)
{
	return host_port_split(address, out) && strlen(out->host) < ADDRESS_CAP;
}

bool admin_address_is_valid(const char *address)
{
	struct host_port at;

	return split(address, &at);
}

static bool bind_to(int fd, const struct addrinfo *ai)
{
	int one = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
	       bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
}

static enum status refuse(const struct admin *a, const char *why)
{
	log_error("admin_failed", "admin=%s why=\"%s\"", a->setup.address, why);
	return ST_IO;
}

static enum status open_socket(struct admin *a, int *fd_out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *ai = NULL;
	struct host_port at;
	int rv, fd;

	*fd_out = -1;
	if (!split(a->setup.address, &at))
		return refuse(a, "not HOST:PORT");
	rv = getaddrinfo(at.host, at.port, &hints, &ai);
	if (rv != 0)
		return refuse(a, gai_strerror(rv));
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !bind_to(fd, ai)) {
		rv = errno;
		freeaddrinfo(ai);
		if (fd >= 0)
			close(fd);
		return rv == EADDRINUSE ? ST_BUSY : refuse(a, strerror(rv));
	}
	freeaddrinfo(ai);
	host_port_of_socket(fd, a->address, sizeof a->address);
	*fd_out = fd;
	return ST_OK;
}

static struct MHD_Daemon *serve(struct admin *a, int fd)
{
	/* A thread for each, because each may wait for the loop. */
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
			 MHD_USE_POLL;

	return MHD_start_daemon(
		flags, 0, NULL, NULL, on_request, a, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)ADMIN_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)ADMIN_IDLE_S,
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_SIZE,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_END);
}

enum status admin_new(const struct admin_setup *setup, struct admin **out)
{
	struct admin *a = xcalloc(1, sizeof *a);
	enum status st;
	int fd;

	*out = NULL;
	a->setup = *setup;
	st = open_socket(a, &fd);
	if (st != ST_OK) {
		free(a);
		return st;
	}
	if (uv_mutex_init(&a->lock) != 0 || uv_cond_init(&a->answered) != 0 ||
	    uv_async_init(setup->loop, &a->wake, on_wake) != 0)
		abort(); /* before anything was served */
	a->wake.data = a;
	uv_unref((uv_handle_t *)&a->wake);
	if (serve(a, fd) == NULL) {
		close(fd);
		return refuse(a, "libmicrohttpd did not start"); /* the process ends */
	}
	*out = a;
	return ST_OK;
}

const char *admin_address(const struct admin *a)
{
	return a->address;
}
