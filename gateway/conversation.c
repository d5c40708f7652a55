/* What a browser may say in which state is a table; each line of it is a small function. */
#include "gateway/conversation.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/utf8.h"
#include "gateway/browser_json.h"
#include "gateway/gateway.h"

/* Hello, auth and resume of one connection: each costs the broker a look at its tables. */
static const struct bucket_rule asks = {.interval_ms = 1000, .burst = 10};

void conversation_object(struct gateway *g, struct connection *c)
{
	conversation_refuse(g, c, REASON_BAD_MESSAGE, S(""), 0);
	if (++c->errors >= CONNECTION_ERRORS_MAX)
		connection_close(g, c, CLOSE_BAD_INPUT);
}

/* -- from the browser -- */

typedef void hear_fn(struct gateway *g, struct connection *c,
		     const struct browser_msg *m);

static bool may_ask(struct gateway *g, struct connection *c)
{
	uint64_t wait = bucket_take(&c->asks, &asks, gateway_now(g));

	if (wait > 0)
		conversation_refuse(g, c, REASON_TOO_FAST, S(""), wait);
	else if (uplink_is_full(g->uplink))
		conversation_refuse(g, c, REASON_BUSY, S(""), 0);
	else
		return true;
	return false;
}

static uint64_t epoch_of(struct slice hex)
{
	char text[17], *end;
	uint64_t epoch;

	if (hex.len != 16 || !fmt(text, sizeof text, "%.*s", SLICE_ARGS(hex)) ||
	    strspn(text, "0123456789abcdef") != 16)
		return 0;
	epoch = strtoull(text, &end, 16);
	return epoch;
}

static void may_not_enter(struct gateway *g, struct connection *c, struct slice name,
			  enum reason reason)
{
	browser_out_clear(&g->out);
	browser_write_may_not_enter(&g->out, name, reason, S(""));
	conversation_tell(g, c);
}

static void hear_hello(struct gateway *g, struct connection *c,
		       const struct browser_msg *m)
{
	struct bus_msg ask = {.kind = BUS_HELLO, .u.hello = {.client = c->id}};
	char peer[FORWARDED_TEXT_SIZE];
	struct slice name, email;

	c->is_current = m->u.hello.v >= 1;
	slice_cut(m->u.hello.text, '\n', &name, &email);
	name = slice_trim(name);
	email = slice_trim(email);
	if (!may_ask(g, c))
		return;
	if (uplink_is_deaf(g->uplink)) {
		conversation_refuse(g, c, REASON_BUS_LOST, S(""), 0);
		return;
	}
	if (name.len > 120) {
		may_not_enter(g, c, S(""), REASON_BAD_NAME);
		return;
	}
	if (email.len > 120) {
		may_not_enter(g, c, name, REASON_BAD_ADDRESS);
		return;
	}
	server_peer(c->wsi, peer);
	ask.u.hello.name = name;
	ask.u.hello.email = email;
	ask.u.hello.address = utf8_clip(slice_of(peer), 45);
	ask.u.hello.proof = m->u.hello.proof;
	gateway_ask(g, c, &ask);
}

static void hear_auth(struct gateway *g, struct connection *c,
		      const struct browser_msg *m)
{
	const struct browser_auth *a = &m->u.auth;
	struct bus_msg ask = {
		.kind = BUS_AUTH,
		.u.auth = {.client = c->id,
			   .ticket = a->ticket.len > 0 ? a->ticket : slice_of(c->ticket),
			   .code = a->code,
			   .epoch = epoch_of(a->epoch),
			   .after = a->seq,
			   .current = c->is_current || a->ticket.len > 0,
			   .claim = a->claim}};
	char peer[FORWARDED_TEXT_SIZE];

	if (!may_ask(g, c))
		return;
	server_peer(c->wsi, peer);
	ask.u.auth.address = utf8_clip(slice_of(peer), 45);
	c->is_current = ask.u.auth.current;
	if (a->ticket.len > 0) /* news of this login come here now */
		connection_keep_ticket(c, a->ticket);
	if (uplink_is_deaf(g->uplink)) /* it is asked as soon as the broker is back */
		conversation_notice_lost(g, c);
	gateway_ask(g, c, &ask);
}

static void hear_resume(struct gateway *g, struct connection *c,
			const struct browser_msg *m)
{
	const struct browser_resume *r = &m->u.resume;
	struct bus_msg token = {.kind = BUS_RESUME,
				.u.resume = {.client = c->id,
					     .token = r->token,
					     .epoch = epoch_of(r->epoch),
					     .after = r->seq}};
	struct bus_msg ticket = {.kind = BUS_REJOIN,
				 .u.rejoin = {.client = c->id, .ticket = r->ticket}};

	char peer[FORWARDED_TEXT_SIZE];

	c->is_current = true;
	if (!may_ask(g, c))
		return;
	server_peer(c->wsi, peer);
	token.u.resume.address = utf8_clip(slice_of(peer), 45);
	if (uplink_is_deaf(g->uplink)) /* it is asked as soon as the broker is back */
		conversation_notice_lost(g, c);
	if (r->token.len > 0) {
		gateway_ask(g, c, &token);
	} else if (r->ticket.len > 0) {
		connection_keep_ticket(c, r->ticket);
		gateway_ask(g, c, &ticket);
	} else {
		conversation_object(g, c);
	}
}

static bool is_id(struct slice id)
{
	for (size_t i = 0; i < id.len; i++) {
		char c = id.ptr[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && c != '_' && c != '-')
			return false;
	}
	return true;
}

