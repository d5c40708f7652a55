/* peer: another server with the same load, the same readers' work per byte and the same floor.
 *
 * First as many connections as asked for, one window after the other; then posts at the rate, and posts as fast as
 * they go with a window of them under way. */
#define _GNU_SOURCE /* memmem */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/memory.h"
#include "tests/bench/bench.h"
#include "tests/bench/peer.h"

enum { EVENTS = 256, ENTER_MS = 30000 };

struct peering {
	struct bench *b;
	struct crowd *w;
	enum peer_kind kind;
	const struct peer_step *steps;
	size_t n_steps;
	unsigned char *step; /* of each client */
};

static size_t index_of(const struct peering *p, const struct client *c)
{
	return (size_t)(c - p->w->clients);
}

/* Says what is next; the last answer makes it a reader. */
static bool go_on(struct peering *p, struct client *c)
{
	unsigned char *step = &p->step[index_of(p, c)];

	if (*step == p->n_steps) {
		c->state = CLIENT_INSIDE;
		c->cursor.next = 1;
		p->w->inside++;
		return true;
	}
	c->state = CLIENT_ASKED;
	return p->steps[*step].say.len == 0 ||
	       client_send(c, p->w->poll, p->steps[*step].say);
}

/* Each mark is a message; what may be the begin of one is kept. */
static void count(struct peering *p, struct client *c, const char *buf, size_t len,
		  uint64_t now)
{
	size_t at = 0;
	const char *mark;

	while ((mark = memchr(buf + at, PEER_MARK, len - at)) != NULL) {
		size_t left = len - (size_t)(mark + 1 - buf);

		if (left < LEDGER_STAMP) {
			c->frames.kept_len = left + 1;
			c->frames.kept = xrealloc(c->frames.kept, left + 1);
			memcpy(c->frames.kept, mark, left + 1);
			return;
		}
		ledger_enter(p->w->ledger, &c->cursor,
			     (struct slice){mark + 1, LEDGER_STAMP}, now);
		p->w->activity_ns = now;
		at = (size_t)(mark + 1 - buf) + LEDGER_STAMP;
	}
}

static bool hear(struct peering *p, struct client *c)
{
	struct crowd *w = p->w;
	size_t len = frames_resume(&c->frames, w->buffer);
	ssize_t n = recv(c->fd, w->buffer + len, FRAMES_BUFFER / 2, MSG_DONTWAIT);
	const struct peer_step *s;

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	len += (size_t)n;
	if (c->state == CLIENT_INSIDE) {
		count(p, c, w->buffer, len, process_clock());
		return true;
	}
	s = &p->steps[p->step[index_of(p, c)]];
	if (memmem(w->buffer, len, s->until.ptr, s->until.len) == NULL)
		return true; /* it comes in one piece on a loopback, but for what precedes it */
	p->step[index_of(p, c)]++;
	return go_on(p, c);
}

static void turn(struct peering *p, int wait_ms)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(p->w->poll, events, EVENTS, wait_ms);

	for (int i = 0; i < n; i++) {
		struct client *c = events[i].data.ptr;
		bool good = true;

		if (c == NULL || c->fd < 0)
			continue;
		if (c->state == CLIENT_DIALLING)
			good = (events[i].events & EPOLLERR) == 0 && go_on(p, c) &&
			       client_flush(c, p->w->poll);
		else if ((events[i].events & EPOLLOUT) != 0)
			good = client_flush(c, p->w->poll);
		if (good && (events[i].events & (EPOLLIN | EPOLLHUP)) != 0)
			good = hear(p, c);
		if (!good) {
			p->w->closed++;
			crowd_leave(p->w, c);
		}
	}
}

static enum status enter(struct peering *p)
{
	uint64_t began = process_clock();
	size_t n = p->w->options.clients;

	for (size_t begun = 0; p->w->inside < n && p->w->closed == 0;) {
		while (begun < n && begun - p->w->inside < p->b->o.window)
			crowd_begin(p->w, &p->w->clients[begun++]);
		turn(p, 20);
		if (process_clock() - began > ENTER_MS * UINT64_C(1000000))
			break;
	}
	report_add(&p->b->report, "connects_per_s",
		   (double)n / ((double)(process_clock() - began) / 1e9));
	if (p->w->inside < n)
		fprintf(stderr, "plume-bench: %zu of %zu came in\n", p->w->inside, n);
	return p->w->inside == n ? ST_OK : ST_IO;
}

