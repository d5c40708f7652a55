/* audit.h - the file of a group of mailers: the record of login mails, and the outbox (outbox.h).
 *
 * What a transaction wrote is on the disk when audit_commit() returns (SQLite, WAL,
 * synchronous=FULL).  The record is only ever appended to; its rows are chained by keyed hashes
 * (audit_chain.h).  An address stands there as a keyed hash, for who has FILE.key, and sealed, for who has
 * FILE.open-key; login codes, tokens and texts never do.  Several mailers of one host may write
 * into one file.
 *
 *   FILE           0600, with FILE-wal and FILE-shm      FILE.key       keys hashes, chain and outbox
 *   FILE.slots     which mailers run (slots.h)           FILE.seal-key  seals addresses
 *   FILE.head      the chain's newest link               FILE.open-key  opens them; may be kept elsewhere */
#ifndef MAILER_AUDIT_H
#define MAILER_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/entropy.h"
#include "common/secret.h"
#include "common/slice.h"
#include "common/status.h"

enum { AUDIT_VERSION = 2, AUDIT_HASH_CAP = 2 * 32 + 1 };

struct audit;
struct slots;

/* Opens the file or makes it, with mode 0600, and its keys; an older version's file is copied, then
 * upgraded; a damaged one is moved aside to FILE.damaged-TIME and a new one begun, whose first row says
 * so.  The reason of a failure is logged.  ST_VERSION: a newer mailer wrote it; ST_DAMAGED: it is
 * damaged, but in use, or it is no file of ours; ST_BUSY: it is locked; ST_DENIED: it may not be
 * written; ST_ABSENT: its key is gone; ST_IO: the system refused; or a status of
 * secret_load(). */
enum status audit_open(const char *path, const struct entropy *e,
		       struct audit **out) ATTR_USE_RESULT;
/* Closes *a and sets it to NULL; NULL and *a == NULL are fine. */
void audit_close(struct audit **a);
/* Borrowed, of a file opened to be written. */
struct slots *audit_slots(struct audit *a);

/* -- transactions: whatever is written stands between a begin and its commit -- */

void audit_begin(struct audit *a);
/* ST_OK: all of it is on the disk.  Else nothing of it is, the first failure is returned, and logged
 * unless it is that of a probe. */
enum status audit_commit(struct audit *a) ATTR_USE_RESULT;
/* Can it be written again?  Writes a page to find out. */
enum status audit_probe(struct audit *a) ATTR_USE_RESULT;

/* -- the record -- */

/* One row; what is 0, NULL or empty stays empty. */
struct audit_entry {
	uint64_t wall_ms;
	const char *kind; /* "request", "attempt", "outbox", a trail kind's name ... */
	struct slice reference;
	uint64_t letter;
	struct slice email;   /* kept as a hash and sealed */
	struct slice network; /* widened here to /24 or /48 */
	uint64_t gateway;
	unsigned attempt; /* 1, 2, 3 ... */
	const char *result;
	int code;            /* of SMTP or HTTP */
	struct slice detail; /* made printable and clipped here */
	uint64_t times;      /* kept when more than 1 */
};
/* Within a transaction. */
void audit_add(struct audit *a, const struct audit_entry *entry);

/* Within a transaction: adds a row of the broker's trail, unless it is there already. */
void audit_add_trail(struct audit *a, const struct bus_trail *trail);
/* The room and the number after the newest of its rows here; 0 and 1: none. */
void audit_trail_kept(struct audit *a, uint64_t *room_out, uint64_t *kept_out);

/* -- the chain's newest link: what it was shows later whether rows are missing -- */

struct audit_head {
	int64_t id; /* 0: there is no row */
	struct secret_hash link;
};
enum status audit_head(struct audit *a, struct audit_head *out) ATTR_USE_RESULT;
/* Logs it and writes it into FILE.head, as "ID:HEX". */
void audit_export_head(struct audit *a);
/* ST_TYPE: not of that form. */
enum status audit_head_parse(struct slice text, struct audit_head *out) ATTR_USE_RESULT;

/* Erases the contents of up to a few hundred rows older than the time; true: there may be more. */
bool audit_retain(struct audit *a, uint64_t older_than_ms, uint64_t wall_ms);

/* The hash that stands for address in the rows; the domain counts in any case of
 * letters. */
void audit_hash_address(const struct audit *a, struct slice address,
			char out[AUDIT_HASH_CAP]);

#endif
