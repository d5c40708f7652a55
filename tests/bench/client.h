/* client.h - one browser, as far as a bench needs one: a socket, its frames, a cursor.
 *
 *   IDLE --client_dial--> DIALLING --> UPGRADING --101--> OPEN --hello or resume--> ASKED --ack--> INSIDE
 *
 * Frames that are not posts go to whoever owns the clients (crowd.h).  What a send did not take waits
 * in `out`, which has no bound of its own: the owner sends little. */
#ifndef TESTS_BENCH_CLIENT_H
#define TESTS_BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"
#include "tests/bench/frames.h"
#include "tests/bench/ledger.h"

enum client_state {
	CLIENT_IDLE,
	CLIENT_DIALLING,
	CLIENT_UPGRADING,
	CLIENT_OPEN,
	CLIENT_ASKED,
	CLIENT_INSIDE,
};

struct client {
	int fd; /* -1: none */
	enum client_state state;
	bool is_stopped; /* does not read */
	struct frames frames;
	struct ledger_cursor cursor;
	uint64_t
		position; /* where cursor stood when an earlier connection ended; 0: none did */
	char *out;
	size_t out_len;
	uint32_t person;     /* whose session it uses */
	uint64_t started_ns; /* of what it waits for */
};

/* Connects without waiting; the descriptor is in epoll fd `poll`, with c as its data.  ST_BUSY: our own ports are
 * used up for the moment, by connections that have just ended. */
enum status client_dial(struct client *c, int poll, const struct sockaddr *address,
			socklen_t len, int receive_buffer) ATTR_USE_RESULT;
/* Takes over a connected, non-blocking socket that carries frames already. */
void client_adopt(struct client *c, int poll, int fd);
/* Stops or goes on reading. */
void client_stop(struct client *c, int poll, bool is_stopped);
/* Sends bytes now or when the socket takes them; false: it is broken. */
bool client_send(struct client *c, int poll, struct slice bytes);
/* Sends a masked frame with this payload. */
bool client_tell(struct client *c, int poll, unsigned char opcode, struct slice payload);
/* What waits in out. */
bool client_flush(struct client *c, int poll);
/* Asks for the WebSocket, once connected. */
bool client_upgrade(struct client *c, int poll, const char *host);
void client_close(struct client *c);

#endif
