/* peer.h - other servers that pass messages on to many: what a connection says to them to take part, and
 * how it publishes.
 *
 * Messages are told apart by a mark, whatever the framing: our texts begin with PEER_MARK and a stamp. */
#ifndef TESTS_BENCH_PEER_H
#define TESTS_BENCH_PEER_H

#include <stddef.h>

#include "common/slice.h"

enum peer_kind {
	PEER_WS,
	PEER_NCHAN,
	PEER_MOSQUITTO,
	PEER_NATS,
	PEER_SOCKETIO,
	PEER_MQTTWS
};

enum { PEER_MARK = '~', PEER_STEPS = 3, PEER_FRAME_MAX = 2048 };

/* Bytes that are sent after the connection stands, or after what came before was answered. */
struct peer_step {
	struct slice say;
	struct slice until; /* answered, when these bytes came */
};

/* n_out: how many steps. */
const struct peer_step *peer_steps(enum peer_kind kind, size_t *n_out);
/* Writes a message with this text; gives its length. */
size_t peer_write(enum peer_kind kind, struct slice text, char out[PEER_FRAME_MAX]);

#endif
