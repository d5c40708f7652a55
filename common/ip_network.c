/* inet_pton() reads, a mask compares. */
#include "common/ip_network.h"

#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/memory.h"
#include "common/number.h"

static const uint8_t v4_prefix[IP_V4_BITS / 8] = {[10] = 0xff, [11] = 0xff};

bool ip_address_read(struct slice text, uint8_t out[IP_ADDRESS_SIZE])
{
	char host[INET6_ADDRSTRLEN];

	/* A NUL would hide what stands behind it. */
	if (text.len == 0 || memchr(text.ptr, '\0', text.len) != NULL ||
	    !fmt(host, sizeof host, "%.*s", SLICE_ARGS(text)))
		return false;
	memcpy(out, v4_prefix, sizeof v4_prefix);
	return inet_pton(AF_INET, host, out + sizeof v4_prefix) == 1 ||
	       inet_pton(AF_INET6, host, out) == 1;
}

bool ip_network_is_v4(const struct ip_network *n)
{
	return n->bits >= IP_V4_BITS &&
	       memcmp(n->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

void ip_network_cut(struct ip_network *n, unsigned bits)
{
	n->bits = bits;
	if (bits % 8 != 0)
		n->bytes[bits / 8] &= (uint8_t)(0xff << (8 - bits % 8));
	for (size_t i = (bits + 7) / 8; i < IP_ADDRESS_SIZE; i++)
		n->bytes[i] = 0;
}

enum status ip_network_read(struct slice text, struct ip_network *out)
{
	struct slice address, digits;
	bool has_bits = slice_cut(text, '/', &address, &digits);
	uint64_t bits = IP_ADDRESS_BITS;

	*out = (struct ip_network){.bits = IP_ADDRESS_BITS};
	if (!ip_address_read(address, out->bytes))
		return ST_TYPE;
	if (has_bits) {
		bool is_v4 = ip_network_is_v4(out) &&
			     memchr(address.ptr, ':', address.len) == NULL;

		if (number_parse(digits, &bits) != ST_OK)
			return ST_TYPE;
		if (bits > (is_v4 ? IP_ADDRESS_BITS - IP_V4_BITS : IP_ADDRESS_BITS))
			return ST_TYPE;
		bits += is_v4 ? IP_V4_BITS : 0;
	}
	ip_network_cut(out, (unsigned)bits);
	return ST_OK;
}

bool ip_network_has(const struct ip_network *n, const uint8_t address[IP_ADDRESS_SIZE])
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;

	return memcmp(address, n->bytes, whole) == 0 &&
	       (rest == 0 || (address[whole] ^ n->bytes[whole]) >> (8 - rest) == 0);
}

void ip_network_write(const struct ip_network *n, char out[IP_NETWORK_TEXT_SIZE])
{
	bool is_v4 = ip_network_is_v4(n);
	char text[INET6_ADDRSTRLEN] = "";

	if (is_v4)
		inet_ntop(AF_INET, n->bytes + sizeof v4_prefix, text, sizeof text);
	else
		inet_ntop(AF_INET6, n->bytes, text, sizeof text);
	if (!fmt(out, IP_NETWORK_TEXT_SIZE, "%s/%u", text,
		 is_v4 ? n->bits - IP_V4_BITS : n->bits))
		out[0] = '\0'; /* cannot be: it is long enough */
}
