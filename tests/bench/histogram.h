/* histogram.h - how often which value was seen, within three per cent, in memory of a fixed size.
 *
 * A decider.  Values up to 63 have a bucket each; above, every power of two has 32. */
#ifndef TESTS_BENCH_HISTOGRAM_H
#define TESTS_BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 60 * 32 };

struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS];
	uint64_t total, most; /* how many values; the greatest of them */
};

void histogram_clear(struct histogram *h);
void histogram_add(struct histogram *h, uint64_t value);
/* The value that this share (0 to 1) of all values does not exceed: the upper end of its bucket, but
 * never more than the greatest value; 0 when there are none. */
uint64_t histogram_at(const struct histogram *h, double share);

#endif
