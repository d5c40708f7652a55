/* JSON for programs that a person may look at, too. */
#include <inttypes.h>
#include <stdlib.h>

#include "common/memory.h"
#include "common/utf8.h"
#include "ctl/printable.h"
#include "ctl/report_private.h"

json_t *report_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *report_hexadecimal(uint64_t value)
{
	char text[17];

	if (!fmt(text, sizeof text, "%016" PRIx64, value))
		return NULL; /* cannot be: 64 bits are 16 digits */
	return json_string(text);
}

json_t *report_string(struct slice text)
{
	return json_stringn(text.ptr == NULL ? "" : text.ptr, text.len);
}

/* RFC 8259 7: beyond the first 65,536 characters, a pair of surrogates. */
static void write_escaped(uint32_t character, FILE *out)
{
	if (character <= 0xffff) {
		fprintf(out, "\\u%04" PRIX32, character);
		return;
	}
	character -= 0x10000;
	fprintf(out, "\\u%04" PRIX32 "\\u%04" PRIX32, 0xd800 + (character >> 10),
		0xdc00 + (character & 0x3ff));
}

/* The library escapes what JSON must have escaped; the rest of what a terminal should not be given can stand
 * in strings only, where an escape means the same.  Line ends outside of them are the library's own. */
void report_write_json(json_t *json, size_t flags, FILE *out)
{
	char *dumped = json_dumps(json, flags);
	struct slice rest = slice_of(dumped);

	while (rest.len > 0) {
		const char *start = rest.ptr;
		uint32_t character;

		if (!utf8_next(&rest, &character))
			break; /* cannot be: the library takes no other strings */
		if (character == '\n' || printable_is_safe(character))
			fwrite(start, 1, (size_t)(rest.ptr - start), out);
		else
			write_escaped(character, out);
	}
	fputc('\n', out);
	free(dumped);
	json_decref(json);
}
