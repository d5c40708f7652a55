/* The front of a gateway, end to end: a real gateway in this process, a connection over TCP, and bytes.
 *
 * The first byte says whether the rest is raw, or a story: requests, upgrades, frames with lies in their
 * headers, the protocol's JSON, pauses at any place, what the broker says to it.  Whatever comes: what is
 * answered is HTTP/1.x or, after a 101, frames of RFC 6455, and nothing follows a close frame; who is
 * inside meanwhile is served; what the gateway asks of its broker is what the protocol has; and when the
 * connection has gone its descriptor and its memory have, too. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/attr.h"
#include "common/host_port.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/secret.h"
#include "gateway/gateway.h"
#include "gateway/listener.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fake_bus.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/wire.h"

enum {
	TURNS_MAX = 20000, /* of the loop, before what has to come is missed */
	STEPS_MAX = 48,
	FDS_LOOKED_AT = 64, /* the lowest ones are given first */
	HEARD_MAX = 4 << 20,
	LEAK_MAX = 8 << 20, /* bytes, of all inputs together */
};

/* How much is allocated, where a sanitizer counts it. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

/* A browser's end of a connection. */
struct end {
	int fd;
	char *heard;
	size_t heard_len;
	bool is_over; /* the gateway has closed it */
};

static struct {
	uv_loop_t loop;
	struct gateway *gateway;
	struct gateway_options options;
	struct sockaddr_in address;
	struct end canary;
	size_t pings; /* the canary's */
	int sockets;  /* that the process has */
	size_t leaked;
} front;

/* -- one end -- */

static char heard[2][HEARD_MAX];

static struct end end_open(char *memory)
{
	struct linger at_once = {1, 0}; /* a reset: no port waits for its time to go by */
	struct end e = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	int one = 1;

