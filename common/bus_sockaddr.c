/* Families other than IPv4 and IPv6 are none of the bus. */
#include "common/bus_sockaddr.h"

#include <arpa/inet.h>
#include <string.h>

bool bus_sockaddr_is(const nng_sockaddr *a, const nng_sockaddr *b)
{
	if (a->s_family != b->s_family)
		return false;
	if (a->s_family == NNG_AF_INET)
		return a->s_in.sa_port == b->s_in.sa_port &&
		       a->s_in.sa_addr == b->s_in.sa_addr;
	return a->s_family == NNG_AF_INET6 && a->s_in6.sa_port == b->s_in6.sa_port &&
	       memcmp(a->s_in6.sa_addr, b->s_in6.sa_addr, sizeof a->s_in6.sa_addr) == 0;
}

void bus_sockaddr_text(const nng_sockaddr *a, char out[BUS_PEER_SIZE])
{
	memcpy(out, "gone", sizeof "gone");
	if (a->s_family == NNG_AF_INET)
		(void)inet_ntop(AF_INET, &a->s_in.sa_addr, out, BUS_PEER_SIZE);
	else if (a->s_family == NNG_AF_INET6)
		(void)inet_ntop(AF_INET6, a->s_in6.sa_addr, out, BUS_PEER_SIZE);
}
