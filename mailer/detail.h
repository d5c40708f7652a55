/* detail.h - what a mail server said, made fit to be kept and logged.
 *
 * Servers repeat what they were given ("550 <ann@a.example>: no such user"), at any
 * length and with any bytes.  What is kept has no address, no login code, no key and
 * nothing but printable ASCII. */
#ifndef MAILER_DETAIL_H
#define MAILER_DETAIL_H

#include <stddef.h>

#include "common/slice.h"

enum { DETAIL_CAP = 256 };

/* Writes said with every occurrence of the secrets (ASCII letters in any case) as
 * "***", each run of white space as one space, and all else that is not printable
 * ASCII as \xNN; clipped to the buffer, "..." at the end when clipped.  Empty secrets
 * are not looked for. */
void detail_write(struct slice said, const struct slice *secrets, size_t n_secrets,
		  char out[DETAIL_CAP]);

#endif
