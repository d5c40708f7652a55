/* Which clients are slow is known by their gateways only: they are asked, and whoever wants to know waits
 * for their answers, but not long.  One question is open at a time; who asks meanwhile shares its answer. */
#include <stdlib.h>

#include "broker/broker_private.h"
#include "common/memory.h"

enum {
	WAIT_MS = 2000,
	CALLS = 4,        /* that share an answer */
	PER_GATEWAY = 50, /* clients */
};

struct broker_clients {
	struct bus_call *calls[CALLS];
	size_t n_calls; /* 0: no question is open */
	uint64_t question, until_ms;
	size_t left; /* gateways that have not answered */
	struct bus_writer *told;
};

static struct broker_clients *clients_of(struct broker *b)
{
	if (b->clients == NULL) {
		b->clients = xcalloc(1, sizeof *b->clients);
		b->clients->told = bus_writer_new();
	}
	return b->clients;
}

struct asking {
	struct broker *b;
	struct bus_msg m;
};

static void count(void *ctx, struct gateway *g)
{
	struct asking *a = ctx;

	if (g->about.version[0] != '\0' && !g->is_silent)
		a->b->clients->left++;
}

static void ask(void *ctx, struct gateway *g)
{
	struct asking *a = ctx;

	if (g->about.version[0] == '\0' || g->is_silent)
		return; /* an older one, or nobody who could answer */
	g->asked = a->m.u.ask_clients.question;
	g->may_tell = (size_t)a->m.u.ask_clients.most;
	gateway_tell(g, &a->m);
}

static void begin(struct broker *b)
{
	struct broker_clients *k = b->clients;
	struct asking a = {b, {.kind = BUS_ASK_CLIENTS}};
	size_t most;

	bus_writer_clear(k->told);
	k->until_ms = broker_time().now_ms + WAIT_MS;
	k->left = 0;
	gateways_each(b->room->gateways, count, &a);
	/* All of them and their gateways fit one frame. */
	most = (BUS_QUEUE_FRAME_MESSAGES - GATEWAYS_MAX - 1) / (k->left + 1);
	a.m.u.ask_clients.question = ++k->question;
	a.m.u.ask_clients.most = most < 1 ? 1 : most > PER_GATEWAY ? PER_GATEWAY : most;
	gateways_each(b->room->gateways, ask, &a);
}

struct telling {
	struct broker *b;
	struct bus_writer *w;
};

static void add_gateway(void *ctx, struct gateway *g)
{
	struct telling *t = ctx;

	broker_add_gateway(t->b, t->w, g, g->told == t->b->clients->question);
}

static void end(struct broker *b)
{
	struct broker_clients *k = b->clients;
	struct telling t = {b, bus_writer_new()};

	broker_add_told(t.w, true, S(""));
	gateways_each(b->room->gateways, add_gateway, &t);
	bus_writer_append(t.w, k->told);
	while (k->n_calls > 0)
		bus_answer(k->calls[--k->n_calls], bus_writer_frame(t.w));
	bus_writer_free(&t.w);
}

void broker_ask_clients(struct broker *b, struct bus_call *call)
{
	struct broker_clients *k = clients_of(b);

	if (k->n_calls == CALLS) {
		bus_answer(call, S("")); /* plumectl asks again */
		return;
	}
	if (k->n_calls == 0)
		begin(b);
	k->calls[k->n_calls++] = call;
	broker_flush(b);
}

void broker_hear_client(struct broker *b, struct gateway *g,
			const struct bus_client_state *m)
{
	const struct client *c = gateway_client(g, m->client);
	const struct name_claim *who =
		c != NULL ? names_by_id(b->room->names, c->person) : NULL;
	struct bus_msg out = {
		.kind = BUS_CLIENT_STATUS,
		.u.client_status = {.gateway = g->id,
				    .client = m->client,
				    .name = slice_of(who != NULL ? who->name : ""),
				    .open_ms = m->open_ms,
				    .silent_ms = m->silent_ms,
				    .lag = m->lag,
				    .unsent = m->unsent}};

	if (b->clients == NULL || b->clients->n_calls == 0 ||
	    g->asked != b->clients->question || g->may_tell == 0)
		return; /* nobody asked, or not for so many */
	g->may_tell--;
	if (!broker_is_answer_full(b->clients->told))
		bus_writer_add(b->clients->told, &out);
}

void broker_hear_clients_told(struct broker *b, struct gateway *g,
			      const struct bus_clients_told *m)
{
	struct broker_clients *k = b->clients;

	if (k == NULL || k->n_calls == 0 || g->asked != k->question ||
	    g->told == k->question || m->question != k->question)
		return;
	g->told = k->question;
	k->left--;
}

void broker_serve_clients(struct broker *b)
{
	struct broker_clients *k = b->clients;

	if (k != NULL && k->n_calls > 0 &&
	    (k->left == 0 || broker_time().now_ms >= k->until_ms))
		end(b);
}

size_t broker_held(const struct broker *b)
{
	size_t n = b->clients != NULL ? b->clients->n_calls : 0;

	for (size_t i = 0; i < TAILS_MAX; i++)
		n += b->tails[i].call != NULL ? 1 : 0;
	return n;
}
