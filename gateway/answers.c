/* The other half of the conversation: results of the bus become frames. */
#include "common/attr.h"
#include "gateway/browser_json.h"
#include "gateway/conversation.h"
#include "gateway/gateway.h"

void conversation_tell(struct gateway *g, struct connection *c)
{
	connection_tell(g, c, browser_out_slice(&g->out));
	browser_out_clear(&g->out);
}

/* The seed has one way to tell its client something inside. */
static void write_for_seed(struct gateway *g, uint64_t reason, struct slice text)
{
	browser_write_line(&g->out, S("plumebot"),
			   text.len > 0 ? text : slice_of(reason_text(reason)));
}

static void on_refused(struct gateway *g, struct connection *c,
		       const struct bus_refused *m)
{
	gateway_metrics_refusal(&g->metrics, m->reason);
	browser_out_clear(&g->out);
	if (c->is_current)
		browser_write_refused(&g->out, m);
	else if (c->state == INSIDE)
		write_for_seed(g, m->reason, m->text);
	else
		return; /* the seed has no word for it, and no room to say it in */
	conversation_tell(g, c);
}

void conversation_refuse(struct gateway *g, struct connection *c, uint64_t reason,
			 struct slice id, uint64_t retry_ms)
{
	struct bus_refused m = {.reason = reason, .id = id, .retry_ms = retry_ms};

	on_refused(g, c, &m);
}

void conversation_notice(struct gateway *g, struct connection *c, const char *notice,
			 const char *text, uint64_t retry_ms)
{
	if (!c->is_current || c->state == CLOSING)
		return;
	browser_out_clear(&g->out);
	browser_write_notice(&g->out, notice, text, retry_ms);
	conversation_tell(g, c);
}

void conversation_notice_lost(struct gateway *g, struct connection *c)
{
	conversation_notice(
		g, c, "bus-lost",
		"The room is out of reach at the moment; what you write waits here.", 0);
}

static void on_waiting(struct gateway *g, struct connection *c,
		       const struct bus_waiting *m)
{
	if (m->ticket.len > 0)
		connection_keep_ticket(c, m->ticket);
	if (!c->is_current)
		return; /* the seed's client waits without a word */
	browser_write_waiting(&g->out, m, slice_of(c->ticket));
	conversation_tell(g, c);
}

static void on_admitted(struct gateway *g, struct connection *c,
			const struct bus_admitted *m)
{
	if (c->is_current)
		browser_write_ack(&g->out, m, g->epoch);
	else
		browser_write_legacy_ack(&g->out, m->name);
	conversation_tell(g, c);
	connection_enter(g, c, m->after + 1);
}

/* Access is over, whatever the client does next. */
static void on_dismiss(struct gateway *g, struct connection *c,
		       const struct bus_dismiss *m)
{
	bool is_ban = m->reason == REASON_BANNED || m->reason == REASON_NAME_BANNED ||
		      m->reason == REASON_NETWORK_BANNED;

	browser_out_clear(&g->out);
	if (c->is_current)
		browser_write_signed_out(&g->out, m->reason, m->text);
	else if (is_ban)
		write_for_seed(g, m->reason, m->text);
	if (c->is_current || is_ban)
		conversation_tell(g, c);
	connection_close(g, c, is_ban ? CLOSE_BANNED : CLOSE_SIGNED_OUT);
}

static void put_out(struct gateway *g, struct connection *c)
{
	const struct gateway_put_out *p = g->put_out;
	uint8_t address[IP_ADDRESS_SIZE];
	char peer[FORWARDED_TEXT_SIZE];

	if (c->state != INSIDE)
		return; /* who asks next is told by the broker */
	server_peer(c->wsi, peer);
	if (ip_address_read(slice_of(peer), address) &&
	    ip_network_has(&p->network, address))
		on_dismiss(g, c, &p->why);
}

