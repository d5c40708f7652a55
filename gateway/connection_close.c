/* The end of a connection: why, in a close frame and in the log. */
#include <string.h>

#include "common/log.h"
#include "gateway/connection_private.h"
#include "gateway/frame_log.h"
#include "gateway/gateway.h"
#include "gateway/server.h"

void connection_close(struct gateway *g, struct connection *c, enum close_reason why)
{
	unsigned char
		frame[FRAME_HEADER_MAX + 125]; /* RFC 6455 5.5: a control frame's most */
	size_t name = strlen(close_name(why)), len;

	if (c->state == CLOSING)
		return;
	log_info("close", "connection=%llu reason=%s code=%u", (unsigned long long)c->id,
		 close_name(why), close_code(why));
	g->metrics.closes[why]++;
	connection_enter_state(c, CLOSING);
	/* RFC 6455 5.5.1: a status code in network byte order, then text. */
	len = frame_header(FRAME_CLOSE, 2 + name, frame);
	frame[len++] = (unsigned char)(close_code(why) >> 8);
	frame[len++] = (unsigned char)(close_code(why) & 0xff);
	memcpy(frame + len, close_name(why), name);
	len += name;
	connection_drop_partial(g, c);
	if (why == CLOSE_BUSY || server_is_choked(c->wsi))
		connection_drop_waiting(g, c);
	if (server_is_choked(c->wsi)) {
		server_end_after(g->server, c->wsi, 0);
		return;
	}
	if (c->private_len > 0)
		connection_flush_private(g, c);
	if (!server_is_choked(c->wsi))
		server_write(c->wsi, (struct slice){(char *)frame, len});
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
