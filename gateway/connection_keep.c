/* What waits for a connection, and who has to go when too much waits for all of them: those for whom it
 * waits longest.  A browser that is only busy for a moment has not waited for long. */
#include <stdlib.h>

#include "common/secret.h"
#include "gateway/connection_private.h"
#include "gateway/gateway.h"
#include "gateway/server.h"

static size_t waiting_of(const struct connection *c)
{
	return (size_t)c->partial_len + c->private_len + c->rest_len;
}

/* -- who waits longest: of those with more than everybody may have -- */

static void look_at(struct gateway *g, struct connection *c)
{
	uint32_t now = (uint32_t)gateway_now(g);
	const struct connection *longest = g->waits_longest;

	if (c->state == CLOSING || waiting_of(c) <= BACKLOG_FREE)
		return;
	if (longest == NULL || now - c->waits_ms > now - longest->waits_ms)
		g->waits_longest = c;
}

bool connection_may_keep(struct gateway *g, struct connection *c, size_t bytes)
{
	while (!backlog_may(&g->backlog, g->options->backlog_bytes, waiting_of(c),
			    bytes)) {
		g->waits_longest = NULL;
		connections_each(g->connections, look_at, g);
		if (g->waits_longest == NULL)
			g->waits_longest = c;
		connection_close(g, g->waits_longest, CLOSE_BUSY);
		if (c->state == CLOSING)
			return false;
	}
	return true;
}

/* -- what is kept -- */

void connection_keep(struct gateway *g, struct connection *c, size_t bytes)
{
	if (waiting_of(c) == 0)
		c->waits_ms = (uint32_t)gateway_now(g);
	backlog_add(&g->backlog, bytes);
}

void connection_note_rest(struct gateway *g, struct connection *c, size_t bytes)
{
	size_t rest = server_is_choked(c->wsi) ? bytes : 0;

	if (rest > c->rest_len)
		connection_keep(g, c, rest - c->rest_len);
	else
		backlog_remove(&g->backlog, c->rest_len - rest);
	c->rest_len = (uint32_t)rest;
	if (rest > 0)
		server_want_write(c->wsi); /* to hear when it left */
}

void connection_drop_partial(struct gateway *g, struct connection *c)
{
	if (c->partial != NULL)
		secret_wipe(c->partial, c->partial_len); /* it may be a code or a token */
	backlog_remove(&g->backlog, c->partial_len);
	free(c->partial);
	c->partial = NULL;
	c->partial_len = 0;
}

void connection_drop_private(struct gateway *g, struct connection *c)
{
	if (c->private != NULL)
		secret_wipe(c->private, c->private_len);
	backlog_remove(&g->backlog, c->private_len);
	free(c->private);
	c->private = NULL;
	c->private_len = 0;
}

void connection_drop_waiting(struct gateway *g, struct connection *c)
{
	connection_drop_partial(g, c);
	connection_drop_private(g, c);
	backlog_remove(&g->backlog, c->rest_len);
	c->rest_len = 0;
}
