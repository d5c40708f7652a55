/* store_backup.h - a copy of the journal, made in steps while it is in use.
 *
 * What is committed before the last step is in it; only who is connected is not, nor the epoch, because
 * a room that begins from the copy numbers its posts anew.  It appears under its name when it is whole and on
 * the disk; a file that is there is never overwritten.  It is readable by its owner only, and takes
 * the same secret key to be used. */
#ifndef BROKER_STORE_BACKUP_H
#define BROKER_STORE_BACKUP_H

#include "common/attr.h"
#include "common/status.h"

struct store;
struct store_backup;

/* *why is a text that lives on, when it fails: ST_EXISTS, ST_ABSENT (a room that forgets), ST_IO.  s is
 * borrowed until store_backup_free(). */
enum status store_backup_new(struct store *s, const char *path, struct store_backup **out,
			     const char **why) ATTR_USE_RESULT;
/* One step of moderate length, outside of transactions.  ST_OK: there is more to do; ST_END: it is
 * done; else *why says what failed. */
enum status store_backup_step(struct store_backup *b, const char **why) ATTR_USE_RESULT;
/* What is not done is taken away.  NULL and *b == NULL are fine. */
void store_backup_free(struct store_backup **b);

#endif
