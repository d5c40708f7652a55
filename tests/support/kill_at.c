/* kill_at: a library to be preloaded, which ends its process by SIGKILL in front of its Nth write
 * to a file, sync, or send - so a test can let a broker die at every step of its commit path.
 *
 *	KILL_ARM   counting begins once this file exists
 *	KILL_CALL  pwrite, sync or send: which calls count
 *	KILL_AT    the number of the call that is not made any more */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static void count(const char *call)
{
	const char *which = getenv("KILL_CALL"), *at = getenv("KILL_AT");
	const char *arm = getenv("KILL_ARM");

	if (which == NULL || at == NULL || arm == NULL || strcmp(which, call) != 0 ||
	    access(arm, F_OK) != 0)
		return;
	if (atomic_fetch_add(&calls, 1) + 1 >= strtol(at, NULL, 10))
		kill(getpid(), SIGKILL);
}

/* POSIX gives functions as objects by dlsym(); C has no cast for it but through memory. */
#define NEXT(type, name)                        \
	type next;                              \
	void *symbol = dlsym(RTLD_NEXT, #name); \
	memcpy(&next, &symbol, sizeof next)

typedef ssize_t pwrite_fn(int, const void *, size_t, off64_t);
typedef int sync_fn(int);
typedef ssize_t sendmsg_fn(int, const struct msghdr *, int);

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	NEXT(pwrite_fn *, pwrite64);
	count("pwrite");
	return next(fd, buf, n, at);
}

int fdatasync(int fd)
{
	NEXT(sync_fn *, fdatasync);
	count("sync");
	return next(fd);
}

int fsync(int fd)
{
	NEXT(sync_fn *, fsync);
	count("sync");
	return next(fd);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	NEXT(sendmsg_fn *, sendmsg);
	count("send");
	return next(fd, m, flags);
}
