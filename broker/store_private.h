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
	DROP_GATEWAY,
	PUT_CLIENT,
	DROP_CLIENT,
	DROP_CLIENTS,
	CLEAR_CLIENTS,
	CLEAR_GATEWAYS,
	CLEAR_PRESENT,
	PUT_PRESENT,
	DROP_PRESENT,
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

/* Address, name, code and network of a letter, a line each, as they are sealed. */
enum { STORE_LETTER_MAX = 512 };
#define STORE_LETTER_DOMAIN "letter"
#define STORE_REPLY_DOMAIN "reply"

/* store_schema.c: brings a file of an older version (0: empty) to the newest, after a copy of it
 * was written to PATH.vVERSION.  All or nothing. */
enum { STORE_SCHEMA_VERSION = 4, STORE_APPLICATION_ID = 0x504c4d45 /* "PLME" */ };
enum status store_upgrade(sqlite3 *db, const char *path, int64_t version);
/* SQLite's result as ours. */
enum status store_status(int rc);
/* Prepares all statements; SQLite's result. */
int store_prepare(struct store *s);

#endif
