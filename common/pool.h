/* pool.h - records of one size, each with a number, in the order in which they came.
 *
 * A record stays where it is until it is removed; its number is then given again.  Records lie in chunks,
 * without a head of malloc's for each; the memory of removed ones is kept for later ones.
 * Bound: the owner's. */
#ifndef COMMON_POOL_H
#define COMMON_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool;

enum { POOL_NONE = 0 }; /* no number */

/* size: of a record; it is aligned to 8 bytes. */
struct pool *pool_new(size_t size);
void pool_free(struct pool **p);
/* The number of a new record, all zero, the last in order. */
uint32_t pool_add(struct pool *p);
void pool_remove(struct pool *p, uint32_t number);
/* Borrowed until it is removed; then it is zeroed. */
void *pool_at(const struct pool *p, uint32_t number);
/* It comes last from now on, as if it had just been added. */
void pool_renew(struct pool *p, uint32_t number);
/* The one that came first, and the one after another; POOL_NONE: there is none. */
uint32_t pool_first(const struct pool *p);
uint32_t pool_next(const struct pool *p, uint32_t number);
size_t pool_count(const struct pool *p);

#endif
