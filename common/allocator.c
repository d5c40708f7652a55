/* allocator.c - malloc() and its kin for the whole process, libraries included: the C library's, but who asks
 * in vain ends the process as xcalloc() does.
 *
 * A library that is answered NULL rarely says so: it drops what it had in hand, ends a connection, calls input
 * malformed, and goes on (tests/system/t48_out_of_memory.py makes them). What the process owed somebody is then
 * forgotten for ever, while its end is what everything else here is made for. The stack of a thread is memory,
 * too: refused one, NNG 1.5.2 falls over, and libuv ends the process without a word.
 *
 * common/interpose.h says why they come first for libraries, too; those use no other functions that allocate. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/interpose.h"
#include "common/memory.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PLUME_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PLUME_SANITIZED
#endif
#endif

/* A sanitizer has an allocator of its own, which ends the process too. */
#ifndef PLUME_SANITIZED

typedef void *malloc_fn(size_t);
typedef void *calloc_fn(size_t, size_t);
typedef void *realloc_fn(void *, size_t);
typedef int thread_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

void *malloc(size_t size)
{
	INTERPOSED(malloc_fn, malloc)
	void *p = next(size);

	if (p == NULL)
		memory_exhausted(size);
	return p;
}

void *calloc(size_t n, size_t size)
{
	INTERPOSED(calloc_fn, calloc)
	void *p = next(n, size);

	if (p == NULL)
		memory_exhausted(size > 0 && n > SIZE_MAX / size ? SIZE_MAX : n * size);
	return p;
}

void *realloc(void *p, size_t size)
{
	INTERPOSED(realloc_fn, realloc)
	void *q = next(p, size);

	if (q == NULL && size > 0) /* of nothing it answers NULL: p was freed */
		memory_exhausted(size);
	return q;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
		   void *arg)
{
	INTERPOSED(thread_fn, pthread_create)
	int rv = next(thread, attr, run, arg);

	if (rv == EAGAIN)
		memory_no_thread();
	return rv;
}

#endif
