/* audit_erase.h - taking contents out of the record, so that the chain still holds. */
#ifndef MAILER_AUDIT_ERASE_H
#define MAILER_AUDIT_ERASE_H

#include <stdint.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

struct audit;

/* Erases what is personal in every row of this address: its hash, the sealed address, the network and
 * the detail; what happened stays.  A row of the kind "erased" tells how many they were, and not whose.
 * (audit_retain(), in audit.h, erases what is old, wholly.) */
enum status audit_erase_address(struct audit *a, struct slice address, uint64_t wall_ms,
				int64_t *n_out) ATTR_USE_RESULT;

#endif
