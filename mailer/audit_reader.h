/* audit_reader.h - the record for those who only read it: needs the file and no process, and disturbs
 * none. */
#ifndef MAILER_AUDIT_READER_H
#define MAILER_AUDIT_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/secret.h"
#include "common/slice.h"
#include "common/status.h"
#include "mailer/audit_chain.h"

struct audit;

struct audit_reader {
	struct audit *audit;
	bool has_key; /* FILE.key: addresses can be looked for, and the chain verified */
	bool has_opener; /* addresses can be read */
	struct secret opener;
};

/* opener: the path of the open-key; NULL: FILE.open-key, when it is there.  On failure *why says it as a
 * sentence fragment, or is NULL when the log has said it. */
enum status audit_reader_open(const char *path, const char *opener,
			      struct audit_reader *out, const char **why) ATTR_USE_RESULT;
void audit_reader_close(struct audit_reader *r);

/* Which rows; 0 and NULL: whatever. */
struct audit_filter {
	uint64_t since_ms, until_ms; /* until is not included */
	const char *reference, *kind, *result;
	const char *address; /* needs the key */
	uint64_t newest;     /* only so many, the newest ones */
	bool by_time; /* as it happened: rows of the broker arrive later; the first thousand */
};

/* row is borrowed for the call. */
typedef void audit_row_fn(void *ctx, const struct audit_row *row);
/* Oldest row first, and a thousand at a time: the WAL of a busy mailer does not grow for a slow
 * reader. */
enum status audit_read(struct audit_reader *r, const struct audit_filter *f,
		       audit_row_fn *each, void *ctx) ATTR_USE_RESULT;

/* The address of a row, terminated, or "" when there is none or it cannot be read. */
enum { AUDIT_ADDRESS_CAP = 256 };
void audit_read_address(const struct audit_reader *r, const struct audit_row *row,
			char out[AUDIT_ADDRESS_CAP]);

#endif
