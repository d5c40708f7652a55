/* audit.h - the record of login mails: a row for every letter asked for and for every
 * attempt to send it.
 *
 * A row is on the disk when its function returns (SQLite, WAL, synchronous=FULL).  It
 * holds neither the login code nor the address, but a hash of the address under the
 * key in FILE.key, which is made beside the audit file: who has the key can look for
 * an address, and nobody can read one.  Several mailers may write into one file. */
#ifndef MAILER_AUDIT_H
#define MAILER_AUDIT_H

#include <stdint.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/entropy.h"
#include "common/slice.h"
#include "common/status.h"

enum { AUDIT_VERSION = 1, AUDIT_HASH_CAP = 2 * 32 + 1 };

struct audit;

/* Opens the file or makes it, with mode 0600.  The reason of a failure is logged.
 * ST_VERSION: a newer mailer wrote it; ST_DAMAGED: it is not a sound audit file;
 * ST_IO: the system refused; or a status of secret_load(). */
enum status audit_open(const char *path, const struct entropy *e,
		       struct audit **out) ATTR_USE_RESULT;
/* Closes *a and sets it to NULL; NULL and *a == NULL are fine. */
void audit_close(struct audit **a);

/* The login that a row belongs to. */
struct audit_login {
	const char *reference;
	uint64_t letter;
	struct slice address; /* hashed here */
	const char *network;  /* that the browser asked from */
	uint64_t gateway;     /* that it came through */
};

struct audit_attempt {
	unsigned number;       /* 1, 2, 3 ...; 0: none was made */
	enum mail_state state; /* that the letter is in now */
	int code;              /* of SMTP or HTTP; 0: none */
	const char *detail;    /* detail_write(); "" for none */
};

/* Each logs why it failed. */
enum status audit_request(struct audit *a, const struct audit_login *login,
			  uint64_t wall_ms) ATTR_USE_RESULT;
enum status audit_attempt(struct audit *a, const struct audit_login *login,
			  const struct audit_attempt *attempt,
			  uint64_t wall_ms) ATTR_USE_RESULT;

/* The hash that stands for address in the rows; the domain counts in any case of
 * letters. */
void audit_hash_address(const struct audit *a, struct slice address,
			char out[AUDIT_HASH_CAP]);

#endif
