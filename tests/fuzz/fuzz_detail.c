/* What a mail server or provider said: kept as printable ASCII of a bounded length, without the secret
 * (the first line) in any case of its letters. */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "mailer/detail.h"
#include "tests/fuzz/fuzz.h"

static bool holds(const char *text, struct slice word)
{
	for (; *text != '\0'; text++) {
		if (strncasecmp(text, word.ptr, word.len) == 0 &&
		    strlen(text) >= word.len)
			return true;
	}
	return false;
}

/* Could the secret's own characters be part of what replaces or escapes others? */
static bool is_plain(struct slice secret)
{
	for (size_t i = 0; i < secret.len; i++) {
		char c = secret.ptr[i];

		if (!((c >= 'g' && c <= 'w') || (c >= 'G' && c <= 'W') || c == '@'))
			return false;
	}
	return secret.len > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice secret, said;
	char out[DETAIL_CAP];

	slice_cut(fuzz_slice(data, size), '\n', &secret, &said);
	detail_write(said, &secret, 1, out);
	assert(memchr(out, '\0', sizeof out) != NULL);
	for (const char *at = out; *at != '\0'; at++)
		assert(*at >= ' ' && *at < 0x7f);
	assert(!is_plain(secret) || !holds(out, secret));
	return 0;
}
