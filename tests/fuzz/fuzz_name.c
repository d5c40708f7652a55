/* Names: those that are allowed are UTF-8 of a bounded length with keys that do not depend on how often
 * they are asked for, and hold nothing that commands a terminal. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/name_keys.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct name_keyer *keyer;
	struct slice name = fuzz_slice(data, size), rest = name;
	struct name_keys keys, again;
	uint32_t c;

	if (keyer == NULL && name_keyer_new(&keyer) != ST_OK)
		abort(); /* ICU's data is not installed */
	if (name_keys_of(keyer, name, &keys) != ST_OK)
		return 0;
	assert(name.len >= 1 && name.len <= NAME_MAX_BYTES && utf8_is_valid(name));
	while (utf8_next(&rest, &c)) {
		assert(c >= 0x20 && !(c >= 0x7f && c < 0xa0));
		assert(!(c >= 0x200b && c <= 0x200f) && !(c >= 0x202a && c <= 0x202e));
		assert(c != ' ' && c != '<' && c != '"' && c != '\\' && c != '@');
	}
	assert(name_keys_of(keyer, name, &again) == ST_OK);
	for (int i = 0; i < NAME_KEYS; i++) {
		assert(keys.key[i][0] != '\0' && strcmp(keys.key[i], again.key[i]) == 0);
		assert(utf8_is_valid(slice_of(keys.key[i])));
	}
	return 0;
}
