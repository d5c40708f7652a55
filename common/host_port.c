/* The last colon is the one in front of the port; an address of IPv6 is in brackets. */
#include "common/host_port.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "common/memory.h"
#include "common/number.h"
#include "common/slice.h"

bool host_port_split(const char *text, struct host_port *out)
{
	const char *colon = strrchr(text, ':');
	struct slice host;

	if (colon == NULL)
		return false;
	host = (struct slice){text, (size_t)(colon - text)};
	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = (struct slice){host.ptr + 1, host.len - 2};
	return host.len > 0 &&
	       fmt(out->host, sizeof out->host, "%.*s", SLICE_ARGS(host)) &&
	       fmt(out->port, sizeof out->port, "%s", colon + 1) &&
	       number_parse(slice_of(out->port), &out->number) == ST_OK &&
	       out->number <= 65535;
}

void host_port_of_socket(int fd, char *out, size_t cap)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	char host[64], port[8];

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&ss, len, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
	    !fmt(out, cap, ss.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port))
		out[0] = '\0';
}
