/* The code may arrive before the ticket does: whichever comes second sends the auth. */
#include "tests/bench/entering.h"

#include <stdio.h>
#include <string.h>

#include "common/memory.h"
#include "common/number.h"
#include "tests/bench/crowd.h"
#include "tests/bench/mailman.h"
#include "tests/bench/process.h"

enum { ENTER_MS = 60000, TURN_NS = 20000000 };

static size_t index_of(const struct crowd *w, const struct client *c)
{
	return (size_t)(c - w->clients);
}

const char *entering_host(const struct crowd *w, const struct client *c)
{
	return w->gateways[index_of(w, c) % w->n_gateways].host;
}

static bool tell(struct crowd *w, struct client *c, const char *json)
{
	return client_tell(c, w->poll, FRAMES_TEXT, slice_of(json));
}

bool entering_ask(struct crowd *w, struct client *c)
{
	struct person *p = &w->people[c->person];
	char json[512];

	c->state = CLIENT_ASKED;
	if (p->token[0] != '\0')
		return fmt(json, sizeof json,
			   "{\"type\":6,\"v\":1,\"token\":\"%s\",\"epoch\":\"%s\",\"seq\":%llu}",
			   p->token, p->epoch,
			   (unsigned long long)(c->position > 0 ? c->position - 1
								: w->ledger->newest)) &&
		       tell(w, c, json);
	return fmt(json, sizeof json,
		   "{\"type\":0,\"v\":1,\"text\":\"b%06xn%u\\np%06x.%u@bench.example\"}",
		   w->run, c->person, w->run, c->person) &&
	       tell(w, c, json);
}

static bool send_code(struct crowd *w, struct person *p)
{
	char json[512];

	if (p->at == NULL || p->ticket[0] == '\0' || p->code[0] == '\0')
		return true;
	return fmt(json, sizeof json, "{\"type\":2,\"text\":\"%s\",\"ticket\":\"%s\"}",
		   p->code, p->ticket) &&
	       tell(w, p->at, json);
}

/* p<run>.<person>@bench.example, if it is ours. */
static void on_code(void *ctx, struct slice email, struct slice code)
{
	struct crowd *w = ctx;
	struct slice head, rest, number, run;
	uint64_t person;
	char ours[8];

	slice_cut(email, '.', &head, &rest);
	slice_cut(rest, '@', &number, &run);
	if (!fmt(ours, sizeof ours, "p%06x", w->run) ||
	    !slice_equal(head, slice_of(ours)) ||
	    number_parse(number, &person) != ST_OK || person >= w->options.people ||
	    !fmt(w->people[person].code, sizeof w->people[0].code, "%.*s",
		 SLICE_ARGS(code)))
		return;
	if (!send_code(w, &w->people[person]))
		w->failed++;
}

enum status entering_start(struct crowd *w, const struct bus_address *mail)
{
	struct mailman *m;
	enum status st = mailman_new(&w->loop, mail, on_code, w, &m);

	uv_run(&w->loop, UV_RUN_NOWAIT); /* it watches its descriptors from here on */
	return st;
}

static bool keep(char *out, size_t cap, struct slice value)
{
	return value.len == 0 || fmt(out, cap, "%.*s", SLICE_ARGS(value));
}

static bool enter(struct crowd *w, struct client *c, struct slice json)
{
	struct person *p = &w->people[c->person];

	c->state = CLIENT_INSIDE;
	c->cursor.next = ledger_number(json, "from");
	if (c->cursor.next > w->ledger->newest + 1)
		w->ledger->newest = c->cursor.next - 1;
	w->inside++;
	w->entered++;
	histogram_add(&w->entering, process_clock() - c->started_ns);
	return keep(p->token, sizeof p->token, ledger_field(json, "token")) &&
	       keep(p->epoch, sizeof p->epoch, ledger_field(json, "epoch"));
}

bool entering_hear(struct crowd *w, struct client *c, struct slice json)
{
	struct person *p = &w->people[c->person];

	switch (ledger_number(json, "type")) {
	case 3:
		return c->state != CLIENT_ASKED || enter(w, c, json);
	case 7: {
		bool is_first = p->ticket[0] == '\0';

		return keep(p->ticket, sizeof p->ticket, ledger_field(json, "ticket")) &&
		       (!is_first || send_code(w, p));
	}
	case 8:
		if (slice_equal(ledger_field(json, "reason"), S("busy"))) {
			w->turned_away++; /* to come again is no failure */
			c->state = CLIENT_IDLE;
			return false;
		} /* fall through */
	case 4:
	case 5:
		fprintf(stderr, "plume-bench: client %zu was refused: %.*s\n",
			index_of(w, c), SLICE_ARGS(ledger_field(json, "reason")));
		return false;
	default: /* notices, accepted posts, private lines */
		return true;
	}
}

void crowd_begin(struct crowd *w, struct client *c)
{
	size_t at = index_of(w, c) % w->n_gateways;

	if (w->people[c->person].token[0] == '\0')
		w->people[c->person].at = c;
	c->started_ns = process_clock();
	if (client_dial(c, w->poll, (const struct sockaddr *)&w->gateways[at].address,
			w->gateways[at].len, w->options.receive_buffer) == ST_IO)
		w->failed++;
}

enum status crowd_enter(struct crowd *w, size_t first, size_t n)
{
	uint64_t end = process_clock() + ENTER_MS * UINT64_C(1000000);
	size_t begun = 0, inside = w->entered;

	while (w->entered - inside < n && w->failed == 0 && process_clock() < end) {
		while (begun < n && begun - (w->entered - inside) < w->options.window) {
			struct client *c = &w->clients[first + begun];

			/* Who shares a session comes after the one who makes it. */
			if (w->people[c->person].token[0] == '\0' &&
			    w->people[c->person].at != NULL)
				break;
			crowd_begin(w, c);
			begun++;
		}
		crowd_turn(w, TURN_NS);
	}
	if (w->entered - inside < n)
		fprintf(stderr, "plume-bench: %zu of %zu clients came in\n",
			w->entered - inside, n);
	return w->entered - inside == n ? ST_OK : ST_IO;
}
