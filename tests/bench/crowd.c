/* What arrives is read into one buffer, counted by frames.h and entered into the ledger. */
#define _GNU_SOURCE /* epoll_pwait2 */
#include "tests/bench/crowd.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "common/entropy.h"
#include "common/log.h"
#include "common/memory.h"
#include "tests/bench/entering.h"
#include "tests/bench/process.h"

enum { EVENTS = 512 };

static enum status resolve(struct crowd *w, const char *gateway)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *ai = NULL;
	struct slice host, port;
	char host_text[64], port_text[8];
	const char *colon = strrchr(gateway, ':');

	if (colon == NULL || w->n_gateways == CROWD_GATEWAYS)
		return ST_RANGE;
	host = (struct slice){gateway, (size_t)(colon - gateway)};
	port = slice_of(colon + 1);
	if (!fmt(host_text, sizeof host_text, "%.*s", SLICE_ARGS(host)) ||
	    !fmt(port_text, sizeof port_text, "%.*s", SLICE_ARGS(port)) ||
	    !fmt(w->gateways[w->n_gateways].host, sizeof w->gateways[0].host, "%s",
		 gateway) ||
	    getaddrinfo(host_text, port_text, &hints, &ai) != 0)
		return ST_RANGE;
	memcpy(&w->gateways[w->n_gateways].address, ai->ai_addr, ai->ai_addrlen);
	w->gateways[w->n_gateways++].len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return ST_OK;
}

enum status crowd_new(const struct crowd_options *options, struct crowd **out)
{
	struct crowd *w = xcalloc(1, sizeof *w);
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
	size_t step;

	*out = NULL;
	w->options = *options;
	w->poll = epoll_create1(EPOLL_CLOEXEC);
	w->clients = xcalloc(options->clients, sizeof *w->clients);
	w->people = xcalloc(options->people, sizeof *w->people);
	w->buffer = xcalloc(2, FRAMES_BUFFER);
	w->ledger = ledger_new();
	w->run = entropy_system.below(entropy_system.ctx, 0xffffff);
	step = options->samples == 0 ? 0 : (options->clients - 1) / options->samples + 1;
	for (size_t i = 0; i < options->clients; i++) {
		w->clients[i].fd = -1;
		w->clients[i].person = (uint32_t)(i % options->people);
		w->clients[i].cursor.is_sampled = step != 0 && i % step == 0;
	}
	for (size_t i = 0; options->gateways != NULL && i < options->gateways->n; i++) {
		if (resolve(w, options->gateways->items[i]) != ST_OK) {
			fprintf(stderr, "plume-bench: %s is not HOST:PORT\n",
				options->gateways->items[i]);
			return ST_RANGE;
		}
	}
	uv_loop_init(&w->loop);
	(void)epoll_ctl(w->poll, EPOLL_CTL_ADD, uv_backend_fd(&w->loop), &e);
	if (options->mail != NULL && entering_start(w, options->mail) != ST_OK)
		return ST_IO;
	*out = w;
	return ST_OK;
}

void crowd_leave(struct crowd *w, struct client *c)
{
	if (c->state == CLIENT_INSIDE)
		w->inside--;
	client_close(c);
}

void crowd_free(struct crowd **w)
{
	for (size_t i = 0; i < (*w)->options.clients; i++)
		client_close(&(*w)->clients[i]);
	close((*w)->poll);
	uv_loop_close(&(*w)->loop);
	ledger_free(&(*w)->ledger);
	free((*w)->clients);
	free((*w)->people);
	free((*w)->buffer);
	free(*w);
	*w = NULL;
}

/* -- in -- */

static void on_refused(struct crowd *w, struct slice payload)
{
	struct slice reason = ledger_field(payload, "reason");

	if (slice_equal(reason, S("too-fast")))
		w->refused_fast++;
	else if (slice_equal(reason, S("busy")))
		w->refused_busy++;
	else
		w->refused_else++;
}

struct arrival {
	struct crowd *w;
	struct client *c;
	uint64_t now_ns;
	bool is_over;
};

/* Is it a post?  Private lines look like one, but are of the bot's alone and have no seq. */
static bool is_post(unsigned char first, struct slice json)
{
	static const char begin[] = "{\"type\":1,";
	static const char bot[] = "\"user\":{\"name\":\"plumebot\"";
	size_t head = sizeof begin - 1;

	if (first != FRAMES_TEXT || json.len < head + sizeof bot ||
	    memcmp(json.ptr, begin, head) != 0)
		return false;
	return memcmp(json.ptr + head, bot, sizeof bot - 1) != 0 ||
	       ledger_number(json, "seq") != 0;
}

static void on_frame(void *ctx, unsigned char first, struct slice payload)
{
	struct arrival *a = ctx;
	struct crowd *w = a->w;

	if (a->is_over)
		return;
	if (a->c->state == CLIENT_INSIDE && is_post(first, payload)) {
		w->activity_ns = a->now_ns;
		ledger_take(w->ledger, &a->c->cursor, payload, a->now_ns);
	} else if (first == FRAMES_PING) {
		a->is_over = !client_tell(a->c, w->poll, 0x8a, payload);
	} else if (first == FRAMES_CLOSE) {
		w->closed++;
		w->closed_slow += payload.len >= 2 && payload.ptr[0] == 1013 >> 8 &&
				  (unsigned char)payload.ptr[1] == (1013 & 0xff);
		a->is_over = true;
	} else if (ledger_number(payload, "type") == 8 && a->c->state == CLIENT_INSIDE) {
		on_refused(w, payload);
	} else {
		a->is_over = !entering_hear(w, a->c, payload);
	}
}

