/* forwarded.h - where a browser is, when proxies stand between it and us (SECURITY W10).
 *
 * Each proxy writes behind what X-Forwarded-For says already who connected to it.  So it is read from its
 * end, for as long as who wrote an entry is trusted: the innermost address that is not is the browser's.
 * From anybody else the header says nothing.
 *
 * An address is kept as ip_network.h does. */
#ifndef GATEWAY_FORWARDED_H
#define GATEWAY_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config.h"
#include "common/ip_network.h"
#include "common/slice.h"

enum { FORWARDED_TEXT_SIZE = 46 }; /* the longest address, and a NUL */

struct forwarded_address {
	uint8_t bytes[IP_ADDRESS_SIZE];
};

struct forwarded_trust {
	size_t n;
	struct ip_network networks[CONFIG_LIST_MAX];
};

/* "192.0.2.1" or "2001:db8::1"; in a header also with a port: "192.0.2.1:80", "[2001:db8::1]:80". */
bool forwarded_read(struct slice text, struct forwarded_address *out);
void forwarded_write(const struct forwarded_address *a, char out[FORWARDED_TEXT_SIZE]);

/* The networks of proxies, from "10.0.0.0/8", "fd00::/8" or single addresses; *bad_out is the first that is
 * none, NULL when there is none such. */
void forwarded_trust_init(struct forwarded_trust *t, const struct config_list *listed,
			  const char **bad_out);
bool forwarded_is_trusted(const struct forwarded_trust *t,
			  const struct forwarded_address *a);
/* The address itself for IPv4, its /64 for IPv6: what one network is to limits. */
struct forwarded_address forwarded_network(const struct forwarded_address *a);
/* header: the value of X-Forwarded-For, of all its lines, joined by commas; empty: none. */
struct forwarded_address forwarded_client(const struct forwarded_trust *t,
					  const struct forwarded_address *peer,
					  struct slice header);

#endif
