/* The end of a connection: why, in a close frame and in the log. */
#include "common/log.h"
#include "gateway/connection_private.h"
#include "gateway/frame_log.h"
#include "gateway/gateway.h"
#include "gateway/server.h"

void connection_close(struct gateway *g, struct connection *c, enum close_reason why)
{
	unsigned char frame[FRAME_CLOSE_MAX];
	size_t len = frame_close(close_code(why), close_name(why), frame);

	if (c->state == CLOSING)
		return;
	log_info("close", "connection=%llu reason=%s code=%u", (unsigned long long)c->id,
		 close_name(why), close_code(why));
	g->metrics.closes[why]++;
	connection_enter_state(c, CLOSING);
	connection_drop_partial(g, c);
	if (why == CLOSE_BUSY || server_is_choked(c->wsi))
		connection_drop_waiting(g, c);
	if (server_is_choked(c->wsi)) {
		server_end_after(g->server, c->wsi, 0);
		return;
	}
	if (c->private_len > 0)
		connection_flush_private(g, c);
	if (!server_is_choked(c->wsi)) {
		server_write(c->wsi, (struct slice){(char *)frame, len});
		c->has_ended = true;
		server_shut(c->wsi);
	}
	server_end_after(g->server, c->wsi, 3);
}

bool connection_peer_closes(struct gateway *g, struct connection *c, struct slice payload)
{
	bool wants_answer = c->state != CLOSING && close_is_good(payload);

	if (wants_answer)
		connection_enter_state(c, CLOSING);
	else
		connection_close(g, c, CLOSE_BAD_CLOSE);
	return wants_answer;
}
