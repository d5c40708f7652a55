/* A short list of ranges; everything else is a letter, a sign or harmless. */
#include "ctl/printable.h"

#include <inttypes.h>

#include "common/attr.h"
#include "common/utf8.h"

/* Control and format characters (Unicode 15, general categories Cc, Cf, Zl, Zp), and what is
 * not for interchange. */
static const struct {
	uint32_t first, last;
} unsafe[] = {
	{0x0000, 0x001f},    /* C0: ESC begins a terminal's commands */
	{0x007f, 0x009f},    /* DEL and C1: CSI in one character */
	{0x00ad, 0x00ad},    /* soft hyphen */
	{0x0600, 0x0605},    /* Arabic number marks */
	{0x061c, 0x061c},    /* Arabic letter mark */
	{0x06dd, 0x06dd},    /* Arabic end of ayah */
	{0x070f, 0x070f},    /* Syriac abbreviation mark */
	{0x180e, 0x180e},    /* Mongolian vowel separator */
	{0x200b, 0x200f},    /* zero width, direction */
	{0x2028, 0x202e},    /* line ends, embeddings, overrides */
	{0x2060, 0x206f},    /* invisible operators, isolates */
	{0xe000, 0xf8ff},    /* private use */
	{0xfeff, 0xfeff},    /* byte order mark */
	{0xfff0, 0xfffb},    /* interlinear annotation */
	{0xfffe, 0xffff},    /* not characters */
	{0x1d173, 0x1d17a},  /* musical format */
	{0xe0000, 0x10ffff}, /* tags, private use */
};

bool printable_is_safe(uint32_t character)
{
	for (size_t i = 0; i < NELEMS(unsafe); i++) {
		if (character >= unsafe[i].first && character <= unsafe[i].last)
			return false;
	}
	return true;
}

void printable_write(struct slice text, FILE *out)
{
	while (text.len > 0) {
		const char *start = text.ptr;
		uint32_t character;

		if (!utf8_next(&text, &character)) {
			fprintf(out, "\\x%02x", (unsigned char)*text.ptr);
			text.ptr++;
			text.len--;
		} else if (character == '\\') {
			fputs("\\\\", out);
		} else if (printable_is_safe(character)) {
			fwrite(start, 1, (size_t)(text.ptr - start), out);
		} else {
			fprintf(out, "\\u{%" PRIx32 "}", character);
		}
	}
}