	assert(e.fd >= 0);
	/* The fuzzer has a timer, whose signal interrupts; ports may be short for a moment. */
	for (int i = 0; connect(e.fd, (struct sockaddr *)&front.address,
				sizeof front.address) != 0 &&
			errno != EISCONN;
	     i++) {
		assert(i < TURNS_MAX &&
		       (errno == EINTR || errno == EALREADY || errno == EADDRNOTAVAIL));
		uv_sleep(1);
	}
	assert(fcntl(e.fd, F_SETFL, O_NONBLOCK) == 0);
	(void)setsockopt(e.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	(void)setsockopt(e.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	e.heard = memory;
	return e;
}

/* True: something came. */
static bool end_hear(struct end *e)
{
	ssize_t n;

	if (e->is_over || e->heard_len == HEARD_MAX)
		return false;
	n = recv(e->fd, e->heard + e->heard_len, HEARD_MAX - e->heard_len, 0);
	if (n > 0)
		e->heard_len += (size_t)n;
	e->is_over = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
	return n > 0;
}

/* A turn of everything but the fuzzed end; true: something happened. */
static bool turn(struct end *e)
{
	bool busy;

	uv_run(&front.loop, UV_RUN_NOWAIT);
	busy = fake_bus_turn();
	return (e != NULL && end_hear(e)) || busy;
}

/* Until nothing happens any more; bytes: so many were sent, which are read in small pieces. */
static void settle(struct end *e, size_t bytes)
{
	size_t quiet = 0, enough = 6 + bytes / 128;

	while (quiet < enough)
		quiet = turn(e) ? 0 : quiet + 1;
}

static void end_say(struct end *e, const char *bytes, size_t len)
{
	size_t said = 0;

	for (int i = 0; said < len && i < TURNS_MAX && !e->is_over; i++) {
		ssize_t n = send(e->fd, bytes + said, len - said, MSG_NOSIGNAL);

		if (n > 0)
			said += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			break;
		(void)turn(e);
	}
	settle(e, said);
}

/* -- the canary: a browser as it should be -- */

static const char upgrade[] = "GET /connect HTTP/1.1\r\nHost: chat.example\r\n"
			      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			      "Sec-WebSocket-Version: 13\r\n\r\n";

struct words {
	char bytes[1 << 17];
	size_t len;
};

static void put(struct words *w, const void *bytes, size_t len)
{
	if (len > sizeof w->bytes - w->len)
		len = sizeof w->bytes - w->len;
	if (len > 0)
		memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
}

static void put_text(struct words *w, const char *text)
{
	put(w, text, strlen(text));
}

/* A frame with the payload, masked by zeros; its header may claim another length. */
static void put_frame(struct words *w, unsigned first, uint64_t claims,
		      struct slice payload)
{
	unsigned char header[14] = {(unsigned char)first};
	size_t len = 2;

	if (claims < 126) {
		header[1] = (unsigned char)(0x80 | claims);
	} else if (claims <= 0xffff) {
		header[1] = 0x80 | 126;
		header[len++] = (unsigned char)(claims >> 8);
		header[len++] = (unsigned char)claims;
	} else {
		header[1] = 0x80 | 127;
		for (int i = 7; i >= 0; i--)
			header[len++] = (unsigned char)(claims >> (8 * i));
	}
	put(w, header, len + 4);
	put(w, payload.ptr, payload.len);
}

static void put_message(struct words *w, const char *json)
{
	put_frame(w, 0x81, strlen(json), slice_of(json));
}

/* It is answered, whatever the other one does. */
static void canary_is_served(void)
{
	static struct words w;
	struct end *c = &front.canary;
	char ping = (char)(front.pings++ & 0x7f);
	struct wire seen = {.pong = -1};
	int turns = 0;

	w.len = 0;
	put_frame(&w, 0x89, 1, (struct slice){&ping, 1});
	assert(send(c->fd, w.bytes, w.len, MSG_NOSIGNAL) == (ssize_t)w.len);
	while (seen.pong != ping || seen.rest > 0) {
		assert(!c->is_over && turns++ < TURNS_MAX);
		if (turn(c))
			wire_check_frames((struct slice){c->heard, c->heard_len}, &seen);
	}
	c->heard_len = 0;
}

static void canary_enters(void)
{
	static struct words w;
	struct wire seen;

	front.canary = end_open(heard[0]);
	put_text(&w, upgrade);
	put_message(&w, "{\"type\":0,\"v\":1,\"text\":\"ann\\nann@a.example\"}");
	put_message(&w, "{\"type\":2,\"ticket\":\"ticket\",\"text\":\"12345678\"}");
	end_say(&front.canary, w.bytes, w.len);
	wire_check((struct slice){front.canary.heard, front.canary.heard_len}, &seen);
	assert(seen.answers == 1 && seen.is_websocket && seen.frames == 2);
	front.canary.heard_len = 0;
}

/* -- the gateway -- */

/* Not of all descriptors: sanitizers open some. */
static int sockets(void)
{
	struct stat st;
	int n = 0;

	for (int fd = 0; fd < FDS_LOOKED_AT; fd++)
		n += fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) ? 1 : 0;
	return n;
}

static void front_start(void)
{
	static struct config_list nobody, proxy = {.n = 1, .items = {"127.0.0.1"}};
	const char *bad;
	struct host_port at;

	(void)signal(SIGPIPE, SIG_IGN);
	log_init("fuzz", LOG_ERROR);
	assert(secret_init() == ST_OK && uv_loop_init(&front.loop) == 0);
	front.options = (struct gateway_options){
		.listen = "127.0.0.1:0",
		.static_dir = PLUME_STATIC_DIR,
		.origins = &nobody,
		.http = {.bytes = 8192, .headers = 64},
		.admission = {.per_network = 500, .unknown = 10000},
		.header_timeout_ms = 3600000,
		.hello_bytes = 4096,
		.text_bytes = 65536,
		.backlog_bytes = 64 << 20,
		.ping_interval_ms = 3600000,
		.pong_timeout_ms = 3600000};
	forwarded_trust_init(&front.options.proxies, &proxy, &bad);
	assert(gateway_new(&front.loop, &front.options, &front.gateway) == ST_OK);
	for (int i = 0; !gateway_is_ready(front.gateway, &bad); i++) {
		struct bus_msg beat = {
			.kind = BUS_EVENTS,
			.u.events = {.epoch = FAKE_BUS_EPOCH, .newest = 0}};
		struct bus_writer *w = bus_writer_new();

		assert(i < TURNS_MAX);
		bus_writer_add(w, &beat);
		uv_run(&front.loop, UV_RUN_ONCE);
		if (fake_bus_turn())
			fake_bus_publish(bus_writer_frame(w));
		bus_writer_free(&w);
	}
	assert(host_port_split(listener_address(front.gateway->listener), &at));
	front.address = (struct sockaddr_in){.sin_family = AF_INET,
					     .sin_port = htons((uint16_t)at.number)};
	front.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	canary_enters();
	canary_is_served();
	front.sockets = sockets();
}

/* -- a story -- */

static const char *const methods[] = {"GET",     "HEAD",  "POST", "PUT", "OPTIONS",
				      "CONNECT", "TRACE", "get",  "PRI", "G\tT"};
static const char *const paths[] = {"/",
				    "/connect",
				    "/static/js/main.js",
				    "/../etc/passwd",
				    "/static/%2e%2e/main.js",
				    "/connect?x=1",
				    "//connect",
				    "http://chat.example/",
				    "*",
				    "/static/\x01"};
static const char *const versions[] = {"HTTP/1.1", "HTTP/1.0", "HTTP/2.0",
				       "HTTP/0.9", "",         "ICAP/1.0"};
static const char *const headers[] = {"Host: chat.example",
				      "Upgrade: websocket",
				      "Upgrade: h2c",
				      "Connection: Upgrade",
				      "Connection: close",
				      "Connection: keep-alive, Upgrade",
				      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
				      "Sec-WebSocket-Key: x",
				      "Sec-WebSocket-Version: 13",
				      "Sec-WebSocket-Version: 8",
				      "Sec-WebSocket-Protocol: plume",
				      "Sec-WebSocket-Protocol: other, plume",
				      "Sec-WebSocket-Extensions: permessage-deflate",
				      "Origin: http://chat.example",
				      "Origin: https://chat.example.evil",
				      "Origin: null",
				      "X-Forwarded-For: 203.0.113.9, 127.0.0.1",
				      "Content-Length: 5",
				      "Content-Length: 5, 6",
				      "Content-Length: 99999999999999999999",
				      "Transfer-Encoding: chunked",
				      "Transfer-Encoding: chunked, identity",
				      "If-None-Match: \"x\"",
				      "Range: bytes=0-1",
				      "Expect: 100-continue",
				      " folded",
				      "Cookie: a=b",
				      "HTTP2-Settings: AAMAAABkAAQAAP__"};
static const char *const messages[] = {
	"{\"type\":0,\"v\":1,\"text\":\"eve\\neve@b.example\"}",
	"{\"type\":0,\"text\":\"eve\\neve@b.example\"}",
	"{\"type\":2,\"ticket\":\"ticket\",\"text\":\"12345678\"}",
	"{\"type\":2,\"text\":\"12345678\"}",
	"{\"type\":6,\"v\":1,\"token\":\"token\",\"epoch\":\"0000000000000007\",\"seq\":1}",
	"{\"type\":6,\"v\":1,\"ticket\":\"ticket\"}",
	"{\"type\":1,\"id\":\"a1\",\"text\":\"hello\"}",
	"{\"type\":11}",
	"{\"type\":13}",
	"{\"type\":14,\"everywhere\":true}",
	"{\"type\":99}",
	"{",
};

#define ONE_OF(b, table) table[bytes_below(b, NELEMS(table))]

static void put_request(struct words *w, struct bytes *b)
{
	size_t n = bytes_below(b, 12);

	put_text(w, ONE_OF(b, methods));
	put_text(w, " ");
	put_text(w, ONE_OF(b, paths));
	put_text(w, " ");
	put_text(w, ONE_OF(b, versions));
	put_text(w, "\r\n");
	for (size_t i = 0; i < n; i++) {
		size_t which = bytes_below(b, NELEMS(headers) + 4);
		struct slice raw;

		if (which < NELEMS(headers)) {
			put_text(w, headers[which]);
		} else {
			raw = bytes_text(b);
			put(w, raw.ptr, raw.len);
		}
		put_text(w, "\r\n");
	}
	put_text(w, "\r\n");
}

/* Any first byte, any mask, and a length that need not be true. */
static void put_odd_frame(struct words *w, struct bytes *b)
{
	unsigned first = bytes_one(b);
	size_t lie = bytes_below(b, 8);
	struct slice payload = bytes_text(b);
	size_t at = w->len;
	uint64_t claims = payload.len;

	if (lie == 1)
		claims = bytes_one(b);
	if (lie == 2)
		claims = bytes_number(b);
	if (lie == 3)
		claims = 1 + (bytes_number(b) & 0x1ffff);
	put_frame(w, first, claims, payload);
	if (lie == 4 && at + 1 < w->len)
		w->bytes[at + 1] = (char)(w->bytes[at + 1] & 0x7f); /* not masked */
}

static void put_long_text(struct words *w, struct bytes *b)
{
	static char json[80 << 10];
	size_t n = (size_t)bytes_one(b) * 320 + bytes_one(b);
	int len = snprintf(json, sizeof json, "{\"type\":1,\"text\":\"%0*d\"}",
			   (int)(n > 79 << 10 ? 79 << 10 : n), 1);

	put_frame(w, 0x81, (uint64_t)len, (struct slice){json, (size_t)len});
}

/* One step of a story; what it says waits in w until a pause. */
static void step(struct end *e, struct words *w, struct bytes *b)
{
	struct slice raw;

	switch (bytes_below(b, 10)) {
	case 0:
		raw = bytes_text(b);
		put(w, raw.ptr, raw.len);
		break;
	case 1:
		put_request(w, b);
		break;
	case 2:
		put_text(w, upgrade);
		break;
	case 3:
		put_odd_frame(w, b);
		break;
	case 4:
	case 5:
		put_message(w, ONE_OF(b, messages));
		break;
	case 6:
		put_long_text(w, b);
		break;
	case 7: /* what was said so far is cut anywhere */
		w->len -= w->len > 0 ? bytes_one(b) % w->len : 0;
		/* fall through */
	case 8:
		end_say(e, w->bytes, w->len);
		w->len = 0;
		break;
	default:
		end_say(e, w->bytes, w->len);
		w->len = 0;
		(void)shutdown(e->fd, SHUT_WR);
		settle(e, 0);
	}
}

static void raw(struct end *e, struct bytes *b)
{
	while (b->left > 0) {
		struct slice piece = bytes_take(b, 1 + (size_t)bytes_one(b) * 8);

		end_say(e, piece.ptr, piece.len);
	}
}

static size_t allocated(void)
{
	return __sanitizer_get_current_allocated_bytes != NULL
		       ? __sanitizer_get_current_allocated_bytes()
		       : 0;
}

/* Nothing of the connection is left. */
static void all_is_as_before(size_t before)
{
	for (int i = 0; sockets() != front.sockets; i++) {
		assert(i < TURNS_MAX);
		(void)turn(&front.canary);
	}
	while (connections_count(front.gateway->connections) > 1)
		(void)turn(&front.canary);
	canary_is_served();
	if (allocated() > before)
		front.leaked += allocated() - before;
	else
		front.leaked -= before - allocated() < front.leaked ? before - allocated()
								    : front.leaked;
	assert(front.leaked < LEAK_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct words w;
	struct bytes b = {data, size};
	struct wire seen;
	struct end e;
	size_t before;

	if (front.gateway == NULL)
		front_start();
	before = allocated();
	e = end_open(heard[1]);
	w.len = 0;
	fake_bus_decide(&b);
	if (bytes_one(&b) % 4 == 0)
		raw(&e, &b);
	for (int i = 0; i < STEPS_MAX && b.left > 0 && !e.is_over; i++)
		step(&e, &w, &b);
	end_say(&e, w.bytes, w.len);
	fake_bus_decide(NULL);
	wire_check((struct slice){e.heard, e.heard_len}, &seen);
	close(e.fd);
	all_is_as_before(before);
	return 0;
}
