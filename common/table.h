/* table.h - finds numbers by the hash of what they stand for: four bytes for each place.
 *
 * What a number stands for is its owner's, mostly a record of a pool (pool.h); the table asks its owner
 * for the hash and whoever searches whether it is what they mean.  Different numbers may have the same
 * hash.  A hash should be secret_scatter()'s, or strangers could choose what falls together.
 * Bound: the owner's. */
#ifndef COMMON_TABLE_H
#define COMMON_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table;

enum { TABLE_NONE = 0 }; /* no number */

typedef uint64_t table_hash_fn(const void *owner, uint32_t number);
/* Is it what ctx describes?  Asked of those that come into question until one is; a function that always
 * says no sees all that have the hash, and may see others. */
typedef bool table_match_fn(const void *owner, uint32_t number, void *ctx);

/* owner is borrowed and given to the functions. */
struct table *table_new(const void *owner, table_hash_fn *hash);
void table_free(struct table **t);
/* number: not TABLE_NONE, and not in it. */
void table_add(struct table *t, uint32_t number);
/* TABLE_NONE: there is none. */
uint32_t table_find(const struct table *t, uint64_t hash, table_match_fn *match,
		    void *ctx);
/* It is in it, and still has the hash that it was added with. */
void table_remove(struct table *t, uint32_t number);
size_t table_count(const struct table *t);

#endif