static void publish(struct peering *p, size_t n)
{
	char text[1024], *out = p->w->buffer + FRAMES_BUFFER;
	struct client *c = &p->w->clients[p->w->posted % p->w->options.clients];
	size_t len = 0;

	if (c->state != CLIENT_INSIDE)
		return;
	for (size_t i = 0; i < n; i++) {
		text[0] = PEER_MARK;
		ledger_stamp(text + 1, process_clock());
		memset(text + 1 + LEDGER_STAMP, '.', sizeof text - 1 - LEDGER_STAMP);
		len += peer_write(p->kind,
				  (struct slice){text, (size_t)p->b->o.bytes + 1},
				  out + len);
		p->w->posted++;
	}
	(void)client_send(c, p->w->poll, (struct slice){out, len});
}

static uint64_t under_way(const struct peering *p)
{
	return p->w->posted - p->w->ledger->complete;
}

/* rate 0: as fast as the window lets. */
static void talk(struct peering *p, uint64_t rate, uint64_t ms)
{
	uint64_t begin = process_clock(), now = begin, due = begin;
	uint64_t period = rate == 0 ? 0 : 1000000000 * p->b->o.burst / rate;

	while (now - begin < ms * 1000000) {
		for (int i = 0; i < 64; i++) {
			if (rate == 0 ? under_way(p) >= 200 : now < due)
				break;
			publish(p, rate == 0 ? 1 : (size_t)p->b->o.burst);
			due += period;
		}
		turn(p, rate == 0 && under_way(p) < 200 ? 0 : 1);
		now = process_clock();
	}
}

static void settle(struct peering *p)
{
	uint64_t end = process_clock() + 10000 * UINT64_C(1000000);

	p->w->activity_ns = process_clock();
	while (process_clock() < end &&
	       process_clock() - p->w->activity_ns < CROWD_QUIET_MS * UINT64_C(1000000))
		turn(p, 10);
}

static void measure(struct peering *p)
{
	struct usage u;
	double seconds;

	talk(p, p->b->o.rate, p->b->o.warm_up_ms);
	settle(p);
	crowd_measure(p->w);
	u = usage_begin(p->b);
	talk(p, p->b->o.rate, p->b->o.seconds_ms);
	seconds = (double)(process_clock() - u.began_ns) / 1e9;
	settle(p);
	report_usage(p->b, &u, (double)p->w->ledger->deliveries);
	report_ledger(p->b, p->w, seconds);
	crowd_measure(p->w);
	u = usage_begin(p->b);
	talk(p, 0, p->b->o.seconds_ms);
	seconds = (double)(process_clock() - u.began_ns) / 1e9;
	report_add(&p->b->report, "most_deliveries_per_s",
		   (double)p->w->ledger->deliveries / seconds);
}

enum status mode_peer(struct bench *b)
{
	struct peering p = {.b = b, .kind = (enum peer_kind)b->o.peer};
	struct floor_result before, after;
	uint64_t memory;
	enum status st = run_floor(b, (size_t)b->o.burst, b->o.rate, &before);

	b->mail.url[0] = '\0'; /* nobody logs in */
	if (st == ST_OK)
		st = run_crowd(b, (size_t)b->o.clients, &p.w);
	if (st != ST_OK)
		return st;
	p.steps = peer_steps(p.kind, &p.n_steps);
	p.step = xcalloc(b->o.clients, sizeof *p.step);
	memory = processes_memory(&b->gateways);
	st = enter(&p);
	if (st != ST_OK)
		return st;
	settle(&p);
	report_add(&b->report, "memory_per_client_bytes",
		   ((double)processes_memory(&b->gateways) - (double)memory) /
			   (double)b->o.clients);
	measure(&p);
	for (size_t i = 0; i < p.w->options.clients; i++)
		crowd_leave(p.w, &p.w->clients[i]);
	st = run_floor(b, (size_t)b->o.burst, b->o.rate, &after);
	report_floor(b, &before, &after);
	return st;
}
