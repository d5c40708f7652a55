/* server_private.h - what server.c (the library, WebSockets) and server_http.c (the page) share. */
#ifndef GATEWAY_SERVER_PRIVATE_H
#define GATEWAY_SERVER_PRIVATE_H

#include "gateway/assets.h"
#include "gateway/connection.h"
#include "gateway/forwarded.h"
#include "gateway/server.h"

/* What the library keeps for us per connection: first HTTP, then perhaps a WebSocket. */
struct peer {
	struct connection connection;
	struct forwarded_address address; /* of the browser */
	const struct asset *body;         /* still to be written */
};

struct gateway *server_gateway(struct lws *wsi);

/* A request for path; its body is written when the socket can take it.  -1 ends the connection. */
int server_http(struct lws *wsi, struct peer *peer, const char *path);
int server_http_writeable(struct lws *wsi, struct peer *peer);

#endif
