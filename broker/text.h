/* text.h - what may be said: the rules of a post's text (SECURITY N4).
 *
 * A text that breaks one is refused, never changed: what people read is what was written. */
#ifndef BROKER_TEXT_H
#define BROKER_TEXT_H

#include <stdbool.h>

#include "common/slice.h"

/* Combining marks in a row, with what cannot be seen between them: more of them are no writing, but
 * a tower that covers the lines around it. */
enum { TEXT_MARKS_MAX = 200 };

/* Has it something to show, no control characters but newline and tab, and no such tower?  s is
 * valid UTF-8. */
bool text_is_good(struct slice s);

#endif
