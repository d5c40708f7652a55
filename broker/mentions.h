/* mentions.h - whom the words of a post call: `@` and somebody's name, or what looks like it (SECURITY N2).
 *
 * A word is what the page shows as one (static/js/words.js has the same grammar, and
 * tests/unit/broker/mentions.def holds both to it): `@` that follows no letter or digit and stands in no link, then
 * letters, marks, digits, `_`, `-`, and `.` in between, with what cannot be seen among them; 32 characters at
 * most, and none that turns the direction or is a blank.  What breaks this is no word, in the page either.
 *
 * Bound: MENTIONS_MAX different words of a post; further ones call nobody, and the page shows them as
 * any other text. */
#ifndef BROKER_MENTIONS_H
#define BROKER_MENTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/name_keys.h"
#include "common/slice.h"

struct names;

enum {
	MENTIONS_MAX = 16,
	/* A word may look like as many names as it has keys; each is followed by a space. */
	MENTIONS_BYTES = MENTIONS_MAX * NAME_KEYS * (NAME_MAX_BYTES + 1),
};

/* The next word (without its @) from *at on, which moves behind it; text is valid UTF-8.  False: there is none. */
bool mentions_next(struct slice text, size_t *at, struct slice *word);
/* The names of the people whom text calls, as they are claimed, each once, with a space between two of them:
 * in out, or empty.  Reserved names are nobody's. */
struct slice mentions_of(const struct names *names, const struct name_keyer *keyer,
			 struct slice text, char out[MENTIONS_BYTES]);
/* As many bytes as mentions_of() may give, without looking at the words. */
size_t mentions_most(struct slice text);

#endif
