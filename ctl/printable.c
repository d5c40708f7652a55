/* What is harmless is written as it is, and the rest by its number. */
#include "ctl/printable.h"

#include <inttypes.h>

#include "common/utf8.h"

bool printable_is_safe(uint32_t character)
{
	return utf8_is_harmless(character);
}

static void write_text(struct slice text, bool is_escaped, FILE *out)
{
	while (text.len > 0) {
		const char *start = text.ptr;
		uint32_t character;

		if (!utf8_next(&text, &character)) {
			fprintf(out, "\\x%02x", (unsigned char)*text.ptr);
			text.ptr++;
			text.len--;
		} else if (character == '\\' && !is_escaped) {
			fputs("\\\\", out);
		} else if (printable_is_safe(character)) {
			fwrite(start, 1, (size_t)(text.ptr - start), out);
		} else {
			fprintf(out, "\\u{%" PRIx32 "}", character);
		}
	}
}

void printable_write(struct slice text, FILE *out)
{
	write_text(text, false, out);
}

void printable_write_escaped(struct slice text, FILE *out)
{
	write_text(text, true, out);
}
