/* ip_network.h - a network of IPv4 or IPv6 addresses, as operators write it.
 *
 * An address is kept as 16 bytes; IPv4 as ::ffff:a.b.c.d, so that a network of either kind is a number of
 * leading bits. */
#ifndef COMMON_IP_NETWORK_H
#define COMMON_IP_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

enum {
	IP_ADDRESS_SIZE = 16,
	IP_ADDRESS_BITS = 128,
	IP_V4_BITS = 96,          /* in front of the 32 of an IPv4 address */
	IP_NETWORK_TEXT_SIZE = 52 /* the longest address, "/128" and a NUL */
};

struct ip_network {
	uint8_t bytes[IP_ADDRESS_SIZE]; /* those beyond its bits are 0 */
	unsigned bits;
};

/* "192.0.2.1" or "2001:db8::1". */
bool ip_address_read(struct slice text, uint8_t out[IP_ADDRESS_SIZE]);
/* "192.0.2.0/24", "2001:db8::/48", or an address, which is a network of one; what stands beyond the bits
 * does not count.  ST_TYPE: it is none. */
enum status ip_network_read(struct slice text, struct ip_network *out) ATTR_USE_RESULT;
/* The network of so many bits around this one. */
void ip_network_cut(struct ip_network *n, unsigned bits);
bool ip_network_is_v4(const struct ip_network *n);
bool ip_network_has(const struct ip_network *n, const uint8_t address[IP_ADDRESS_SIZE]);
/* "192.0.2.0/24", also for a single address: "192.0.2.1/32". */
void ip_network_write(const struct ip_network *n, char out[IP_NETWORK_TEXT_SIZE]);

#endif
