/* The head of a request: what is taken for one is what it says, however it came in pieces, and nobody could
 * read another end or another length into it. */
#include <assert.h>
#include <string.h>

#include "gateway/http_head.h"
#include "tests/fuzz/fuzz.h"

static const struct http_limits limits = {.bytes = 2048, .headers = 16};

static void check_head(struct slice bytes, const struct http_head *h)
{
	struct slice length, coding, host;

	assert(h->len <= bytes.len && h->len <= limits.bytes);
	assert(memcmp(bytes.ptr + h->len - 4, "\r\n\r\n", 4) == 0);
	assert(h->method.len > 0 && h->path.len > 0);
	assert(memchr(h->path.ptr, ' ', h->path.len) == NULL);
	for (size_t i = 0; i < h->len; i++) /* no bare CR or LF, and no fold */
		assert(bytes.ptr[i] != '\n' ||
		       (i > 0 && bytes.ptr[i - 1] == '\r' &&
			(i + 1 == h->len ||
			 (bytes.ptr[i + 1] != ' ' && bytes.ptr[i + 1] != '\t'))));
	assert(http_head_value(h, S("host"), &host) <= 1);
	if (http_head_value(h, S("content-length"), &length) > 0) {
		assert(http_head_value(h, S("transfer-encoding"), &coding) == 0);
		for (size_t i = 0; i < length.len; i++)
			assert(length.ptr[i] >= '0' && length.ptr[i] <= '9');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = fuzz_slice(data, size);
	struct http_head whole, part;
	enum http_found found = http_head_read(bytes, &limits, &whole), sooner;

	if (found == HTTP_HEAD)
		check_head(bytes, &whole);
	if (found == HTTP_WRONG)
		assert(whole.status == 400 || whole.status == 431 || whole.status == 505);
	/* A beginning of it never was a head that the whole is not, nor another one. */
	sooner = http_head_read((struct slice){bytes.ptr, size / 2}, &limits, &part);
	if (sooner == HTTP_HEAD)
		assert(found == HTTP_HEAD && part.len == whole.len);
	if (sooner == HTTP_WRONG)
		assert(found == HTTP_WRONG);
	return 0;
}
