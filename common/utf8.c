/* utf8.c - one decoder of one character; everything else asks it. */
#include "common/utf8.h"

#include "common/attr.h"

#include <stddef.h>

/* How a sequence of 1 to 4 bytes begins, and the least character that needs so many
 * bytes: a smaller one would be an overlong form (RFC 3629, 3). */
static const struct {
	unsigned char mask, lead;
	uint32_t least;
} forms[] = {
	{0x80, 0x00, 0x0},
	{0xe0, 0xc0, 0x80},
	{0xf0, 0xe0, 0x800},
	{0xf8, 0xf0, 0x10000},
};

enum { N_FORMS = sizeof forms / sizeof forms[0] };

static bool is_tail(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static bool is_scalar(uint32_t c)
{
	/* RFC 3629, 3: surrogates are not characters, and U+10FFFF is the last. */
	return c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
}

bool utf8_next(struct slice *s, uint32_t *out)
{
	unsigned char first;
	size_t tails = 0;
	uint32_t c;

	*out = 0;
	if (s->len == 0)
		return false;

	first = (unsigned char)s->ptr[0];
	while (tails < N_FORMS && (first & forms[tails].mask) != forms[tails].lead)
		tails++;
	if (tails == N_FORMS || tails >= s->len)
		return false;

	c = first & (unsigned char)~forms[tails].mask;
	for (size_t i = 1; i <= tails; i++) {
		if (!is_tail(s->ptr[i]))
			return false;
		c = c << 6 | ((unsigned char)s->ptr[i] & 0x3f);
	}
	if (c < forms[tails].least || !is_scalar(c))
		return false;

	s->ptr += tails + 1;
	s->len -= tails + 1;
	*out = c;
	return true;
}

bool utf8_is_valid(struct slice s)
{
	uint32_t c;

	while (utf8_next(&s, &c))
		continue;
	return s.len == 0;
}

struct slice utf8_clip(struct slice s, size_t max)
{
	if (s.len <= max)
		return s;

	while (max > 0 && is_tail(s.ptr[max]))
		max--;
	s.len = max;
	return s;
}

bool utf8_is_showable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return false;
		/* C1 controls, U+0080 to U+009F: terminals obey them. */
		if (c == 0xc2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xa0)
			return false;
	}
	return s.len > 0;
}

/* Control and format characters (Unicode 15, general categories Cc, Cf, Zl, Zp), and what is
 * not for interchange. */
static const struct {
	uint32_t first, last;
} harmful[] = {
	{0x0000, 0x001f},   /* C0: ESC begins a terminal's commands */
	{0x007f, 0x009f},   /* DEL and C1: CSI in one character */
	{0x00ad, 0x00ad},   /* soft hyphen */
	{0x0600, 0x0605},   /* Arabic number marks */
	{0x061c, 0x061c},   /* Arabic letter mark */
	{0x06dd, 0x06dd},   /* Arabic end of ayah */
	{0x070f, 0x070f},   /* Syriac abbreviation mark */
	{0x0890, 0x0891},   /* Arabic currency marks */
	{0x08e2, 0x08e2},   /* Arabic disputed end of ayah */
	{0x180e, 0x180e},   /* Mongolian vowel separator */
	{0x200b, 0x200f},   /* zero width, direction */
	{0x2028, 0x202e},   /* line ends, embeddings, overrides */
	{0x2060, 0x206f},   /* invisible operators, isolates */
	{0xe000, 0xf8ff},   /* private use */
	{0xfeff, 0xfeff},   /* byte order mark */
	{0xfff0, 0xfffb},   /* interlinear annotation */
	{0xfffe, 0xffff},   /* not characters */
	{0x110bd, 0x110bd}, /* Kaithi number signs */
	{0x110cd, 0x110cd},  {0x13430, 0x1343f}, /* Egyptian format */
	{0x1bca0, 0x1bca3},                      /* shorthand format */
	{0x1d173, 0x1d17a},                      /* musical format */
	{0xe0000, 0x10ffff},                     /* tags, private use */
};

bool utf8_is_harmless(uint32_t character)
{
	for (size_t i = 0; i < NELEMS(harmful); i++) {
		if (character >= harmful[i].first && character <= harmful[i].last)
			return false;
	}
	return true;
}
