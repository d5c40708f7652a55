/* While people come in, a seat without commands sends heartbeats: news of letters come with answers. */
#include "tests/bench/guests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/entropy.h"
#include "common/memory.h"
#include "common/number.h"
#include "tests/bench/mailman.h"
#include "tests/bench/process.h"
#include "tests/bench/seat.h"

enum { HELLOS = 64, ENTER_MS = 60000 };

enum phase { RESTING, ENTERING, TALKING };

struct guest {
	char ticket[65], code[33];
};

struct place {
	struct seat *seat;
	size_t next;            /* guest of this seat whose turn it is */
	size_t *ready, n_ready; /* guests that can send their code */
	uint64_t sent_ns;
	bool is_busy;
};

struct guests {
	struct guests_options options;
	uv_loop_t *loop;
	struct guest *list;
	struct place places[GUESTS_SEATS];
	enum phase phase;
	size_t inside;
	uint64_t said, most, accepted, refused, newest;
	uint32_t run;
	struct histogram batches;
	uv_timer_t wake; /* so that the loop looks at the clock */
};

static struct place *place_of(struct guests *g, size_t guest)
{
	return &g->places[guest % g->options.seats];
}

static void make_ready(struct guests *g, size_t i)
{
	struct place *p = place_of(g, i);

	if (g->list[i].ticket[0] != '\0' && g->list[i].code[0] != '\0')
		p->ready[p->n_ready++] = i;
}

static void on_code(void *ctx, struct slice email, struct slice code)
{
	struct guests *g = ctx;
	struct slice number, rest;
	uint64_t i;

	slice_cut(email, '.', &number, &rest); /* g<run>.<number>@bench.example */
	slice_cut(rest, '@', &number, &rest);
	if (number_parse(number, &i) != ST_OK || i >= g->options.guests ||
	    !fmt(g->list[i].code, sizeof g->list[i].code, "%.*s", SLICE_ARGS(code)))
		return;
	make_ready(g, (size_t)i);
}

static void on_message(void *ctx, struct seat *s, const struct bus_msg *m)
{
	struct guests *g = ctx;

	(void)s;
	if (m->kind == BUS_RESULTS) {
		g->newest = m->u.results.newest;
	} else if (m->kind == BUS_WAITING && m->u.waiting.ticket.len > 0) {
		size_t i = (size_t)m->u.waiting.client - 1;

		if (g->list[i].ticket[0] == '\0' &&
		    fmt(g->list[i].ticket, sizeof g->list[i].ticket, "%.*s",
			SLICE_ARGS(m->u.waiting.ticket)))
			make_ready(g, i);
	} else if (m->kind == BUS_ADMITTED) {
		g->inside++;
	} else if (m->kind == BUS_ACCEPTED) {
		g->accepted++;
	} else if (m->kind == BUS_REFUSED || m->kind == BUS_AUTH_RESET ||
		   m->kind == BUS_MAY_NOT_ENTER || m->kind == BUS_START_OVER) {
		g->refused++;
	}
}

static void add_hello(struct guests *g, struct seat *s, size_t i)
{
	char name[32], email[64];
	struct bus_msg m = {.kind = BUS_HELLO, .u.hello = {.client = i + 1}};

	if (!fmt(name, sizeof name, "g%06xn%zu", g->run, i) ||
	    !fmt(email, sizeof email, "g%06x.%zu@bench.example", g->run, i))
		abort(); /* they fit */
	m.u.hello.name = slice_of(name);
	m.u.hello.email = slice_of(email);
	m.u.hello.address = S("127.0.0.1");
	seat_add(s, &m);
}

static void add_auth(struct guests *g, struct seat *s, size_t i)
{
	struct bus_msg m = {.kind = BUS_AUTH,
			    .u.auth = {.client = i + 1,
				       .ticket = slice_of(g->list[i].ticket),
				       .code = slice_of(g->list[i].code),
				       .current = true}};

	seat_add(s, &m);
}

static void add_say(struct guests *g, struct seat *s, size_t i)
{
	static char text[4096];
	char id[32];
	struct bus_msg m = {.kind = BUS_SAY, .u.say = {.client = i + 1}};

	if (text[0] == '\0')
		memset(text, 't', sizeof text);
	if (!fmt(id, sizeof id, "%06x-%llx", g->run, (unsigned long long)g->said++))
		abort(); /* it fits */
	m.u.say.id = slice_of(id);
	m.u.say.text = (struct slice){text, g->options.bytes};
	seat_add(s, &m);
}

