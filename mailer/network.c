/* Read as an address, its last bytes cleared, written again. */
#include "mailer/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/memory.h"

enum { IPV4_KEPT = 3, IPV6_KEPT = 6 }; /* bytes: /24 and /48 (SECURITY A1) */

static void write_network(int family, unsigned char *bytes, size_t n, size_t kept,
			  char out[NETWORK_CAP])
{
	char text[INET6_ADDRSTRLEN];

	memset(bytes + kept, 0, n - kept);
	if (inet_ntop(family, bytes, text, sizeof text) == NULL ||
	    !fmt(out, NETWORK_CAP, "%s/%zu", text, kept * 8))
		out[0] = '\0';
}

void network_widen(struct slice network, char out[NETWORK_CAP])
{
	char text[INET6_ADDRSTRLEN];
	unsigned char bytes[16];
	struct slice address, prefix;

	out[0] = '\0';
	slice_cut(network, '/', &address, &prefix);
	if (!fmt(text, sizeof text, "%.*s", SLICE_ARGS(address)))
		return;
	if (inet_pton(AF_INET, text, bytes) == 1)
		write_network(AF_INET, bytes, 4, IPV4_KEPT, out);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		write_network(AF_INET6, bytes, 16, IPV6_KEPT, out);
}
