/* conversation.h - what is said on a connection: browser messages become commands of the bus,
 * results of the bus become frames. */
#ifndef GATEWAY_CONVERSATION_H
#define GATEWAY_CONVERSATION_H

#include "common/bus_msg.h"
#include "common/slice.h"
#include "gateway/connection.h"

/* A whole text message from the browser. */
void conversation_hear(struct gateway *g, struct connection *c, struct slice json);
/* A message that is none: it is answered, counted, and ends the connection when they are many. */
void conversation_object(struct gateway *g, struct connection *c);
/* A result for this connection from the broker. */
void conversation_result(struct gateway *g, struct connection *c,
			 const struct bus_msg *m);
/* Tells a current client something about its connection. */
void conversation_notice(struct gateway *g, struct connection *c, const char *notice,
			 const char *text, uint64_t retry_ms);

#endif
