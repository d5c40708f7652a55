/* connections.h - the connections of a gateway by number.
 *
 * A number is never used twice in the life of the process: answers that come late find nobody.
 * Bound: CONNECTIONS_MAX. */
#ifndef GATEWAY_CONNECTIONS_H
#define GATEWAY_CONNECTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/connection.h"

enum { CONNECTIONS_MAX = 1 << 20 };

struct connections;

struct connections *connections_new(void);
void connections_free(struct connections **t);
/* Gives c its number; false: the table is full. */
bool connections_add(struct connections *t, struct connection *c);
void connections_remove(struct connections *t, struct connection *c);
/* NULL: there is none of this number any more. */
struct connection *connections_find(const struct connections *t, uint64_t id);
size_t connections_count(const struct connections *t);
/* The next connections, at most `most`, into out; 0: these were all.  *at is 0 at the beginning. */
size_t connections_next(const struct connections *t, size_t *at, struct connection **out,
			size_t most);
/* Calls each() for every connection; each() may close, but not remove. */
typedef void connections_fn(struct gateway *g, struct connection *c);
void connections_each(const struct connections *t, connections_fn *each,
		      struct gateway *g);

#endif
