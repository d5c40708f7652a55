/* interpose.h - for functions of ours that stand in front of those of libraries with the same name: a program's
 * own definitions come first for every library that it is linked with.  Whose turn it would be without ours,
 * the C library's or that of what was preloaded, is called from there. */
#ifndef COMMON_INTERPOSE_H
#define COMMON_INTERPOSE_H

#include <stdatomic.h>
#include <stddef.h>

/* Writes a pointer to that function into *out; ends the process when there is none. */
void interpose_find(const char *name, void *out, size_t size);

/* Declares `next`, a pointer to it.  Several threads may look at once; all find the same. */
#define INTERPOSED(type, name)                             \
	static _Atomic(type *) known;                      \
	type *next = atomic_load(&known);                  \
	if (next == NULL) {                                \
		interpose_find(#name, &next, sizeof next); \
		atomic_store(&known, next);                \
	}

#endif
