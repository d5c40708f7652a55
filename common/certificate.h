/* certificate.h - have the certificates of a file ended? */
#ifndef COMMON_CERTIFICATE_H
#define COMMON_CERTIFICATE_H

#include <stdint.h>

#include "common/attr.h"
#include "common/status.h"

enum certificate_use {
	CERTIFICATE_SHOWN, /* the first of the file is ours, others are above it */
	CERTIFICATE_TRUSTED, /* authorities: while one is exchanged, the old one may have ended */
};

/* path: a file of PEM, in which keys are passed over; wall_ms: now.  ST_DENIED: it holds no certificate,
 * or ours, or every trusted one, has ended; *why is a constant text then. */
enum status certificate_check(const char *path, enum certificate_use use,
			      uint64_t wall_ms, const char **why) ATTR_USE_RESULT;

#endif
