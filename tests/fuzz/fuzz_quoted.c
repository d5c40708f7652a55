/* What strangers wrote, on its way to where operators read it: a size, then the bytes.
 *
 * A quoted value is printable ASCII between two quotes and within its buffer, an address tells no more
 * of who it is than one letter, and a log line's pairs become members of a JSON object that ends where
 * it should.  On a terminal nothing moves, hides or turns: what is not shown as it is, is shown by its
 * number. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/log_json.h"
#include "common/memory.h"
#include "common/utf8.h"
#include "ctl/printable.h"
#include "tests/fuzz/fuzz.h"

enum { CAP_MIN = 8 };

static void check_quoted(const char *buf, size_t cap)
{
	size_t len = strnlen(buf, cap);

	assert(len >= 2 && len < cap);
	assert(buf[0] == '"' && buf[len - 1] == '"');
	for (size_t i = 1; i + 1 < len; i++)
		assert(buf[i] >= ' ' && buf[i] < 0x7f && buf[i] != '"');
}

static void check_address(const char *buf, struct slice address)
{
	struct slice local, domain;

	if (slice_cut(address, '@', &local, &domain) && local.len > 1)
		assert(strstr(buf, "***") != NULL || strstr(buf, "...") != NULL);
	if (memchr(address.len > 0 ? address.ptr : "", '@', address.len) == NULL)
		assert(strcmp(buf, "\"***\"") == 0 || strstr(buf, "***") != NULL);
}

/* A string of JSON that log_json() may write; gives what is behind it. */
static const char *skip_string(const char *at, const char *end)
{
	assert(at < end && *at == '"');
	for (at++; at < end && *at != '"'; at++) {
		assert(*at >= ' ' && *at < 0x7f);
		if (*at != '\\')
			continue;
		at++;
		assert(at < end && (*at == '"' || *at == '\\' || *at == 'u'));
		if (*at == 'u') {
			assert(end - at > 4 && at[1] == '0' && at[2] == '0');
			at += 4;
		}
	}
	assert(at < end);
	return at + 1;
}

static void check_json(struct slice pairs, size_t cap)
{
	char *buf = xcalloc(1, cap);
	size_t len = log_json(buf, cap, pairs);
	const char *at = buf, *end = buf + len;

	assert(len <= cap);
	while (at < end) {
		assert(*at == ',');
		at = skip_string(at + 1, end);
		assert(at < end && *at == ':');
		at = skip_string(at + 1, end);
	}
	free(buf);
}

static void check_printable(struct slice text)
{
	char *written = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&written, &len);
	struct slice rest;
	uint32_t c;

	assert(out != NULL);
	printable_write(text, out);
	(void)fclose(out);
	rest = (struct slice){written, len};
	assert(utf8_is_valid(rest));
	while (utf8_next(&rest, &c))
		assert(c >= ' ' && !(c >= 0x7f && c < 0xa0) && utf8_is_harmless(c));
	free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cap = CAP_MIN + (size > 0 ? data[0] : 0);
	struct slice said =
		size > 1 ? fuzz_slice(data + 1, size - 1) : (struct slice){"", 0};
	char *buf = xcalloc(1, cap);

	check_quoted(log_quote(buf, cap, said), cap);
	check_quoted(log_address(buf, cap, said), cap);
	check_address(buf, said);
	check_json(said, cap);
	check_printable(said);
	free(buf);
	return 0;
}
