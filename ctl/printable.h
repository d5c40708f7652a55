/* printable.h - text of strangers on a terminal: what could move the cursor, change colours,
 * hide or turn letters is shown by its number instead. */
#ifndef CTL_PRINTABLE_H
#define CTL_PRINTABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/slice.h"

/* May a terminal be given this character? */
bool printable_is_safe(uint32_t character);
/* Writes text; other characters as \u{NUMBER}, a backslash doubled, bytes that are no UTF-8 as
 * \xNN. */
void printable_write(struct slice text, FILE *out);
/* The same of a text in which a backslash begins an escape already (mailer/detail.h): it is not doubled. */
void printable_write_escaped(struct slice text, FILE *out);

#endif
