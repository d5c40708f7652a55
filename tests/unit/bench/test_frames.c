/* However the bytes are cut, the same frames come out. */
#include "tests/bench/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"

struct heard {
	size_t n, bytes;
	unsigned char last;
	char text[64];
};

static void hear(void *ctx, unsigned char first, struct slice payload)
{
	struct heard *h = ctx;

	h->n++;
	h->bytes += payload.len;
	h->last = first;
	if (payload.len < sizeof h->text)
		assert_true(fmt(h->text, sizeof h->text, "%.*s", SLICE_ARGS(payload)));
}

/* Frames with 2, 4 and 10 bytes of header. */
static size_t write_stream(char *out)
{
	size_t len = 0;

	memcpy(out, "\x81\x05hello\x81\x7e\x00\xc8", 11);
	len = 11;
	memset(out + len, 'b', 200);
	len += 200;
	memcpy(out + len, "\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x70", 10);
	len += 10;
	memset(out + len, 'c', 70000);
	len += 70000;
	memcpy(out + len, "\x88\x02\x03\xf5", 4);
	return len + 4;
}

static void any_cut_gives_the_same_frames(void **state)
{
	static const size_t steps[] = {1, 2, 3, 7, 100, 4096, 65536, 100000};
	char *stream = xcalloc(1, 80000), *buf = xcalloc(1, FRAMES_BUFFER);
	size_t len = write_stream(stream);

	(void)state;
	for (size_t s = 0; s < NELEMS(steps); s++) {
		struct frames f = {NULL, 0};
		struct heard h = {.n = 0};

		for (size_t at = 0; at < len; at += steps[s]) {
			size_t n = len - at < steps[s] ? len - at : steps[s];
			size_t kept = frames_resume(&f, buf);

			memcpy(buf + kept, stream + at, n);
			assert_int_equal(frames_take(&f, buf, kept + n, hear, &h), ST_OK);
		}
		assert_int_equal(h.n, 4);
		assert_int_equal(h.bytes, 5 + 200 + 70000 + 2);
		assert_int_equal(h.last, FRAMES_CLOSE);
		assert_int_equal(f.kept_len, 0);
		frames_fini(&f);
	}
	free(stream);
	free(buf);
}

static void what_a_server_never_sends_is_refused(void **state)
{
	struct frames f = {NULL, 0};
	struct heard h = {.n = 0};

	(void)state;
	assert_int_equal(frames_take(&f, "\x81\x85....hello", 11, hear, &h), ST_PROTOCOL);
	assert_int_equal(
		frames_take(&f, "\x81\x7f\x01\x00\x00\x00\x00\x00\x00\x00", 10, hear, &h),
		ST_LONG);
	assert_int_equal(h.n, 0);
	frames_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_cut_gives_the_same_frames),
		cmocka_unit_test(what_a_server_never_sends_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
