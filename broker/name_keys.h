/* name_keys.h - which names are allowed, and which look alike.
 *
 * Two names are the same claim when they share a key (SECURITY N1, N2).  The keys are made of
 * Unicode's compatibility case folding (NFKC_Casefold) and its confusable skeleton (UTS 39, section 4), in both orders:
 * one finds "paypal" written with Cyrillic letters, the other "Iinus" for "linus". */
#ifndef BROKER_NAME_KEYS_H
#define BROKER_NAME_KEYS_H

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

enum {
	NAME_MAX_CHARACTERS = 32,
	NAME_MAX_BYTES = 120,
	NAME_KEY_SIZE = 256,                       /* bytes with the terminator */
	NAME_LOOK_BYTES = 4 * NAME_MAX_CHARACTERS, /* of what may look like a name */
	/* Marks one above the other: UTS 39, section 5.4, advises four; Burmese has syllables with five. */
	NAME_STACKED_MARKS = 5,
	NAME_KEYS = 2,
};

struct name_keys {
	char key[NAME_KEYS][NAME_KEY_SIZE]; /* UTF-8; the two may be equal */
};

struct name_keyer; /* ICU's tables */

/* ST_IO: ICU's data cannot be loaded (logged). */
enum status name_keyer_new(struct name_keyer **out) ATTR_USE_RESULT;
void name_keyer_free(struct name_keyer **k);

/* The form in which a name is kept and shown: NFC, so that what looks the same is the same.
 * ST_RANGE: not UTF-8, or over NAME_MAX_BYTES; out is then empty. */
enum status name_normalize(const struct name_keyer *k, struct slice name,
			   char out[NAME_MAX_BYTES + 1]) ATTR_USE_RESULT;

/* A name is 1 to 32 letters (with their marks), digits and `_`, `-`, `.`, at most 120 bytes of UTF-8,
 * of one script ("moderately restrictive", UTS 39 section 5.2), without a dot at an end, and with at
 * most NAME_STACKED_MARKS marks on a letter, none of them twice in a row.
 * ST_RANGE: it is not; out is then undefined. */
enum status name_keys_of(const struct name_keyer *k, struct slice name,
			 struct name_keys *out) ATTR_USE_RESULT;
/* The keys of what need not be a name, to find whose name it looks like: of any characters, as many
 * alphabets as it likes, with what cannot be seen between them.
 * ST_RANGE: not UTF-8, empty, over NAME_LOOK_BYTES, or longer than any name once it is folded. */
enum status name_keys_of_look(const struct name_keyer *k, struct slice look,
			      struct name_keys *out) ATTR_USE_RESULT;

#endif
