/* store_private.h - what the store*.c share. */
#ifndef BROKER_STORE_PRIVATE_H
#define BROKER_STORE_PRIVATE_H

#include <sqlite3.h>

#include "broker/store.h"

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	PUT_EPOCH,
	PUT_POST,
	TRIM_POSTS,
	PUT_NEWEST,
	PUT_NAME,
	DROP_NAME,
	PUT_SESSION,
	DROP_SESSION,
	PUT_LOGIN,
	DROP_LOGIN,
	PUT_LETTER,
	DROP_LETTER,
	PUT_GATEWAY,
	PUT_SILENCE,
	DROP_GATEWAY,
	PUT_CLIENT,
	DROP_CLIENT,
	DROP_CLIENTS,
	CLEAR_CLIENTS,
	CLEAR_GATEWAYS,
	CLEAR_PRESENT,
	PUT_PRESENT,
	DROP_PRESENT,
	PUT_LEASE,
	PUT_TALLY,
	TRIM_TALLY,
	PUT_MAIL_PACE,
	PUT_PROOF,
	DROP_PROOF,
	PUT_TRAIL,
	DROP_TRAIL,
	PUT_TRAIL_KEPT,
	PUT_BAN,
	DROP_BAN,
	STORE_STATEMENTS,
};

/* Bits of a gateway's `more`. */
enum { STORE_HAS_MORE = 1, STORE_IS_KEYED = 2 };

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STORE_STATEMENTS];
	struct secret secret;
	bool is_suspended;
	uint64_t loaded_seq; /* of the post loaded last; 0: none yet */
	int failed;          /* SQLite's code of this transaction's first error */
};

/* Address, name, code and network of a letter, a line each, as they are sealed; the address of a login;
 * address, network and detail of a row of the trail; value and reason of a ban. */
enum { STORE_LETTER_MAX = 512, STORE_TRAIL_MAX = 640, STORE_BAN_MAX = 512 };
#define STORE_LETTER_DOMAIN "letter"
#define STORE_LOGIN_DOMAIN "login"
#define STORE_TRAIL_DOMAIN "trail"
#define STORE_REPLY_DOMAIN "reply"
#define STORE_BAN_DOMAIN "ban"

/* store_schema.c: brings a file of an older version (0: empty) to the newest, after a copy of it
 * was written to PATH.vVERSION.  All or nothing. */
enum { STORE_SCHEMA_VERSION = 5, STORE_APPLICATION_ID = 0x504c4d45 /* "PLME" */ };
enum status store_upgrade(sqlite3 *db, const char *path, int64_t version);
/* SQLite's result as ours. */
enum status store_status(int rc);
/* Prepares all statements; SQLite's result. */
int store_prepare(struct store *s);
/* Runs a statement; types has a letter for each parameter: n uint64_t, t struct slice
 * as text, b struct slice as bytes, h const struct secret_hash *. */
void store_run(struct store *s, enum statement which, const char *types, ...);

/* -- reading: what rows have -- */

typedef enum status store_row_fn(struct store *s, sqlite3_stmt *q,
				 const struct store_reader *reader);
uint64_t store_number(sqlite3_stmt *q, int column);
struct slice store_bytes(sqlite3_stmt *q, int column);
/* A hash of the right size, or all zero, which fits nothing. */
struct secret_hash store_hash(sqlite3_stmt *q, int column);

/* Opens what was sealed in this column, terminated; at most cap - 1 bytes. */
enum status store_open_column(const struct store *s, const char *domain, sqlite3_stmt *q,
			      int column, char *plain, size_t cap);

/* store_bans.c */
store_row_fn store_on_ban;
/* store_login.c */
store_row_fn store_on_login, store_on_letter, store_on_tally, store_on_mail_pace,
	store_on_proof, store_on_trail, store_on_trail_kept;

#endif
