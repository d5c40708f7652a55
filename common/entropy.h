/* entropy.h - where random numbers come from: passed in, so that tests can choose them. */
#ifndef COMMON_ENTROPY_H
#define COMMON_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

struct entropy {
	/* Fills buf with len random bytes. */
	void (*bytes)(void *ctx, void *buf, size_t len);
	/* A number below bound, every one equally likely. */
	uint32_t (*below)(void *ctx, uint32_t bound);
	void *ctx;
};

/* The operating system's generator, by libsodium. */
extern const struct entropy entropy_system;

/* A random number of 1 to UINT64_MAX, for ids that must not be 0. */
uint64_t entropy_id(const struct entropy *e);

#endif
