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

#include "common/bus_sockaddr.h"
#include "common/interpose.h"
#include "common/number.h"

typedef int name_fn(int fd, struct sockaddr *at, socklen_t *len);

static bool read_name(int fd, name_fn *name, nng_sockaddr *out)
{
	struct sockaddr_storage s;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&s;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&s;
	socklen_t len = sizeof s;

	if (name(fd, (struct sockaddr *)&s, &len) != 0)
		return false;
	*out = (nng_sockaddr){.s_family = NNG_AF_UNSPEC};
	if (s.ss_family == AF_INET) {
		out->s_in.sa_family = NNG_AF_INET;
		out->s_in.sa_port = in->sin_port;
		out->s_in.sa_addr = in->sin_addr.s_addr;
	} else if (s.ss_family == AF_INET6) {
		out->s_in6.sa_family = NNG_AF_INET6;
		out->s_in6.sa_port = in6->sin6_port;
		memcpy(out->s_in6.sa_addr, &in6->sin6_addr, sizeof out->s_in6.sa_addr);
	}
	return out->s_family != NNG_AF_UNSPEC;
}

/* A socket that listens at a wild address accepts at every one with its port. */
static bool is_local(const nng_sockaddr *a, const nng_sockaddr *listens)
{
	nng_sockaddr wild = *a;

	if (wild.s_family == NNG_AF_INET)
		wild.s_in.sa_addr = 0;
	else
		memset(wild.s_in6.sa_addr, 0, sizeof wild.s_in6.sa_addr);
	return bus_sockaddr_is(a, listens) || bus_sockaddr_is(&wild, listens);
}

/* Kept open: when it is needed most, no descriptor may be free. */
static DIR *descriptors;

bool bus_hangup_prepare(void)
{
	if (descriptors == NULL)
		descriptors = opendir("/proc/self/fd");
	return descriptors != NULL;
}

bool bus_hangup_each(const nng_sockaddr *local, bus_connection_fn *each, void *ctx)
{
	const struct dirent *entry;
	nng_sockaddr at, remote;
	uint64_t fd;

	if (!bus_hangup_prepare())
		return false;
	rewinddir(descriptors);
	while ((entry = readdir(descriptors)) != NULL) {
		if (number_parse(slice_of(entry->d_name), &fd) == ST_OK &&
		    read_name((int)fd, getsockname, &at) && is_local(&at, local) &&
		    read_name((int)fd, getpeername, &remote))
			each(ctx, (int)fd, &remote);
	}
	return true;
}

bool bus_hangup_one(int fd, const nng_sockaddr *remote)
{
	nng_sockaddr now;

	return read_name(fd, getpeername, &now) && bus_sockaddr_is(&now, remote) &&
	       shutdown(fd, SHUT_RD) == 0;
}

/* Whom to hang up: of one address, or of all. */
struct whom {
	const nng_sockaddr *remote; /* NULL: everybody */
	bool was_there;
};

static void hang_up(void *ctx, int fd, const nng_sockaddr *remote)
{
	struct whom *w = ctx;

	if ((w->remote == NULL || bus_sockaddr_is(w->remote, remote)) &&
	    bus_hangup_one(fd, remote))
		w->was_there = true;
}

enum hangup bus_hangup_pipe(nng_pipe pipe)
{
	nng_sockaddr local, remote;
	struct whom whom = {.remote = &remote};

	if (nng_pipe_get_addr(pipe, NNG_OPT_LOCADDR, &local) != 0 ||
	    nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &remote) != 0)
		return HANGUP_GONE;
	if (!bus_hangup_each(&local, hang_up, &whom))
		return HANGUP_UNABLE;
	return whom.was_there ? HANGUP_DONE : HANGUP_GONE;
}

void bus_hangup_listener(nng_listener listener)
{
	struct whom whom = {.remote = NULL};
	nng_sockaddr local;

	if (nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &local) == 0)
		(void)bus_hangup_each(&local, hang_up, &whom);
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