static void hear_text(struct gateway *g, struct connection *c,
		      const struct browser_msg *m)
{
	const struct browser_text *t = &m->u.text;
	struct bus_msg say = {.kind = BUS_SAY,
			      .u.say = {.client = c->id, .id = t->id, .text = t->text}};
	uint64_t wait;

	if (!is_id(t->id)) {
		conversation_object(g, c);
		return;
	}
	if (t->text.len > g->options->text_bytes) {
		conversation_refuse(g, c, REASON_TOO_LONG, t->id, 0);
		return;
	}
	if (!utf8_is_showable(t->text)) {
		conversation_refuse(g, c, REASON_BAD_TEXT, t->id, 0);
		return;
	}
	if (gateway_is_busy(g)) {
		conversation_refuse(g, c, REASON_BUSY, t->id, 1000);
		return;
	}
	wait = bucket_take(&c->posts, &g->options->posts, gateway_now(g));
	if (wait > 0) {
		conversation_refuse(g, c, REASON_TOO_FAST, t->id, wait);
		return;
	}
	gateway_ask(g, c, &say);
}

static void hear_who(struct gateway *g, struct connection *c, const struct browser_msg *m)
{
	struct bus_msg ask = {.kind = BUS_WHO,
			      .u.who = {.client = c->id, .after = m->u.who.after}};

	if (!c->is_current) /* the seed knows no such type */
		conversation_object(g, c);
	else if (may_ask(g, c))
		gateway_ask(g, c, &ask);
}

/* What is too often, or cannot be told now, is dropped: it would be old when it came. */
static void hear_typing(struct gateway *g, struct connection *c,
			const struct browser_msg *m)
{
	struct bus_msg tell = {.kind = BUS_TYPES, .u.types = {.client = c->id}};
	uint32_t now_s = (uint32_t)(gateway_now(g) / 1000);

	(void)m;
	if (!c->is_current) {
		conversation_object(g, c);
		return;
	}
	if (now_s - c->typed_s < CONNECTION_TYPING_S || uplink_is_full(g->uplink) ||
	    uplink_is_deaf(g->uplink))
		return;
	c->typed_s = now_s;
	gateway_ask(g, c, &tell);
}

static void hear_sign_out(struct gateway *g, struct connection *c,
			  const struct browser_msg *m)
{
	struct bus_msg ask = {
		.kind = BUS_SIGN_OUT,
		.u.sign_out = {.client = c->id, .everywhere = m->u.sign_out.everywhere}};

	if (!c->is_current)
		conversation_object(g, c);
	else if (may_ask(g, c))
		gateway_ask(g, c, &ask);
}

/* Something for the room before the login is finished: ignored, as by the seed, and told to who
 * understands. */
static void hear_outside(struct gateway *g, struct connection *c,
			 const struct browser_msg *m)
{
	conversation_refuse(
		g, c, REASON_NOT_IN_ROOM,
		m->type == BROWSER_TEXT && is_id(m->u.text.id) ? m->u.text.id : S(""), 0);
	if (++c->errors >= CONNECTION_ERRORS_MAX)
		connection_close(g, c, CLOSE_BAD_INPUT);
}

/* Already inside: the seed ignores it, a current client made a mistake. */
static void hear_too_late(struct gateway *g, struct connection *c,
			  const struct browser_msg *m)
{
	(void)m;
	if (c->is_current)
		conversation_object(g, c);
}

static const struct {
	enum browser_type type;
	hear_fn *hear[CONNECTION_STATES];
} rules[] = {
	{BROWSER_HELLO, {[OUTSIDE] = hear_hello, [INSIDE] = hear_too_late}},
	{BROWSER_TEXT, {[OUTSIDE] = hear_outside, [INSIDE] = hear_text}},
	{BROWSER_AUTH, {[OUTSIDE] = hear_auth, [INSIDE] = hear_too_late}},
	{BROWSER_RESUME, {[OUTSIDE] = hear_resume, [INSIDE] = hear_too_late}},
	{BROWSER_WHO, {[OUTSIDE] = hear_outside, [INSIDE] = hear_who}},
	{BROWSER_TYPING, {[OUTSIDE] = hear_outside, [INSIDE] = hear_typing}},
	{BROWSER_SIGN_OUT, {[OUTSIDE] = hear_outside, [INSIDE] = hear_sign_out}},
};

/* A field was longer than its limit: refused by the name it has for people. */
static void hear_too_long(struct gateway *g, struct connection *c,
			  const struct browser_msg *m)
{
	switch (m->type) {
	case BROWSER_TEXT:
		if (m->u.text.text.len > 0) { /* then it was the id */
			conversation_object(g, c);
			break;
		}
		conversation_refuse(g, c, REASON_TOO_LONG,
				    is_id(m->u.text.id) ? m->u.text.id : S(""), 0);
		break;
	case BROWSER_AUTH:
		browser_out_clear(&g->out);
		browser_write_reset(&g->out, REASON_WRONG_CODE, S(""));
		conversation_tell(g, c);
		break;
	case BROWSER_HELLO:
	case BROWSER_RESUME:
	case BROWSER_WHO:
	case BROWSER_TYPING:
	case BROWSER_SIGN_OUT:
		conversation_object(g, c);
		break;
	}
}

void conversation_hear(struct gateway *g, struct connection *c, struct slice json)
{
	struct browser_msg m;
	enum status st = browser_read(json, &m);

	if (st == ST_LONG) {
		hear_too_long(g, c, &m);
	} else if (st != ST_OK) {
		conversation_object(g, c);
	} else {
		for (size_t i = 0; i < NELEMS(rules); i++) {
			if (rules[i].type == m.type && rules[i].hear[c->state] != NULL)
				rules[i].hear[c->state](g, c, &m);
		}
	}
	browser_msg_free(&m);
}