/* The answer to the upgrade; false: it is a refusal. */
static bool take_upgrade(struct crowd *w, struct client *c, char *buf, size_t *len)
{
	char *end = memmem(buf, *len, "\r\n\r\n", 4);

	if (end == NULL || memcmp(buf, "HTTP/1.1 101", 12) != 0)
		return false;
	*len -= (size_t)(end + 4 - buf);
	memmove(buf, end + 4, *len);
	c->state = CLIENT_OPEN;
	return entering_ask(w, c);
}

static bool read_client(struct crowd *w, struct client *c)
{
	struct arrival a = {w, c, 0, false};
	size_t len = frames_resume(&c->frames, w->buffer);
	ssize_t n = recv(c->fd, w->buffer + len, FRAMES_BUFFER / 2, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		n = 0;
	else if (n <= 0)
		return false;
	a.now_ns = process_clock();
	len += (size_t)n;
	if (c->state == CLIENT_UPGRADING && !take_upgrade(w, c, w->buffer, &len))
		return false;
	return frames_take(&c->frames, w->buffer, len, on_frame, &a) == ST_OK &&
	       !a.is_over;
}

static void on_event(struct crowd *w, struct client *c, uint32_t events)
{
	bool good = true;

	if (c->fd < 0)
		return;
	if (c->state == CLIENT_DIALLING)
		good = (events & EPOLLERR) == 0 &&
		       client_upgrade(c, w->poll, entering_host(w, c));
	else if ((events & EPOLLOUT) != 0)
		good = client_flush(c, w->poll);
	if (good && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		good = read_client(w, c);
	if (good)
		return;
	if (c->state != CLIENT_INSIDE && c->state != CLIENT_IDLE)
		w->failed++;
	crowd_leave(w, c);
}

void crowd_turn(struct crowd *w, uint64_t wait_ns)
{
	struct epoll_event events[EVENTS];
	struct timespec wait = {(time_t)(wait_ns / 1000000000),
				(long)(wait_ns % 1000000000)};
	int n = epoll_pwait2(w->poll, events, EVENTS, &wait, NULL);

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == NULL)
			uv_run(&w->loop, UV_RUN_NOWAIT);
		else
			on_event(w, events[i].data.ptr, events[i].events);
	}
}

void crowd_settle(struct crowd *w, uint64_t most_ms)
{
	uint64_t now = process_clock(), end = now + most_ms * 1000000;

	w->activity_ns = now;
	while (now < end && now - w->activity_ns < CROWD_QUIET_MS * UINT64_C(1000000)) {
		crowd_turn(w, 10000000);
		now = process_clock();
	}
}

/* -- out -- */

static size_t write_post(struct crowd *w, char *frame)
{
	/* {"type":1,"id":"<run>-<number>","text":"<stamp> and filling"} */
	char json[1024];
	size_t bytes = w->options.bytes, len;
	int head = snprintf(json, sizeof json,
			    "{\"type\":1,\"id\":\"%06x-%llx\",\"text\":\"", w->run,
			    (unsigned long long)++w->ids);

	w->posted++;
	ledger_stamp(json + head, process_clock());
	memset(json + head + LEDGER_STAMP, '.', bytes - LEDGER_STAMP);
	len = (size_t)head + bytes;
	memcpy(json + len, "\"}", 2);
	len += 2;
	frame[0] = (char)FRAMES_TEXT;
	frame[1] = (char)(0x80 | 126);
	frame[2] = (char)(len >> 8);
	frame[3] = (char)(len & 0xff);
	memset(frame + 4, 0, 4);
	memcpy(frame + 8, json, len);
	return 8 + len;
}

void crowd_post_together(struct crowd *w, struct client *c, size_t n)
{
	char *frames = w->buffer + FRAMES_BUFFER; /* the half that is not read into */
	size_t len = 0;

	if (c->state != CLIENT_INSIDE)
		return;
	for (size_t i = 0; i < n && len + 2048 < FRAMES_BUFFER; i++)
		len += write_post(w, frames + len);
	if (!client_send(c, w->poll, (struct slice){frames, len}))
		crowd_leave(w, c);
}

void crowd_post(struct crowd *w, struct client *c)
{
	crowd_post_together(w, c, 1);
}

void crowd_measure(struct crowd *w)
{
	ledger_begin(w->ledger, w->inside);
	w->posted = 0;
	w->refused_fast = w->refused_busy = w->refused_else = 0;
	w->closed = w->closed_slow = w->failed = 0;
}

size_t crowd_behind(const struct crowd *w)
{
	size_t behind = 0;

	for (size_t i = 0; i < w->options.clients; i++)
		behind += w->clients[i].state == CLIENT_INSIDE &&
			  w->clients[i].cursor.next != w->ledger->newest + 1;
	return behind;
}

void crowd_come_back(struct crowd *w, uint64_t most_ms)
{
	uint64_t end = process_clock() + most_ms * UINT64_C(1000000);

	while (process_clock() < end &&
	       (w->inside < w->options.clients || crowd_behind(w) > 0)) {
		size_t under_way = 0;

		for (size_t i = 0; i < w->options.clients; i++) {
			struct client *c = &w->clients[i];

			under_way += c->state != CLIENT_IDLE && c->state != CLIENT_INSIDE;
			if (c->state == CLIENT_IDLE && under_way < w->options.window) {
				crowd_begin(w, c);
				under_way++;
			}
		}
		crowd_turn(w, 10000000);
	}
}
