/* NNG shows the addresses of a connection and keeps its descriptor to itself: so it is looked for among
 * those of the process. */
#include "common/bus_hangup.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "common/interpose.h"
#include "common/number.h"

typedef int name_fn(int fd, struct sockaddr *at, socklen_t *len);

static bool is_wild(const nng_sockaddr *a)
{
	static const uint8_t any[16];

	return a->s_family == NNG_AF_INET
		       ? a->s_in.sa_addr == 0
		       : memcmp(a->s_in6.sa_addr, any, sizeof any) == 0;
}

/* Is this what name() says of fd?  A wild address stands for every one with its port. */
static bool is_named(int fd, name_fn *name, const nng_sockaddr *a)
{
	struct sockaddr_storage s;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&s;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&s;
	socklen_t len = sizeof s;

	if (name(fd, (struct sockaddr *)&s, &len) != 0)
		return false;
	if (s.ss_family == AF_INET && a->s_family == NNG_AF_INET)
		return in->sin_port == a->s_in.sa_port &&
		       (is_wild(a) || in->sin_addr.s_addr == a->s_in.sa_addr);
	return s.ss_family == AF_INET6 && a->s_family == NNG_AF_INET6 &&
	       in6->sin6_port == a->s_in6.sa_port &&
	       (is_wild(a) ||
		memcmp(&in6->sin6_addr, a->s_in6.sa_addr, sizeof a->s_in6.sa_addr) == 0);
}

static bool is_connected(int fd)
{
	struct sockaddr_storage s;
	socklen_t len = sizeof s;

	return getpeername(fd, (struct sockaddr *)&s, &len) == 0;
}

/* remote: NULL for every peer. */
static enum hangup hang_up(const nng_sockaddr *local, const nng_sockaddr *remote)
{
	DIR *descriptors = opendir("/proc/self/fd");
	enum hangup result = HANGUP_GONE;
	const struct dirent *entry;
	uint64_t fd;

	if (descriptors == NULL)
		return HANGUP_UNABLE;
	while ((entry = readdir(descriptors)) != NULL) {
		if (number_parse(slice_of(entry->d_name), &fd) == ST_OK &&
		    is_named((int)fd, getsockname, local) &&
		    (remote == NULL ? is_connected((int)fd)
				    : is_named((int)fd, getpeername, remote)) &&
		    shutdown((int)fd, SHUT_RD) == 0)
			result = HANGUP_DONE;
	}
	closedir(descriptors);
	return result;
}

enum hangup bus_hangup_pipe(nng_pipe pipe)
{
	nng_sockaddr local, remote;

	if (nng_pipe_get_addr(pipe, NNG_OPT_LOCADDR, &local) != 0 ||
	    nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &remote) != 0)
		return HANGUP_GONE;
	return hang_up(&local, &remote);
}

void bus_hangup_listener(nng_listener listener)
{
	nng_sockaddr local;

	if (nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &local) == 0)
		(void)hang_up(&local, NULL);
}

typedef ssize_t sendmsg_fn(int, const struct msghdr *, int);

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	INTERPOSED(sendmsg_fn, sendmsg)
	ssize_t n = next(fd, m, flags);

	if (n < 0 && errno == EPIPE)
		errno = ECONNRESET;
	return n;
}
