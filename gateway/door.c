#include "gateway/door.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/complaints.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "gateway/caller.h"
#include "gateway/gateway.h"

enum { ORIGIN_SHOWN_CAP = 128 };

struct door {
	struct gateway *gateway;
	struct caller *callers; /* a list */
	size_t n, n_turned;
	struct complaints complaints;
};

struct door *door_new(struct gateway *g)
{
	struct door *d = xcalloc(1, sizeof *d);

	d->gateway = g;
	return d;
}

size_t door_count(const struct door *d)
{
	return d->n;
}

uint64_t door_head_ms(const struct door *d)
{
	return d->gateway->options->header_timeout_ms;
}

size_t door_head_bytes(const struct door *d)
{
	return d->gateway->options->http.bytes;
}

void door_forget(struct door *d, struct caller *c)
{
	if (c->is_turned)
		d->n_turned--;
	else
		admission_unknown_leaves(d->gateway->admission);
	if (c->is_counted)
		admission_leave(d->gateway->admission, &c->peer);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		d->callers = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	d->n--;
}

/* -- answers */

/* A listed origin says so, or a trusted proxy. */
static bool is_https(const struct door *d, const struct caller *c,
		     const struct http_head *h)
{
	const struct gateway_options *o = d->gateway->options;
	struct slice proto;

	for (size_t i = 0; i < o->origins->n; i++) {
		if (slice_starts(slice_of(o->origins->items[i]), S("https://")))
			return true;
	}
	return forwarded_is_trusted(&o->proxies, &c->peer) &&
	       http_head_value(h, S("x-forwarded-proto"), &proto) == 1 &&
	       slice_equal_folded(proto, S("https"));
}

static void answer(struct door *d, struct caller *c, bool by_https, struct http_answer a)
{
	struct http_context context = {
		.now = time(NULL),
		.hsts_s = by_https ? d->gateway->options->hsts_ms / 1000 : 0};

	a.is_last |= d->gateway->is_draining;
	caller_answer(c, &a, &context);
}

static void turn_away(struct door *d, struct caller *c, unsigned int status,
		      enum turned_away why)
{
	const char *text = turned_away_name(why);
	uint64_t times =
		complaints_add(&d->complaints, slice_of(text), gateway_now(d->gateway));

	d->gateway->metrics.turned_away[why]++;
	if (times > 0)
		log_warn("turned_away", "times=%" PRIu64 " why=%s", times, text);
	answer(d, c, false, http_answer_status(status));
}

/* -- upgrades */

static struct forwarded_address address_of(const struct door *d, const struct caller *c,
					   const struct http_head *h)
{
	const struct forwarded_trust *trust = &d->gateway->options->proxies;
	struct forwarded_address from = c->peer;
	char *header;
	size_t len;

	if (!forwarded_is_trusted(trust, &c->peer))
		return from;
	header = xcalloc(1, h->len);
	len = http_head_join(h, S("x-forwarded-for"), header, h->len);
	from = forwarded_client(trust, &c->peer, (struct slice){header, len});
	free(header);
	return from;
}

/* The library is asked in words of our own, and so reads none of theirs. */
static void hand_on(struct door *d, struct caller *c, const struct http_head *h,
		    struct slice key, const struct forwarded_address *from)
{
	size_t early = c->in_len - h->len, len;
	int fd = c->fd;
	char *bytes = xasprintf("GET /connect HTTP/1.1\r\nHost: plume\r\n"
				"Upgrade: websocket\r\nConnection: Upgrade\r\n"
				"Sec-WebSocket-Key: %.*s\r\n"
				"Sec-WebSocket-Version: 13\r\n\r\n",
				SLICE_ARGS(key));

	len = strlen(bytes);
	bytes = xrealloc(bytes, len + early + 1);
	memcpy(bytes + len, c->in + h->len, early); /* frames may have come already */
	secret_wipe(c->in, c->in_len);
	c->fd = -1;
	caller_end(c);
	server_adopt(d->gateway->server, fd, from, (struct slice){bytes, len + early});
	secret_wipe(bytes, len + early);
	free(bytes);
}

/* Which origin it was, if that is why: --origin may be wrong. */
static void log_refusal(const struct http_head *h, unsigned int status)
{
	char quoted[ORIGIN_SHOWN_CAP];
	struct slice origin = S("");

	if (status != 403) {
		log_info("upgrade_refused", "status=%u", status);
		return;
	}
	http_head_value(h, S("origin"), &origin);
	log_info("upgrade_refused", "status=%u origin=%s", status,
		 log_quote(quoted, sizeof quoted, origin));
}

