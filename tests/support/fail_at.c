/* fail_at: a library to be preloaded, whose Nth allocation fails - so a test can let a program run out of
 * memory at every step of what it does, in whatever library that is.
 *
 *	FAIL_ARM   counting begins once this file exists
 *	FAIL_AT    the number of the allocation that fails; those after it are served again, which is
 *	           the hardest for who goes on without looking
 *	FAIL_MET   this file is made in that moment */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/* Of the GNU C library: what malloc() and its kin are by another name. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_long calls;

/* An allocation is made: is it the one? */
static int fails(void)
{
	const char *at = getenv("FAIL_AT"), *arm = getenv("FAIL_ARM");
	const char *met = getenv("FAIL_MET");
	int fd;

	if (at == NULL || arm == NULL || met == NULL || access(arm, F_OK) != 0 ||
	    atomic_fetch_add(&calls, 1) + 1 != strtol(at, NULL, 10))
		return 0;
	fd = open(met, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return size > 0 && fails() ? NULL : __libc_realloc(p, size);
}

void *memalign(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	*out = memalign(alignment, size);
	return *out == NULL ? ENOMEM : 0;
}
