/* mark.h - the identity mark: by it people tell apart whom names do not.
 *
 * A mark is made of the keyed hash of an address, so it is the same for an address wherever and
 * whenever it is seen in this room, another one in another room, and says nothing about the address
 * to anybody who has not the room's secret. */
#ifndef BROKER_MARK_H
#define BROKER_MARK_H

#include "common/secret.h"

/* 40 bits: no two people of a room have the same by chance, and nobody finds an address with
 * somebody's mark, because each try takes a login.  With the terminator. */
enum { MARK_SIZE = 9 };

/* owner: the keyed hash of an address; all zero - nobody's - has an empty mark. */
void mark_of(const struct secret_hash *owner, char out[MARK_SIZE]);

#endif
