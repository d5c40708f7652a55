/* memory.h - allocation that cannot fail, and formatting that says when it does not fit.
 *
 * Sizes that come from outside are bounded before they reach these functions; running out
 * of memory all the same is logged and aborts the process: the supervisor restarts it, and
 * what must survive is in the journal.  The same holds for what libraries ask of malloc() (common/allocator.c):
 * they must not go on with half of a thing, nor without it for ever. */
#ifndef COMMON_MEMORY_H
#define COMMON_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"

/* Logs that so many bytes could not be had, and ends the process. */
ATTR_NORETURN void memory_exhausted(size_t bytes);
/* Logs that a thread could not be had, and ends the process. */
ATTR_NORETURN void memory_no_thread(void);
void *xcalloc(size_t n, size_t size) ATTR_USE_RESULT;
void *xrealloc(void *p, size_t size) ATTR_USE_RESULT;
char *xstrdup(const char *s) ATTR_USE_RESULT;

/* snprintf that answers the question: true when everything fitted.  buf is always
 * terminated. */
bool fmt(char *buf, size_t cap, const char *format, ...)
	ATTR_PRINTF(3, 4) ATTR_USE_RESULT;
/* Gives a heap string of the formatted text; the caller frees it. */
char *xasprintf(const char *format, ...) ATTR_PRINTF(1, 2) ATTR_USE_RESULT;

#endif
