/* number.h - the strict parser of numbers and durations written by people.
 *
 * Decimal digits only: no sign, no space, no leading zero except "0" itself, nothing
 * after. */
#ifndef COMMON_NUMBER_H
#define COMMON_NUMBER_H

#include <stdint.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

/* ST_TYPE: not a number; ST_RANGE: does not fit in 64 bits.  *out is 0 on error. */
enum status number_parse(struct slice s, uint64_t *out) ATTR_USE_RESULT;
/* A number with one of the units ms, s, m, h, d; without a unit it means seconds.
 * *out is in milliseconds. */
enum status number_parse_duration(struct slice s, uint64_t *out_ms) ATTR_USE_RESULT;

#endif
