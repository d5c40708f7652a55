/* roster.h - who is here, in the order of their names: for the list of people, page by page.
 *
 * The order is that of the names' bytes, which is the order of their code points.  Finding a page
 * costs a binary search, coming and going a shift of the pointers behind: no list is ever sorted,
 * whoever asks how often.  Bound: as many as are present. */
#ifndef BROKER_ROSTER_H
#define BROKER_ROSTER_H

#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"

struct roster;

struct roster *roster_new(void);
void roster_free(struct roster **r);
/* Copies the name.  Who is in it already is not added again. */
void roster_add(struct roster *r, struct slice name, uint64_t person);
/* Nothing when there is no such entry. */
void roster_remove(struct roster *r, struct slice name, uint64_t person);
size_t roster_count(const struct roster *r);
/* Place of the first entry with a name after this one; roster_count(): there is none. */
size_t roster_after(const struct roster *r, struct slice name);
/* The person at a place below roster_count(). */
uint64_t roster_at(const struct roster *r, size_t place);

#endif