static void fill(struct guests *g, struct place *p)
{
	size_t seats = g->options.seats, first = (size_t)(p - g->places);

	if (g->phase == ENTERING) {
		for (size_t i = 0; i < HELLOS && p->next < g->options.guests;
		     i++, p->next += seats)
			add_hello(g, p->seat, p->next);
		for (size_t i = 0; i < p->n_ready; i++)
			add_auth(g, p->seat, p->ready[i]);
		p->n_ready = 0;
	}
	for (size_t i = 0; g->phase == TALKING && i < g->options.batch; i++) {
		if (g->most != 0 && g->said >= g->most)
			break;
		if (p->next >= g->options.guests)
			p->next = first;
		add_say(g, p->seat, p->next);
		p->next += seats;
	}
}

static void go_on(struct guests *g, struct place *p)
{
	fill(g, p);
	p->is_busy = g->phase == ENTERING || seat_added(p->seat) > 0;
	if (!p->is_busy)
		return;
	p->sent_ns = process_clock();
	seat_send(p->seat);
}

static void on_answered(void *ctx, struct seat *s)
{
	struct guests *g = ctx;

	for (size_t i = 0; i < g->options.seats; i++) {
		if (g->places[i].seat == s) {
			histogram_add(&g->batches,
				      process_clock() - g->places[i].sent_ns);
			go_on(g, &g->places[i]);
		}
	}
}

static void on_wake(uv_timer_t *timer)
{
	(void)timer;
}

enum status guests_new(uv_loop_t *loop, const struct guests_options *options,
		       struct guests **out)
{
	struct guests *g = xcalloc(1, sizeof *g);
	struct seat_events events = {g, on_message, on_answered};
	struct mailman *mailman;
	enum status st = options->mail == NULL
				 ? ST_OK
				 : mailman_new(loop, options->mail, on_code, g, &mailman);

	*out = g;
	g->options = *options;
	g->loop = loop;
	g->list = xcalloc(options->guests, sizeof *g->list);
	g->run = entropy_system.below(entropy_system.ctx, 0xffffff);
	uv_timer_init(loop, &g->wake);
	uv_timer_start(&g->wake, on_wake, 10, 10);
	for (size_t i = 0; st == ST_OK && i < options->seats; i++) {
		g->places[i].ready = xcalloc(options->guests, sizeof(size_t));
		st = seat_new(loop, options->commands, &events, &g->places[i].seat);
	}
	return st;
}

/* Until all seats have their answers and this phase is over. */
static void finish(struct guests *g)
{
	size_t busy = 1;

	g->phase = RESTING;
	while (busy > 0) {
		busy = 0;
		for (size_t i = 0; i < g->options.seats; i++)
			busy += g->places[i].is_busy;
		if (busy > 0)
			uv_run(g->loop, UV_RUN_ONCE);
	}
}

static void begin(struct guests *g, enum phase phase)
{
	g->phase = phase;
	histogram_clear(&g->batches);
	for (size_t i = 0; i < g->options.seats; i++) {
		g->places[i].next = i;
		go_on(g, &g->places[i]);
	}
}

enum status guests_enter(struct guests *g)
{
	uint64_t end = process_clock() + ENTER_MS * UINT64_C(1000000);

	begin(g, ENTERING);
	while (g->inside < g->options.guests && g->refused == 0 && process_clock() < end)
		uv_run(g->loop, UV_RUN_ONCE);
	finish(g);
	if (g->inside < g->options.guests)
		fprintf(stderr, "plume-bench: %zu of %zu guests came in\n", g->inside,
			g->options.guests);
	return g->inside == g->options.guests ? ST_OK : ST_IO;
}

void guests_talk(struct guests *g, uint64_t posts, uint64_t ms)
{
	uint64_t end = process_clock() + ms * 1000000;

	g->most = posts == 0 ? 0 : g->said + posts;
	begin(g, TALKING);
	while ((ms == 0 || process_clock() < end) && (posts == 0 || g->said < g->most))
		uv_run(g->loop, UV_RUN_ONCE);
	finish(g);
}

uint64_t guests_beat(struct guests *g)
{
	uint64_t begin_ns = process_clock();

	g->phase = RESTING;
	g->places[0].is_busy = true;
	seat_send(g->places[0].seat);
	finish(g);
	return process_clock() - begin_ns;
}

uint64_t guests_accepted(const struct guests *g)
{
	return g->accepted;
}

uint64_t guests_refused(const struct guests *g)
{
	return g->refused;
}

uint64_t guests_newest(const struct guests *g)
{
	return g->newest;
}

const struct histogram *guests_batches(const struct guests *g)
{
	return &g->batches;
}
