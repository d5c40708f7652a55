/* idna.h - domain names of all alphabets as the mail system writes them (RFC 5891, UTS 46). */
#ifndef BROKER_IDNA_H
#define BROKER_IDNA_H

#include <stddef.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

enum { IDNA_SIZE = 256 }; /* a domain name has at most 253 characters */

/* Writes the domain in A-labels, in lower case, terminated.  ST_RANGE: it is no domain name. */
enum status idna_to_ascii(struct slice domain, char out[IDNA_SIZE]) ATTR_USE_RESULT;

#endif
