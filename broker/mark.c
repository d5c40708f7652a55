/* Hashed once more, so that not a bit of the owner's hash is told. */
#include "broker/mark.h"

#include <string.h>

_Static_assert((int)SECRET_SIZE == (int)SECRET_HASH_SIZE, "an owner's hash is a key");

void mark_of(const struct secret_hash *owner, char out[MARK_SIZE])
{
	/* Without i, l, o and u: nothing in it looks like something else. */
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	static const struct secret_hash nobody;
	struct secret key;
	struct secret_hash hash;

	out[0] = '\0';
	if (secret_hash_equal(owner, &nobody))
		return;
	memcpy(key.bytes, owner->bytes, sizeof key.bytes);
	hash = secret_hash(&key, "mark", S(""));
	for (size_t i = 0; i < MARK_SIZE - 1; i++)
		out[i] = letters[hash.bytes[i] & 31];
	out[MARK_SIZE - 1] = '\0';
	secret_wipe(&key, sizeof key);
}
