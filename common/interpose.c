/* POSIX gives functions as objects by dlsym(); C has no cast for it but through memory. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "common/interpose.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

void interpose_find(const char *name, void *out, size_t size)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL)
		abort(); /* there is no C library without it */
	memcpy(out, &symbol, size);
}
