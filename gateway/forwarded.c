/* An entry that is no address ends the way back: what a trusted proxy wrote there is not known, so the
 * proxy itself has to answer for the browser. */
#include "gateway/forwarded.h"

#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/number.h"

static const uint8_t v4_prefix[IP_V4_BITS / 8] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct forwarded_address *a)
{
	return memcmp(a->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

/* Without the port that may stand behind it. */
static struct slice host_of(struct slice text)
{
	struct slice host, rest, more;

	if (slice_starts(text, S("["))) {
		text = (struct slice){text.ptr + 1, text.len - 1};
		return slice_cut(text, ']', &host, &rest) ? host : S("");
	}
	if (slice_cut(text, ':', &host, &rest) && !slice_cut(rest, ':', &more, &rest))
		return host; /* one colon: IPv6 has more */
	return text;
}

bool forwarded_read(struct slice text, struct forwarded_address *out)
{
	return ip_address_read(host_of(text), out->bytes);
}

void forwarded_write(const struct forwarded_address *a, char out[FORWARDED_TEXT_SIZE])
{
	if (is_v4(a))
		inet_ntop(AF_INET, a->bytes + sizeof v4_prefix, out, FORWARDED_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, a->bytes, out, FORWARDED_TEXT_SIZE);
}

/* -- trust -- */

static bool add(struct forwarded_trust *t, struct slice text)
{
	struct slice address, bits;
	bool has_bits = slice_cut(text, '/', &address, &bits);
	struct ip_network *network = &t->networks[t->n];
	struct forwarded_address a;
	uint64_t n = IP_ADDRESS_BITS;

	if (memchr(address.ptr, '[', address.len) != NULL || !forwarded_read(address, &a))
		return false;
	if (has_bits) {
		if (number_parse(bits, &n) != ST_OK || n > (is_v4(&a) ? 32 : 128))
			return false;
		n += is_v4(&a) ? IP_V4_BITS : 0;
	}
	memcpy(network->bytes, a.bytes, sizeof a.bytes);
	ip_network_cut(network, (unsigned)n);
	t->n++;
	return true;
}

void forwarded_trust_init(struct forwarded_trust *t, const struct config_list *listed,
			  const char **bad_out)
{
	*t = (struct forwarded_trust){.n = 0};
	*bad_out = NULL;
	for (size_t i = 0; i < listed->n && *bad_out == NULL; i++) {
		if (!add(t, slice_of(listed->items[i])))
			*bad_out = listed->items[i];
	}
}

bool forwarded_is_trusted(const struct forwarded_trust *t,
			  const struct forwarded_address *a)
{
	for (size_t i = 0; i < t->n; i++) {
		if (ip_network_has(&t->networks[i], a->bytes))
			return true;
	}
	return false;
}

struct forwarded_address forwarded_network(const struct forwarded_address *a)
{
	struct forwarded_address network = *a;

	if (!is_v4(a))
		memset(network.bytes + 8, 0, sizeof network.bytes - 8);
	return network;
}

/* Takes the last entry off the header. */
static struct slice last_of(struct slice *header)
{
	size_t at = header->len;
	struct slice entry;

	while (at > 0 && header->ptr[at - 1] != ',')
		at--;
	entry = (struct slice){header->ptr + at, header->len - at};
	header->len = at > 0 ? at - 1 : 0;
	return slice_trim(entry);
}

struct forwarded_address forwarded_client(const struct forwarded_trust *t,
					  const struct forwarded_address *peer,
					  struct slice header)
{
	struct forwarded_address client = *peer, next;

	while (header.len > 0 && forwarded_is_trusted(t, &client) &&
	       forwarded_read(last_of(&header), &next))
		client = next;
	return client;
}
