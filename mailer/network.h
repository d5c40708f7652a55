/* network.h - where a browser asked from, as coarsely as the record keeps it. */
#ifndef MAILER_NETWORK_H
#define MAILER_NETWORK_H

#include "common/slice.h"

enum { NETWORK_CAP = 64 };

/* "192.0.2.7", "192.0.2.7/32" and "2001:db8:1:2::/64" become "192.0.2.0/24" and
 * "2001:db8:1::/48"; what is no address becomes "". */
void network_widen(struct slice network, char out[NETWORK_CAP]);

#endif
