/* memory.c - allocation that aborts instead of failing, formatting that admits
 * truncation. */
#include "common/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

/* Several threads may come at once: one of them speaks. */
static void take_the_last_word(void)
{
	static atomic_flag taken = ATOMIC_FLAG_INIT;

	if (atomic_flag_test_and_set(&taken)) {
		for (;;)
			pause();
	}
	log_set_rate(0); /* whatever was said before */
}

/* log_error() does not allocate, so it works here. */
static ATTR_NORETURN void out_of_memory(size_t n, size_t size)
{
	take_the_last_word();
	log_error("out_of_memory", "count=%zu bytes=%zu", n, size);
	abort();
}

void memory_exhausted(size_t bytes)
{
	out_of_memory(1, bytes);
}

void memory_no_thread(void)
{
	take_the_last_word();
	log_error("out_of_threads",
		  "why=\"no memory for its stack, or a limit of their number\"");
	abort();
}

void *xcalloc(size_t n, size_t size)
{
	/* calloc(0) may answer NULL, which would look like exhaustion. */
	void *p = n == 0 || size == 0 ? calloc(1, 1) : calloc(n, size);

	if (p == NULL)
		out_of_memory(n, size);
	return p;
}

void *xrealloc(void *p, size_t size)
{
	void *q = realloc(p, size == 0 ? 1 : size);

	if (q == NULL)
		out_of_memory(1, size);
	return q;
}

char *xstrdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(xcalloc(size, 1), s, size);
}

bool fmt(char *buf, size_t cap, const char *format, ...)
{
	va_list args;
	int len;

	assert(cap > 0);
	va_start(args, format);
	len = vsnprintf(buf, cap, format, args);
	va_end(args);

	if (len < 0)
		buf[0] = '\0'; /* C does not say what stands there then */
	return len >= 0 && (size_t)len < cap;
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	size_t cap;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(len >= 0); /* a bad format is a bug of ours */

	cap = (size_t)len + 1;
	text = xcalloc(cap, 1);
	va_start(args, format);
	len = vsnprintf(text, cap, format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < cap);
	return text;
}
