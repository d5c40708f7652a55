/* Host and origin, a line each: without a list only the very host of the request is let in. */
#include <assert.h>
#include <strings.h>

#include "gateway/origin.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config_list none = {0},
					one = {.n = 1, .items = {"https://chat.example"}};
	struct slice host, origin;

	slice_cut(fuzz_slice(data, size), '\n', &host, &origin);
	if (origin_is_allowed(&none, origin, host, false) && origin.len > 0) {
		assert(origin.len > host.len && host.len > 0);
		assert(strncasecmp(origin.ptr + origin.len - host.len, host.ptr,
				   host.len) == 0);
		assert(origin.ptr[origin.len - host.len - 1] == '/');
	}
	if (origin_is_allowed(&one, origin, host, true) && origin.len > 0)
		assert(slice_equal(origin, S("https://chat.example")));
	return 0;
}