/* A network is banned: only this gateway knows which of its browsers are there. */
static void on_put_out(struct gateway *g, const struct bus_put_out *m)
{
	struct gateway_put_out p = {.why = {.reason = m->reason, .text = m->text}};

	if (ip_network_read(m->network, &p.network) != ST_OK)
		return; /* cannot be: the broker has read it */
	g->put_out = &p;
	connections_each(g->connections, put_out, g);
	g->put_out = NULL;
}

static void tell_here(struct gateway *g)
{
	struct gateway_here *h = &g->here;
	struct connection *c = connections_find(g->connections, h->client);

	browser_write_here_end(&h->json, h->more);
	if (c != NULL && c->state == INSIDE)
		connection_tell(g, c, browser_out_slice(&h->json));
	browser_out_fini(&h->json);
}

/* HERE, and the PRESENT messages after it: the list is told when the last one has come. */
static void on_here(struct gateway *g, const struct bus_msg *m)
{
	struct gateway_here *h = &g->here;

	if (m->kind == BUS_HERE) {
		h->client = m->u.here.client;
		h->left = m->u.here.people;
		h->more = m->u.here.more;
		h->is_first = true;
		browser_out_clear(&h->json);
		browser_write_here(&h->json);
	} else if (h->left > 0) {
		browser_write_here_person(&h->json, &m->u.present, h->is_first);
		h->is_first = false;
		h->left--;
	} else {
		return; /* of a list that this gateway did not ask for */
	}
	if (h->left == 0)
		tell_here(g);
}

static uint64_t client_of(const struct bus_msg *m)
{
	switch (m->kind) {
	case BUS_WAITING:
		return m->u.waiting.client;
	case BUS_ADMITTED:
		return m->u.admitted.client;
	case BUS_MAY_NOT_ENTER:
		return m->u.may_not_enter.client;
	case BUS_AUTH_RESET:
		return m->u.auth_reset.client;
	case BUS_ACCEPTED:
		return m->u.accepted.client;
	case BUS_REFUSED:
		return m->u.refused.client;
	case BUS_WHISPER:
		return m->u.whisper.client;
	case BUS_DISMISS:
		return m->u.dismiss.client;
	default:
		return 0;
	}
}

/* m is for this connection. */
static void tell_result(struct gateway *g, struct connection *c, const struct bus_msg *m)
{
	browser_out_clear(&g->out);
	switch (m->kind) {
	case BUS_WAITING:
		on_waiting(g, c, &m->u.waiting);
		break;
	case BUS_ADMITTED:
		on_admitted(g, c, &m->u.admitted);
		break;
	case BUS_MAY_NOT_ENTER:
		browser_write_may_not_enter(&g->out, m->u.may_not_enter.name,
					    m->u.may_not_enter.reason,
					    m->u.may_not_enter.text);
		conversation_tell(g, c);
		break;
	case BUS_AUTH_RESET:
		browser_write_reset(&g->out, m->u.auth_reset.reason,
				    m->u.auth_reset.text);
		conversation_tell(g, c);
		break;
	case BUS_ACCEPTED:
		/* The post itself is the answer; a retry's was sent before. */
		if (m->u.accepted.again && c->is_current) {
			browser_write_accepted(&g->out, &m->u.accepted);
			conversation_tell(g, c);
		}
		break;
	case BUS_REFUSED:
		on_refused(g, c, &m->u.refused);
		break;
	case BUS_WHISPER:
		browser_write_line(&g->out, m->u.whisper.name, m->u.whisper.text);
		conversation_tell(g, c);
		break;
	case BUS_DISMISS:
		on_dismiss(g, c, &m->u.dismiss);
		break;
	default: /* heads and events are not for one connection */
		break;
	}
}

void conversation_result(struct gateway *g, const struct bus_msg *m)
{
	struct connection *c = connections_find(g->connections, client_of(m));

	if (m->kind == BUS_HERE || m->kind == BUS_PRESENT)
		on_here(g, m);
	else if (m->kind == BUS_PUT_OUT)
		on_put_out(g, &m->u.put_out);
	else if (c != NULL)
		gateway_metrics_result(&g->metrics, m);
	if (c != NULL && c->state != CLOSING)
		tell_result(g, c, m);
}
