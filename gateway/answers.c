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

void conversation_refuse(struct gateway *g, struct connection *c, uint64_t reason,
			 struct slice id, uint64_t retry_ms)
{
	gateway_metrics_refusal(&g->metrics, reason);
	browser_out_clear(&g->out);
	if (c->is_current)
		browser_write_refused(&g->out, reason, id, retry_ms);
	else if (c->state == INSIDE)
		browser_write_line(&g->out, S("plumebot"), slice_of(reason_text(reason)));
	else
		return; /* the seed has no word for it, and no room to say it in */
	conversation_tell(g, c);
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

void conversation_result(struct gateway *g, struct connection *c, const struct bus_msg *m)
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
					    m->u.may_not_enter.reason);
		conversation_tell(g, c);
		break;
	case BUS_AUTH_RESET:
		browser_write_reset(&g->out, m->u.auth_reset.reason);
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
		conversation_refuse(g, c, m->u.refused.reason, m->u.refused.id,
				    m->u.refused.retry_ms);
		break;
	case BUS_WHISPER:
		browser_write_line(&g->out, m->u.whisper.name, m->u.whisper.text);
		conversation_tell(g, c);
		break;
	default: /* heads and events are not for one connection */
		break;
	}
}
