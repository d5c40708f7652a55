/* slice.c - pointer and length, and the few cuts that parsers need. */
#include "common/slice.h"

#include <string.h>

#include "common/memory.h"

struct slice slice_of(const char *text)
{
	return (struct slice){text, text == NULL ? 0 : strlen(text)};
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* By length: strncasecmp() would end at a NUL, and ask the locale. */
bool slice_equal_folded(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
			return false;
	}
	return true;
}

bool slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len &&
	       slice_equal((struct slice){s.ptr, prefix.len}, prefix);
}

bool slice_cut(struct slice s, char at, struct slice *head, struct slice *tail)
{
	const char *found = s.len == 0 ? NULL : memchr(s.ptr, at, s.len);
	size_t before;

	*head = s;
	*tail = (struct slice){NULL, 0};
	if (found == NULL)
		return false;

	before = (size_t)(found - s.ptr);
	head->len = before;
	*tail = (struct slice){found + 1, s.len - before - 1};
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void slice_cut_line(struct slice s, struct slice *line, struct slice *rest)
{
	slice_cut(s, '\n', line, rest);
	if (line->len > 0 && line->ptr[line->len - 1] == '\r')
		line->len--;
}

struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

char *slice_dup(struct slice s)
{
	char *copy = xcalloc(s.len + 1, 1);

	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	return copy;
}
