/* ban_index.h - bans by the numbers that they are of (bans.h): a look-up takes a few hashes, however many
 * there are. */
#ifndef BROKER_BAN_INDEX_H
#define BROKER_BAN_INDEX_H

#include "broker/bans.h"

struct ban_index;

struct ban_index *ban_index_new(void);
/* It must be empty. */
void ban_index_free(struct ban_index **x);
/* ban is borrowed until it is removed. */
void ban_index_add(struct ban_index *x, const struct ban *ban);
void ban_index_remove(struct ban_index *x, const struct ban *ban);
/* The one of these numbers that lasts longest; NULL: none is in force.  kind PERSON or ADDRESS finds both. */
const struct ban *ban_index_find(const struct ban_index *x, enum ban_kind kind,
				 const struct ban_numbers *n, uint64_t wall_ms);
/* The same, of networks that have this address. */
const struct ban *ban_index_find_network(const struct ban_index *x, struct slice address,
					 uint64_t wall_ms);

#endif
