/* ICU knows what a combining mark is. */
#include "broker/text.h"

#include <stdint.h>

#include <unicode/uchar.h>

#include "common/utf8.h"

/* Does it stand on the character before it, or can it not be seen? */
static bool stacks(uint32_t c)
{
	UChar32 u = (UChar32)c;

	return (U_GET_GC_MASK(u) & U_GC_M_MASK) != 0 ||
	       u_hasBinaryProperty(u, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

static bool has_tower(struct slice s)
{
	size_t height = 0;
	uint32_t c;

	if (s.len <= 2 * TEXT_MARKS_MAX) /* the shortest mark has two bytes */
		return false;
	while (utf8_next(&s, &c)) {
		height = c >= 0x80 && stacks(c) ? height + 1 : 0;
		if (height > TEXT_MARKS_MAX)
			return true;
	}
	return false;
}

bool text_is_good(struct slice s)
{
	return utf8_is_showable(s) && !has_tower(s);
}
