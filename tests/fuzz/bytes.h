/* bytes.h - a fuzzer's input taken apart: small decisions from its front, and no end that hurts.
 *
 * When nothing is left, numbers are 0 and texts are empty; so any input is a whole story, and what the
 * fuzzer adds at its end goes on with it. */
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"

struct bytes {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t bytes_one(struct bytes *b)
{
	if (b->left == 0)
		return 0;
	b->left--;
	return *b->at++;
}

/* 0 to n - 1; n: at most 256. */
static inline size_t bytes_below(struct bytes *b, size_t n)
{
	return bytes_one(b) % n;
}

static inline uint64_t bytes_number(struct bytes *b)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | bytes_one(b);
	return n;
}

/* So many of them, as far as they are there; borrowed. */
static inline struct slice bytes_take(struct bytes *b, size_t n)
{
	struct slice s;

	if (n > b->left)
		n = b->left;
	s = n > 0 ? (struct slice){(const char *)b->at, n} : (struct slice){"", 0};
	b->at += n;
	b->left -= n;
	return s;
}

/* Its length stands in front of it, in one byte. */
static inline struct slice bytes_text(struct bytes *b)
{
	return bytes_take(b, bytes_one(b));
}

#endif
