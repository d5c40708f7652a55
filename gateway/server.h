/* server.h - WebSockets, by libwebsockets.
 *
 * The gateway accepts by itself (listener.h), answers HTTP by itself (door.h), and hands what becomes a
 * WebSocket to the library.  All of it runs on the loop's thread. */
#ifndef GATEWAY_SERVER_H
#define GATEWAY_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"
#include "gateway/forwarded.h"

struct gateway;
struct lws;
struct server;

enum status server_new(uv_loop_t *loop, struct gateway *g,
		       struct server **out) ATTR_USE_RESULT;
/* Takes fd, as if request had come over it, which is a good upgrade and perhaps frames.  from: where the browser
 * is. */
void server_adopt(struct server *s, int fd, const struct forwarded_address *from,
		  struct slice request);

/* -- for connections; bytes are whole frames -- */

/* Are bytes of an earlier write still waiting?  Then nothing may be written now. */
bool server_is_choked(struct lws *wsi);
/* Was a close frame sent or heard?  Then nothing may follow it (RFC 6455 5.5.1); the library sends some by
 * itself. */
bool server_is_closing(struct lws *wsi);
/* The descriptor: complete frames may be sent over it, past the library, while server_is_choked() is false;
 * the rest of a frame that was begun has to follow by server_write(). */
int server_socket(struct lws *wsi);
/* Writes all of it, unless the connection is closing; what the kernel does not take now, the library keeps and sends later. */
void server_write(struct lws *wsi, struct slice frames);
/* connection_flush() will be called when the socket can take more. */
void server_want_write(struct lws *wsi);
/* Shuts our half of the connection as soon as all that was written is in the kernel, or asks for
 * connection_flush() to do it again then: the library answers pings and protests even after our close
 * frame, which nothing may follow. */
void server_shut(struct lws *wsi);
/* Ends the connection after so many seconds, unless the peer does first; 0: at once. */
void server_end_after(struct server *s, struct lws *wsi, int seconds);
/* The browser's IP address. */
void server_peer(struct lws *wsi, char out[FORWARDED_TEXT_SIZE]);

#endif
