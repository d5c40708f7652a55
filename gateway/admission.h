/* admission.h - how many sockets there may be of one network, and how many of nobody known (SECURITY W5).
 *
 * A network is an IPv4 address, or the /64 of an IPv6 one.  Every socket is counted once, from its accept
 * to its end; one that came over a trusted proxy only from when the browser's address is known.
 * Bound: one entry for each network that has a socket, so never more than there are descriptors. */
#ifndef GATEWAY_ADMISSION_H
#define GATEWAY_ADMISSION_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/forwarded.h"

struct admission;

struct admission_limits {
	uint64_t per_network; /* 0: no limit */
	uint64_t unknown;     /* sockets outside the room; 0: no limit */
};

enum admission_answer {
	ADMISSION_GOOD,
	ADMISSION_NETWORK, /* too many of its network */
	ADMISSION_UNKNOWN, /* too many that nobody knows, wherever they are from */
};

struct admission *admission_new(void);
void admission_free(struct admission **a);

/* May one socket more come from there?  Changes nothing. */
enum admission_answer admission_of_network(const struct admission *a,
					   const struct admission_limits *limits,
					   const struct forwarded_address *from);
enum admission_answer admission_of_unknown(const struct admission *a,
					   const struct admission_limits *limits);

void admission_enter(struct admission *a, const struct forwarded_address *from);
void admission_leave(struct admission *a, const struct forwarded_address *from);
/* A socket that is not in the room begins or ends, or its person came in. */
void admission_unknown_enters(struct admission *a);
void admission_unknown_leaves(struct admission *a);

size_t admission_networks(const struct admission *a);
uint64_t admission_unknown(const struct admission *a);

#endif
