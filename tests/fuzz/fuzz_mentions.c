/* The words of a text that call somebody: each follows its @, is of a bounded length, and is found again by itself;
 * who has the name is called, once, whatever else the text holds. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/mentions.h"
#include "broker/names.h"
#include "common/secret.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

static struct name_keyer *keyer;
static struct names *names;

static void begin(void)
{
	static const char *const people[] = {"ann", "linus", "\xd1\x8f\xd1\x80"};
	struct secret_hash owner = {{1}};
	struct name_keys keys;

	if (secret_init() != ST_OK || name_keyer_new(&keyer) != ST_OK)
		abort(); /* ICU's data is not installed */
	names = names_new(keyer);
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		assert(name_keys_of(keyer, slice_of(people[i]), &keys) == ST_OK);
		names_claim(names, 0, slice_of(people[i]), &keys, &owner);
	}
}

static void check_word(struct slice text, struct slice word)
{
	struct slice alone = {word.ptr - 1, word.len + 1}, again;
	size_t at = 0;

	assert(word.ptr > text.ptr && alone.ptr[0] == '@');
	assert(word.len >= 1 && word.len <= NAME_LOOK_BYTES && utf8_is_valid(word));
	assert(word.ptr + word.len <= text.ptr + text.len);
	assert(memchr(word.ptr, '@', word.len) == NULL && word.ptr[word.len - 1] != '.');
	assert(mentions_next(alone, &at, &again) && slice_equal(again, word));
	assert(!mentions_next(alone, &at, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_slice(data, size), word, rest, one;
	char out[MENTIONS_BYTES];
	bool is_ann = false;
	size_t at = 0, n = 0, people = 0, anns = 0;

	if (names == NULL)
		begin();
	if (size == 0 || !utf8_is_valid(text))
		return 0;
	while (mentions_next(text, &at, &word)) {
		check_word(text, word);
		is_ann = is_ann || (n < MENTIONS_MAX && slice_equal(word, S("ann")));
		n++; /* no fewer than different ones */
	}
	rest = mentions_of(names, keyer, text, out);
	assert(rest.len <= mentions_most(text) && (n > 0 || rest.len == 0));
	while (rest.len > 0) {
		slice_cut(rest, ' ', &one, &rest);
		assert(one.len > 0);
		people++;
		anns += slice_equal(one, S("ann"));
	}
	assert(people <= 3 && anns <= 1 && (anns == 1 || !is_ann));
	return 0;
}
