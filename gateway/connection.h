/* connection.h - one WebSocket of one browser tab: its memory, its limits, its way out.
 *
 *   OUTSIDE --admitted--> INSIDE --+
 *      |                           |-- close reason --> CLOSING --> closed
 *      +---------------------------+
 *
 * A connection inside is a cursor into the frame log (next_seq), and nothing else waits for
 * it but the private frames of one turn; so its memory does not grow with the room. */
#ifndef GATEWAY_CONNECTION_H
#define GATEWAY_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bucket.h"
#include "common/slice.h"
#include "gateway/backpressure.h"

struct gateway;
struct lws;

enum close_reason {
#define CLOSE(symbol, code, name, text) CLOSE_##symbol,
#include "gateway/close_reasons.def"
#undef CLOSE
};
uint16_t close_code(enum close_reason reason);
const char *close_name(enum close_reason reason);

enum connection_state { OUTSIDE, INSIDE, CLOSING, CONNECTION_STATES };

enum {
	CONNECTION_BEFORE_MAX =
		4 << 10, /* bytes of a message before auth ack (SECURITY W3) */
	CONNECTION_AFTER_MAX = 72 << 10, /* 65,536 bytes of text and their envelope */
	/* Private frames that wait; over it: TOO_SLOW.  An answer to SYNC fits, every byte escaped. */
	CONNECTION_PRIVATE_MAX = 768 << 10,
	CONNECTION_SYNC_S = 3,           /* after which older posts are asked for again */
	CONNECTION_WRITE_MAX = 32 << 10, /* bytes of one write of shared frames */
	CONNECTION_TYPING_S = 2, /* least time between two notices that somebody writes */
	CONNECTION_ERRORS_MAX = 3, /* broken messages; then BAD_INPUT */
};

struct connection {
	/* What a flush looks at comes first: it is one line of the processor's cache. */
	struct lws *wsi;
	uint64_t next_seq;
	int fd; /* of wsi */
	uint32_t private_len;
	uint8_t state; /* enum connection_state */
	uint8_t errors;
	bool is_current : 1;     /* speaks more than the seed's types */
	bool is_known : 1;       /* the broker has heard of it */
	bool is_following : 1;   /* was given frames of the log */
	bool is_catching_up : 1; /* posts older than the log were asked for */
	struct backpressure_reader pace;
	uint64_t id; /* on the bus; 0: not a WebSocket (yet) */
	struct bucket posts, asks;
	char *ticket;  /* of the login that waits; NULL: none */
	char *partial; /* a message that arrives in pieces */
	char *private; /* whole frames for this connection alone */
	uint32_t partial_len;
	uint32_t asked_s; /* when older posts were */
	uint32_t typed_s; /* when it was last passed on that its person is writing */
	uint32_t heard_s, pinged_s,
		opened_s; /* monotonic; pinged_s 0: no ping is unanswered */
};

/* Begins in zeroed memory that the WebSocket library owns.  False: too many connections. */
bool connection_open(struct gateway *g, struct connection *c, struct lws *wsi);
/* A piece of a message: whole ones go to conversation_hear(). */
struct connection_piece {
	struct slice bytes;
	size_t rest; /* bytes that follow in the same frame, as its header claims */
	bool is_last, is_binary;
};
void connection_receive(struct gateway *g, struct connection *c,
			const struct connection_piece *piece);
/* Keeps the ticket of the login that waits.  Copies. */
void connection_keep_ticket(struct connection *c, struct slice ticket);
/* Sends one text frame to this connection alone, now or as soon as it can be. */
void connection_tell(struct gateway *g, struct connection *c, struct slice json);
/* Gives it what waits for it: private frames, then the frame log from its cursor on. */
void connection_flush(struct gateway *g, struct connection *c);
/* The same for all connections. */
void connection_flush_all(struct gateway *g);
/* Sends its private frames, of which there are some; it is not choked. */
void connection_flush_private(struct connection *c);
/* Gives it frames that nobody needs - who is writing - or not: only to a current client that is inside,
 * has all posts, and whose socket takes them now.  Nothing of them waits for anybody. */
void connection_mention(struct gateway *g, struct connection *c, struct slice frames);
/* The client is inside; it is sent the posts from next_seq on. */
void connection_enter(struct gateway *g, struct connection *c, uint64_t next_seq);
/* The posts after `from`, up to `to`, are lost for good: who would wait for them goes on behind them. */
void connection_skip(struct connection *c, uint64_t from, uint64_t to);
/* Sends the close frame; the library ends the rest.  Once closing, this does nothing. */
void connection_close(struct gateway *g, struct connection *c, enum close_reason why);
/* The peer sent a close frame with this payload: nothing more is written.  True: it wants an answer
 * that says the same; false: it has one, or is not fit for any. */
bool connection_peer_closes(struct gateway *g, struct connection *c,
			    struct slice payload);
/* The socket is gone: the broker is told, what the connection had is freed. */
void connection_closed(struct gateway *g, struct connection *c);
/* Once a second: pings, and who was silent for too long. */
void connection_tick(struct gateway *g, struct connection *c, uint32_t now_s);

#endif
