/* utf8.h - is it valid UTF-8, and where do characters end?
 *
 * Valid as in RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"

bool utf8_is_valid(struct slice s);
/* Takes one character from the front of *s and moves *s past it.
 * Returns false, leaving *s alone, at the end or at an invalid sequence. */
bool utf8_next(struct slice *s, uint32_t *out);
/* Has it something to show: not empty, and no control characters but newline and tab?
 * s must be valid. */
bool utf8_is_showable(struct slice s);
/* May a terminal be given this character?  Not controls, nor what hides, turns or joins others. */
bool utf8_is_harmless(uint32_t character);
/* The longest prefix of at most max bytes that cuts no character; s must be valid. */
struct slice utf8_clip(struct slice s, size_t max);

#endif
