/* secret_box.h - bytes that whoever has one key can seal and only who has the other can read.
 *
 * By libsodium's sealed boxes (X25519, XSalsa20-Poly1305): a process that writes a record of
 * addresses need not be able to read it.  Both keys are struct secret, and are kept as those are. */
#ifndef COMMON_SECRET_BOX_H
#define COMMON_SECRET_BOX_H

#include "common/attr.h"
#include "common/secret.h"
#include "common/slice.h"
#include "common/status.h"

enum { SECRET_BOX_EXTRA = 48 }; /* bytes that sealing adds */

/* The key that seals for whoever has opener: any 32 random bytes. */
void secret_box_sealer(const struct secret *opener, struct secret *sealer_out);
/* out has room for text.len + SECRET_BOX_EXTRA bytes.  The same text looks different each time.
 * ST_RANGE: sealer is not a key that anything can be sealed for. */
enum status secret_box_seal(const struct secret *sealer, struct slice text,
			    unsigned char *out) ATTR_USE_RESULT;
/* The reverse; out has room for sealed.len - SECRET_BOX_EXTRA bytes.  ST_DAMAGED: not sealed for this
 * opener. */
enum status secret_box_open(const struct secret *opener, struct slice sealed,
			    char *out) ATTR_USE_RESULT;

#endif
