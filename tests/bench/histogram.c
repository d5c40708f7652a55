/* A bucket is the value's five bits below its highest one, and where that is. */
#include "tests/bench/histogram.h"

#include <stddef.h>
#include <string.h>

enum { BITS = 5, EXACT = 2 << BITS };

void histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof *h);
}

static size_t bucket_of(uint64_t value)
{
	unsigned int shift;

	if (value < EXACT)
		return (size_t)value;
	shift = 63u - (unsigned int)__builtin_clzll(value) - BITS;
	return (size_t)(shift << BITS) + (size_t)(value >> shift);
}

static uint64_t end_of(size_t bucket)
{
	size_t shift = bucket < EXACT ? 0 : (bucket >> BITS) - 1;

	return ((uint64_t)(bucket - (shift << BITS)) << shift) +
	       ((UINT64_C(1) << shift) - 1);
}

void histogram_add(struct histogram *h, uint64_t value)
{
	h->counts[bucket_of(value)]++;
	h->total++;
	if (value > h->most)
		h->most = value;
}

uint64_t histogram_at(const struct histogram *h, double share)
{
	double wanted = share * (double)h->total;
	uint64_t seen = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->counts[i];
		if (seen > 0 && (double)seen >= wanted)
			return end_of(i) < h->most ? end_of(i) : h->most;
	}
	return h->most;
}
