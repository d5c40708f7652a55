/* slice.h - text or bytes as pointer and length.
 *
 * A slice borrows: it never outlives the buffer it points into, and it is not
 * NUL-terminated.  Copy what you keep (slice_dup). */
#ifndef COMMON_SLICE_H
#define COMMON_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *ptr; /* may be NULL only when len is 0 */
	size_t len;      /* bytes */
};

/* S("x"): a string literal as a slice. */
#define S(literal) ((struct slice){(literal), sizeof(literal) - 1})
/* For printf's "%.*s". */
#define SLICE_ARGS(s) (int)(s).len, (s).len == 0 ? "" : (s).ptr

/* The bytes of a NUL-terminated string; NULL gives the empty slice. */
struct slice slice_of(const char *text);
bool slice_equal(struct slice a, struct slice b);
/* The same, whatever the case of ASCII letters and the locale. */
bool slice_equal_folded(struct slice a, struct slice b);
char ascii_lower(char c);
bool slice_starts(struct slice s, struct slice prefix);
/* Cuts at the first byte `at`: *head is what stands before it, *tail what follows it.
 * Without such a byte *head is all of s, *tail is empty and the result is false. */
bool slice_cut(struct slice s, char at, struct slice *head, struct slice *tail);
/* Cuts the first line off: without its line feed, nor the carriage return that editors of other systems put
 * before it. */
void slice_cut_line(struct slice s, struct slice *line, struct slice *rest);
/* Without ASCII spaces and tabs at both ends. */
struct slice slice_trim(struct slice s);
/* Gives a NUL-terminated copy on the heap; the caller frees it. */
char *slice_dup(struct slice s);

#endif
