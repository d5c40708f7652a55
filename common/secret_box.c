/* The second file that knows libsodium: its sealed boxes. */
#include "common/secret_box.h"

#include <sodium.h>

_Static_assert(SECRET_SIZE == crypto_box_SECRETKEYBYTES &&
		       SECRET_SIZE == crypto_box_PUBLICKEYBYTES,
	       "both keys are secrets by their size");
_Static_assert(SECRET_BOX_EXTRA == crypto_box_SEALBYTES, "what sealing adds");

void secret_box_sealer(const struct secret *opener, struct secret *sealer_out)
{
	crypto_scalarmult_base(sealer_out->bytes, opener->bytes);
}

enum status secret_box_seal(const struct secret *sealer, struct slice text,
			    unsigned char *out)
{
	int rc = crypto_box_seal(out, (const unsigned char *)text.ptr, text.len,
				 sealer->bytes);

	return rc == 0 ? ST_OK : ST_RANGE;
}

enum status secret_box_open(const struct secret *opener, struct slice sealed, char *out)
{
	struct secret sealer;
	int rc;

	if (sealed.len < SECRET_BOX_EXTRA)
		return ST_DAMAGED;
	secret_box_sealer(opener, &sealer);
	rc = crypto_box_seal_open((unsigned char *)out, (const unsigned char *)sealed.ptr,
				  sealed.len, sealer.bytes, opener->bytes);
	return rc == 0 ? ST_OK : ST_DAMAGED;
}
