/* Numbers and durations: what is taken is written back as the same digits, and nothing else is taken. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/number.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_slice(data, size);
	uint64_t n = 1, ms = 1;
	char back[32];

	if (number_parse(text, &n) == ST_OK) {
		(void)snprintf(back, sizeof back, "%" PRIu64, n);
		assert(slice_equal(slice_of(back), text));
	} else {
		assert(n == 0);
	}
	if (number_parse_duration(text, &ms) == ST_OK)
		assert(size > 0 && data[0] >= '0' && data[0] <= '9');
	else
		assert(ms == 0);
	return 0;
}
