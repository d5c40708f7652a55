/* audit_open.h - connecting to the file, also for those who only read it. */
#ifndef MAILER_AUDIT_OPEN_H
#define MAILER_AUDIT_OPEN_H

#include "common/attr.h"
#include "common/status.h"

struct audit;

/* With flags of sqlite3_open_v2() and, when it is to be written, our settings. */
enum status audit_connect(struct audit *a, int flags) ATTR_USE_RESULT;

#endif
