/* audit_chain.h - the hashes that make a change of the record noticed.
 *
 * Pure.  Each row has a hash of its facts, one of what is personal in it, and one, the link, of the row
 * before it, of its own number, time and kind, and of the two: so a row can lose its contents later
 * (SECURITY A3) and the chain still holds.  All of them are keyed: without FILE.key nobody makes a row
 * that fits.  That a row was erased by somebody with the key is told by a mark, keyed too. */
#ifndef MAILER_AUDIT_CHAIN_H
#define MAILER_AUDIT_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "common/secret.h"
#include "common/slice.h"

enum audit_group { AUDIT_LINK, AUDIT_FACT, AUDIT_PERSONAL, AUDIT_CHAIN };

enum audit_column {
#define COLUMN(symbol, name, type, group, doc) AUDIT_##symbol,
#include "mailer/audit_columns.def"
#undef COLUMN
	AUDIT_COLUMNS
};

struct audit_column_info {
	const char *name, *type, *doc;
	enum audit_group group;
};
extern const struct audit_column_info audit_columns[AUDIT_COLUMNS];

/* What a column holds.  AUDIT_STRANGE is what no writer of ours leaves there, and it fits no hash. */
enum audit_type { AUDIT_NULL, AUDIT_NUMBER, AUDIT_TEXT, AUDIT_BYTES, AUDIT_STRANGE };
struct audit_value {
	enum audit_type type;
	int64_t number;
	struct slice bytes; /* of texts and bytes; borrowed */
};

/* A row: a value for each column. */
struct audit_row {
	struct audit_value values[AUDIT_COLUMNS];
};

enum audit_erased { ERASED_NOTHING, ERASED_PERSONAL, ERASED_ALL };

/* Of the columns of one group; group: AUDIT_FACT or AUDIT_PERSONAL. */
struct secret_hash audit_chain_group(const struct secret *key, enum audit_group group,
				     const struct audit_row *row);
/* Of a row whose LINK columns are filled; prev: the link of the row before, NULL for the first. */
struct secret_hash audit_chain_link(const struct secret *key,
				    const struct secret_hash *prev,
				    const struct audit_row *row,
				    const struct secret_hash *facts,
				    const struct secret_hash *personal);
/* The mark of a row that lost contents. */
struct secret_hash audit_chain_mark(const struct secret *key, int64_t id,
				    enum audit_erased level,
				    const struct secret_hash *link);

/* Looks whether a row is what it was written as; *prev is the link of the row before (of the first
 * row: all zero) and becomes this row's.  NULL: it is; else what is wrong with it, as a sentence
 * fragment. */
const char *audit_chain_check(const struct secret *key, int64_t id,
			      const struct audit_row *row, struct secret_hash *prev);

#endif
