/* Who connected, whom we trust, and X-Forwarded-For, a line each.
 *
 * An address that was read is written, and read again as the same.  From who is not trusted the header
 * says nothing; else the browser's address is the peer's or stands in the header.  And what a browser
 * writes in front of what the innermost trusted proxy wrote changes nothing. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "gateway/forwarded.h"
#include "tests/fuzz/fuzz.h"

static bool is_same(const struct forwarded_address *a, const struct forwarded_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void goes_there_and_back(const struct forwarded_address *a)
{
	struct forwarded_address again;
	char text[FORWARDED_TEXT_SIZE];

	forwarded_write(a, text);
	assert(strlen(text) < sizeof text);
	assert(forwarded_read(slice_of(text), &again) && is_same(a, &again));
}

static bool stands_in(const struct forwarded_address *a, struct slice header)
{
	struct forwarded_address entry;
	struct slice text;

	while (header.len > 0) {
		slice_cut(header, ',', &text, &header);
		if (forwarded_read(slice_trim(text), &entry) && is_same(a, &entry))
			return true;
	}
	return false;
}

static void check_trust(const struct forwarded_trust *t,
			const struct forwarded_address *peer, struct slice header)
{
	static const struct forwarded_trust nobody;
	struct forwarded_address client = forwarded_client(t, peer, header), again;
	char *forged = xasprintf("203.0.113.99, %.*s", SLICE_ARGS(header));

	goes_there_and_back(&client);
	assert(is_same(&client, peer) || stands_in(&client, header));
	again = forwarded_client(&nobody, peer, header);
	assert(is_same(&again, peer));
	again = forwarded_client(t, &client, S("203.0.113.99"));
	if (is_same(&again, &client) && memchr(header.ptr, '\0', header.len) == NULL) {
		/* the client is nobody whom we trust */
		again = forwarded_client(t, peer, slice_of(forged));
		assert(is_same(&again, &client));
	}
	free(forged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice peer_text, network, header;
	struct config_list listed = {.n = 1};
	struct forwarded_address peer;
	struct forwarded_trust trust;
	const char *bad;
	char *item;

	slice_cut(fuzz_slice(data, size), '\n', &peer_text, &network);
	slice_cut(network, '\n', &network, &header);
	if (!forwarded_read(peer_text, &peer))
		return 0;
	goes_there_and_back(&peer);
	item = slice_dup(network);
	listed.items[0] = item;
	forwarded_trust_init(&trust, &listed, &bad);
	assert((bad == NULL) == (trust.n == 1) && (bad == NULL || bad == item));
	if (header.len > 0)
		check_trust(&trust, &peer, header);
	free(item);
	return 0;
}
