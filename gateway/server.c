/* The only file that knows libwebsockets.  Its callback is a table of one line per reason; what a reason
 * means is said by connection.c.  HTTP ends in door.c: the one request that the library reads is ours. */
#include "gateway/server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libwebsockets.h>

#include "common/attr.h"
#include "common/log.h"
#include "common/memory.h"
#include "gateway/connection.h"
#include "gateway/gateway.h"

_Static_assert(LWS_PRE <= FRAME_LOG_HEADROOM,
	       "the library may write in front of what it is given");

enum { HEADERS_MAX = 512 }; /* of the request that door.c makes */

/* What the library keeps for us per connection. */
struct peer {
	struct connection connection;
	struct forwarded_address address; /* of the browser */
	bool is_counted;                  /* for its network */
};

struct server {
	struct gateway *gateway;
	struct lws_context *context;
	struct lws_vhost *vhost;
	const struct forwarded_address *arriving; /* whose upgrade is at work; or NULL */
};

static struct gateway *server_gateway(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

/* -- for connections -- */

bool server_is_choked(struct lws *wsi)
{
	return lws_partial_buffered(wsi) != 0;
}

bool server_is_closing(struct lws *wsi)
{
	return lws_get_close_length(wsi) > 0;
}

int server_socket(struct lws *wsi)
{
	return lws_get_socket_fd(wsi);
}

void server_write(struct lws *wsi, struct slice frames)
{
	if (server_is_closing(wsi))
		return;
	/* RAW: the frames are complete already.  Errors show as LWS_CALLBACK_CLOSED. */
	(void)lws_write(wsi, (unsigned char *)(uintptr_t)frames.ptr, frames.len,
			LWS_WRITE_RAW);
}

void server_want_write(struct lws *wsi)
{
	lws_callback_on_writable(wsi);
}

void server_shut(struct lws *wsi)
{
	if (server_is_choked(wsi))
		server_want_write(wsi);
	else
		(void)shutdown(server_socket(wsi), SHUT_WR);
}

void server_end_after(struct server *s, struct lws *wsi, int seconds)
{
	lws_set_timeout(wsi,
			seconds > 0 ? PENDING_TIMEOUT_CLOSE_ACK
				    : PENDING_TIMEOUT_USER_REASON_BASE,
			seconds > 0 ? seconds : LWS_TO_KILL_ASYNC);
	lws_cancel_service(
		s->context); /* else, set outside its callbacks, it comes late */
}

void server_peer(struct lws *wsi, char out[FORWARDED_TEXT_SIZE])
{
	const struct peer *peer = lws_wsi_user(wsi);

	forwarded_write(&peer->address, out);
}

/* -- WebSockets -- */

static int on_established(struct lws *wsi, struct peer *peer)
{
	struct gateway *g = server_gateway(wsi);
	struct server *s = g->server;

	if (s->arriving == NULL)
		return -1; /* it has waited: nobody knows any more where it is from */
	peer->address = *s->arriving;
	s->arriving = NULL;
	if (!connection_open(g, &peer->connection, wsi)) {
		log_warn("connection_refused", "why=\"%s\"", "too many connections");
		return -1;
	}
	admission_enter(g->admission, &peer->address);
	peer->is_counted = true;
	return 0;
}

static void on_closed(struct lws *wsi, struct peer *peer)
{
	struct gateway *g = server_gateway(wsi);

	connection_closed(g, &peer->connection);
	if (peer->is_counted)
		admission_leave(g->admission, &peer->address);
	peer->is_counted = false;
}

static void on_receive(struct lws *wsi, struct connection *c, const char *in, size_t len)
{
	size_t rest = lws_remaining_packet_payload(wsi);
	struct connection_piece piece = {.bytes = {in, len},
					 .rest = rest,
					 .is_last =
						 rest == 0 && lws_is_final_fragment(wsi),
					 .is_binary = lws_frame_is_binary(wsi) != 0};

	connection_receive(server_gateway(wsi), c, &piece);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
		    void *in, size_t len)
{
	struct peer *peer = user;

	switch ((int)reason) {
	case LWS_CALLBACK_HTTP:
		return -1; /* no request but ours comes here */
	case LWS_CALLBACK_ESTABLISHED:
		return on_established(wsi, peer);
	case LWS_CALLBACK_RECEIVE:
		on_receive(wsi, &peer->connection, in, len);
		return 0;
	case LWS_CALLBACK_RECEIVE_PONG:
		peer->connection.heard_s =
			(uint32_t)(gateway_now(server_gateway(wsi)) / 1000);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		connection_flush(server_gateway(wsi), &peer->connection);
		return 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		/* 0: the library answers it as it is. */
		return connection_peer_closes(server_gateway(wsi), &peer->connection,
					      (struct slice){in, len})
			       ? 0
			       : -1;
	case LWS_CALLBACK_CLOSED:
		on_closed(wsi, peer);
		return 0;
	default:
		return 0;
	}
}

/* -- start -- */

static void library_log(int level, const char *line)
{
	char quoted[512];

	(void)level;
	log_debug("libwebsockets", "line=%s",
		  log_quote(quoted, sizeof quoted, slice_trim(slice_of(line))));
}

enum status server_new(uv_loop_t *loop, struct gateway *g, struct server **out)
{
	/* 256: a connection's read buffer; longer messages come in pieces.  65536: what one
	 * write may pass to the kernel at once without a copy. */
	static const struct lws_protocols protocols[] = {
		{"plume", callback, sizeof(struct peer), 256, 0, NULL, 65536},
		{NULL, NULL, 0, 0, 0, NULL, 0}};
	/* The library's ping timers are a sorted list that every connect walks: off. */
	static const lws_retry_bo_t no_timers = {0};
	struct lws_context_creation_info info;
	struct server *s = xcalloc(1, sizeof *s);
	void *loops[1] = {loop};

	*out = NULL;
	lws_set_log_level(LLL_ERR | LLL_WARN, library_log);
	memset(&info, 0, sizeof info);
	info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
	info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_VALIDATE_UTF8 |
		       LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
	info.foreign_loops = loops;
	info.gid = -1;
	info.uid = -1;
	info.user = g;
	info.protocols = protocols;
	info.retry_and_idle_policy = &no_timers;
	info.max_http_header_data = HEADERS_MAX;
	info.server_string = "plume";
	info.pt_serv_buf_size = 4096;
	s->gateway = g;
	s->context = lws_create_context(&info);
	if (s->context != NULL)
		s->vhost = lws_create_vhost(s->context, &info);
	if (s->vhost == NULL) {
		log_error("server",
			  "why=\"libwebsockets did not start: is its libuv plugin "
			  "(libwebsockets-evlib-uv) installed?\"%s",
			  "");
		free(s);
		return ST_IO;
	}
	*out = s;
	return ST_OK;
}

void server_adopt(struct server *s, int fd, const struct forwarded_address *from,
		  struct slice request)
{
	struct lws *wsi;

	s->arriving = from;
	/* On failure the library has closed fd. */
	wsi = lws_adopt_socket_vhost_readbuf(s->vhost, fd, request.ptr, request.len);
	if (wsi == NULL || s->arriving != NULL)
		log_warn("accept_failed", "why=\"%s\"", "the library took no more");
	s->arriving = NULL;
	lws_cancel_service(s->context); /* else frames that came already wait */
}
