/* An insertion into a short list: most clients are compared with its last only. */
#include "gateway/slowest.h"

#include <assert.h>
#include <stdbool.h>

void slowest_begin(struct slowest *s, size_t most)
{
	assert(most >= 1 && most <= SLOWEST_MAX);
	s->most = most;
	s->n = 0;
}

static bool is_slower(const struct bus_client_state *a, const struct bus_client_state *b)
{
	return a->lag != b->lag ? a->lag > b->lag : a->unsent > b->unsent;
}

void slowest_add(struct slowest *s, const struct bus_client_state *client)
{
	size_t at;

	if (s->n == s->most && !is_slower(client, &s->clients[s->n - 1]))
		return;
	if (s->n < s->most)
		s->n++;
	for (at = s->n - 1; at > 0 && is_slower(client, &s->clients[at - 1]); at--)
		s->clients[at] = s->clients[at - 1];
	s->clients[at] = *client;
}