static void upgrade(struct door *d, struct caller *c, const struct http_head *h)
{
	struct gateway *g = d->gateway;
	struct http_upgrade_rules rules = {.origins = g->options->origins,
					   .by_https = is_https(d, c, h),
					   .needs_origin = g->options->require_origin};
	struct forwarded_address from = address_of(d, c, h);
	struct slice key = S("");
	unsigned int no = http_upgrade_refusal(h, &rules, &key);

	if (no == 0 && g->is_draining)
		no = 503;
	if (no == 403)
		g->metrics.turned_away[TURNED_ORIGIN]++;
	if (no != 0) {
		log_refusal(h, no);
		answer(d, c, rules.by_https, http_answer_status(no));
	} else if (!c->is_counted &&
		   admission_of_network(g->admission, &g->options->admission, &from) !=
			   ADMISSION_GOOD) {
		turn_away(d, c, 429, TURNED_NETWORK);
	} else {
		hand_on(d, c, h, key, &from);
	}
}

/* -- requests */

static void serve_one(struct door *d, struct caller *c, const struct http_head *h)
{
	bool by_https = is_https(d, c, h);
	struct http_answer a;
	struct slice protocol;

	if (http_is_for_connect(h) && http_head_value(h, S("upgrade"), &protocol) > 0) {
		upgrade(d, c, h);
		return;
	}
	a = http_answer_to(h, d->gateway->assets);
	if (!a.is_last)
		caller_consume(c, h->len); /* and *h with it */
	answer(d, c, by_https, a);
}

void door_serve(struct door *d, struct caller *c)
{
	struct http_head h;

	while (c->state == READING && c->in_len > 0) {
		enum http_found found = http_head_read((struct slice){c->in, c->in_len},
						       &d->gateway->options->http, &h);

		if (found == HTTP_MORE)
			break;
		if (found == HTTP_HEAD) {
			serve_one(d, c, &h);
		} else {
			d->gateway->metrics.turned_away[TURNED_BAD]++;
			answer(d, c, false, http_answer_status(h.status));
		}
	}
	if (c->state == READING && c->has_ended)
		caller_end(c);
}

/* -- who comes */

/* 0: welcome. */
static unsigned int refusal_of(struct door *d, const struct caller *c,
			       enum turned_away *why)
{
	const struct gateway *g = d->gateway;
	const struct admission_limits *limits = &g->options->admission;

	*why = TURNED_UNKNOWN;
	if (admission_of_unknown(g->admission, limits) != ADMISSION_GOOD)
		return 503;
	*why = TURNED_NETWORK;
	if (!forwarded_is_trusted(&g->options->proxies, &c->peer) &&
	    admission_of_network(g->admission, limits, &c->peer) != ADMISSION_GOOD)
		return 429;
	return 0;
}

static void admit(struct door *d, struct caller *c)
{
	struct gateway *g = d->gateway;

	admission_unknown_enters(g->admission);
	c->is_counted = !forwarded_is_trusted(&g->options->proxies, &c->peer);
	if (c->is_counted)
		admission_enter(g->admission, &c->peer);
	caller_begin(c, door_head_ms(d));
}

static bool read_peer(int fd, struct forwarded_address *out)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	char text[FORWARDED_TEXT_SIZE];
	const void *address = &((struct sockaddr_in *)&ss)->sin_addr;

	if (getpeername(fd, (struct sockaddr *)&ss, &len) != 0)
		return false;
	if (ss.ss_family == AF_INET6)
		address = &((struct sockaddr_in6 *)&ss)->sin6_addr;
	return inet_ntop(ss.ss_family, address, text, sizeof text) != NULL &&
	       forwarded_read(slice_of(text), out);
}

void door_take(struct door *d, int fd)
{
	struct caller *c = xcalloc(1, sizeof *c);
	enum turned_away why;
	unsigned int no;

	if (!read_peer(fd, &c->peer) ||
	    uv_poll_init(d->gateway->loop, &c->poll, fd) != 0) {
		close(fd); /* it has gone already */
		free(c);
		return;
	}
	c->poll.data = c;
	c->door = d;
	c->fd = fd;
	no = refusal_of(d, c, &why);
	c->is_turned = no != 0;
	c->next = d->callers;
	if (c->next != NULL)
		c->next->prev = c;
	d->callers = c;
	d->n++;
	d->n_turned += no != 0;
	if (no == 0)
		admit(d, c);
	else if (d->n_turned > DOOR_TURNED_MAX)
		caller_end(c);
	else
		turn_away(d, c, no, why);
}

/* Whoever has not even begun is not told anything. */
static void end_late(struct door *d, struct caller *c)
{
	if (c->state == READING && c->in_len > 0) {
		d->gateway->metrics.turned_away[TURNED_SLOW]++;
		answer(d, c, false, http_answer_status(408));
	} else {
		caller_end(c);
	}
}

void door_tick(struct door *d)
{
	uint64_t now = gateway_now(d->gateway);
	struct caller *next;

	for (struct caller *c = d->callers; c != NULL; c = next) {
		bool is_idle = c->state == READING && c->in_len == 0;

		next = c->next;
		if (now >= c->due_ms || (is_idle && d->gateway->is_draining))
			end_late(d, c);
	}
}
