/* Addresses: what the broker takes at the door its mailers take, too; and it is the same when it is
 * normalized once more. */
#include <assert.h>
#include <string.h>

#include "broker/address.h"
#include "tests/fuzz/fuzz.h"

/* mailer/address.h; the two folders do not know each other. */
bool address_is_valid(struct slice address);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice typed = fuzz_slice(data, size);
	char normal[ADDRESS_SIZE], again[ADDRESS_SIZE], budget[ADDRESS_SIZE];
	char network[NETWORK_SIZE];

	address_network(typed, network);
	assert(network[0] != '\0' && strlen(network) < NETWORK_SIZE);
	if (address_normalize(typed, normal) != ST_OK)
		return 0;
	for (const char *at = normal; *at != '\0'; at++)
		assert(*at > ' ' && *at < 0x7f && strchr("<>()[],;:\\\"", *at) == NULL);
	assert(address_is_valid(slice_of(normal)));
	if (strlen(normal) <= 120) {
		assert(address_normalize(slice_of(normal), again) == ST_OK);
		assert(strcmp(normal, again) == 0);
	}
	address_for_budget(normal, budget);
	assert(strlen(budget) <= strlen(normal) && strchr(budget, '@') != NULL);
	return 0;
}
