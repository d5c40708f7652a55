/* audit_verify.h - is the record what was written? */
#ifndef MAILER_AUDIT_VERIFY_H
#define MAILER_AUDIT_VERIFY_H

#include <stdint.h>

#include "common/attr.h"
#include "common/status.h"
#include "mailer/audit.h"

struct audit_verdict {
	int64_t rows;   /* that are there */
	int64_t erased; /* of them without (all of) their contents */
	int64_t bad;    /* the first row that is not as it was written; 0: all are */
	const char *
		why; /* NULL: all is well; else what is wrong, with that row unless bad is 0 */
	struct audit_head head; /* the newest row, when all is well */
};

/* Reads every row, a thousand at a time, so that those who write need not wait.  exported: a head that
 * was logged or written beside the file; NULL: none is known, and rows missing at the end are not
 * noticed.  The status is of the reading. */
enum status audit_verify(struct audit *a, const struct audit_head *exported,
			 struct audit_verdict *out) ATTR_USE_RESULT;

#endif
