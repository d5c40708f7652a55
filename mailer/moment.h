/* moment.h - a moment as an operator writes it. */
#ifndef MAILER_MOMENT_H
#define MAILER_MOMENT_H

#include <stdint.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

/* "2h" (ago; any duration with its unit), "2026-01-31", "2026-01-31T14:03" or
 * "2026-01-31T14:03:59", the latter with or without a "Z": all in UTC.  Gives milliseconds since 1970.
 * ST_TYPE: none of them; ST_RANGE: no such day or time. */
enum status moment_parse(struct slice text, uint64_t now_ms,
			 uint64_t *out) ATTR_USE_RESULT;

#endif
