/* conversation.h - what is said on a connection: browser messages become commands of the bus,
 * results of the bus become frames. */
#ifndef GATEWAY_CONVERSATION_H
#define GATEWAY_CONVERSATION_H

#include "common/bus_msg.h"
#include "common/slice.h"
#include "gateway/connection.h"

/* -- conversation.c: hearing -- */

/* A whole text message from the browser. */
void conversation_hear(struct gateway *g, struct connection *c, struct slice json);
/* A message that is none: it is answered, counted, and ends the connection when they are many. */
void conversation_object(struct gateway *g, struct connection *c);

/* -- answers.c: answering -- */

/* A result from the broker, for whichever connection it is. */
void conversation_result(struct gateway *g, const struct bus_msg *m);
/* Something was refused and changed nothing: a current client gets the reason, a legacy one a line that
 * people can read.  id: of the post, or empty; retry_ms 0: not said. */
void conversation_refuse(struct gateway *g, struct connection *c, uint64_t reason,
			 struct slice id, uint64_t retry_ms);
/* Tells a current client something about its connection. */
void conversation_notice(struct gateway *g, struct connection *c, const char *notice,
			 const char *text, uint64_t retry_ms);
/* What a current client is told when the broker is out of reach. */
void conversation_notice_lost(struct gateway *g, struct connection *c);
/* Sends the JSON that was written into g->out. */
void conversation_tell(struct gateway *g, struct connection *c);

#endif
