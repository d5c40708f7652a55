/* address.h - mail addresses: which are accepted, and when two are the same.
 *
 * Accepted (SECURITY S4): RFC 5321 Mailbox with a Dot-string local part of ASCII and a domain of at
 * least two labels, of which those of other alphabets become A-labels; no quoted local part, comment, or
 * address literal; at most 120 bytes as typed and 254 as written to. */
#ifndef BROKER_ADDRESS_H
#define BROKER_ADDRESS_H

#include <stddef.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

enum {
	ADDRESS_TYPED_MAX = 120,
	ADDRESS_MAX = 254, /* RFC 5321 4.5.3.1.3, without its brackets */
	ADDRESS_SIZE = ADDRESS_MAX + 1,
	NETWORK_SIZE = 48
};

/* Writes the address for comparison - the domain in lower case and A-labels, the local part as
 * given - into out.  ST_RANGE: not an address. */
enum status address_normalize(struct slice address,
			      char out[ADDRESS_SIZE]) ATTR_USE_RESULT;
/* Writes the address as a letter is addressed: as typed, but a domain of other alphabets as it was
 * normalized. */
void address_for_letter(struct slice typed, const char *normal, char out[ADDRESS_SIZE]);
/* The same, stronger, for budgets only: local part in lower case, without what follows a plus. */
void address_for_budget(const char *normal, char out[ADDRESS_SIZE]);

/* The network a budget counts: an IPv4 address as /32, an IPv6 address as /64.  What is
 * neither gives "unknown", so that all such share one budget. */
void address_network(struct slice ip, char out[NETWORK_SIZE]);
/* The network that records name, too wide to be one person: an IPv4 address as /24, an IPv6 address as /48,
 * or "unknown". */
void address_truncate(struct slice ip, char out[NETWORK_SIZE]);

#endif
