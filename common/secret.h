/* secret.h - keyed hashes, sealed bytes and unguessable strings, by libsodium.
 *
 * One 32-byte secret per process; every use names its domain, so that a hash made for one
 * purpose means nothing for another.  secret_init() must have succeeded before anything else. */
#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/entropy.h"
#include "common/slice.h"
#include "common/status.h"

enum {
	SECRET_SIZE = 32,      /* bytes of a secret */
	SECRET_HASH_SIZE = 32, /* bytes of a hash (BLAKE2b-256, keyed) */
	SECRET_TOKEN_LEN =
		43, /* characters of a token: 32 bytes in base64url without padding */
	SECRET_SEAL_EXTRA = 40 /* bytes that sealing adds: nonce and tag */
};

struct secret {
	unsigned char bytes[SECRET_SIZE];
};

struct secret_hash {
	unsigned char bytes[SECRET_HASH_SIZE];
};

/* Starts libsodium; ST_IO when the system has no random numbers. */
enum status secret_init(void) ATTR_USE_RESULT;

/* Reads the secret in the file, or makes the file (mode 0600, 64 hexadecimal digits and a
 * newline) when it is absent.  ST_DENIED: group or others can read it; ST_DAMAGED: it
 * holds something else; ST_IO: the system refused.  Logs the reason. */
enum status secret_load(const char *path, const struct entropy *e,
			struct secret *out) ATTR_USE_RESULT;
/* Writes the secret into a new file of that form. */
enum status secret_save(const char *path, const struct secret *s) ATTR_USE_RESULT;
void secret_random(const struct entropy *e, struct secret *out);
/* As 64 hexadecimal digits, terminated. */
void secret_to_hex(const struct secret *s, char out[2 * SECRET_SIZE + 1]);

/* domain: a short literal such as "ticket". */
struct secret_hash secret_hash(const struct secret *s, const char *domain,
			       struct slice text);
/* Takes the same time wherever they differ. */
bool secret_hash_equal(const struct secret_hash *a, const struct secret_hash *b);
/* Where in a table something belongs: a hash (SipHash) with a key that secret_init() draws, so that nobody
 * outside can choose what falls together.  It says nothing about secrets, but is no proof of anything. */
uint64_t secret_scatter(const void *bytes, size_t len);
/* Compares texts in constant time for a given length. */
bool secret_text_equal(struct slice a, struct slice b);

/* A new unguessable string of SECRET_TOKEN_LEN characters A-Z a-z 0-9 - _, terminated. */
void secret_token(const struct entropy *e, char out[SECRET_TOKEN_LEN + 1]);

/* The number that belongs to this key and that nobody can show without it: a hash, never 0. */
uint64_t secret_number(struct slice key);

/* Seals (XChaCha20-Poly1305) text for this secret and domain; out has room for text.len +
 * SECRET_SEAL_EXTRA bytes. */
void secret_seal(const struct secret *s, const char *domain, const struct entropy *e,
		 struct slice text, unsigned char *out);
/* The reverse; out has room for sealed.len - SECRET_SEAL_EXTRA bytes.  ST_DAMAGED: not sealed by this
 * secret for this domain. */
enum status secret_open(const struct secret *s, const char *domain, struct slice sealed,
			char *out) ATTR_USE_RESULT;
/* Overwrites memory that held a secret; the compiler does not take it out. */
void secret_wipe(void *p, size_t len);

#endif
