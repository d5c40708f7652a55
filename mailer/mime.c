/* Each encoder allocates for the worst case once and then only appends. */
#include "mailer/mime.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "common/memory.h"
#include "common/utf8.h"

enum {
	LINE_MAX_CHARS = 76, /* RFC 2045 6.7 (5), the soft break's "=" included */
	/* RFC 2047 2: a line of 76 characters, of which "Subject: " are 9, "=?utf-8?B?" and "?=" 12;
	 * base64 makes 4 of 3. */
	WORD_MAX_BYTES = (76 - 9 - 12) / 4 * 3,
};

struct sink {
	char *at;
	size_t column;
};

static void put(struct sink *s, const char *bytes, size_t n)
{
	memcpy(s->at, bytes, n);
	s->at += n;
	s->column += n;
}

static void put_break(struct sink *s, bool soft)
{
	if (soft)
		put(s, "=", 1);
	put(s, "\r\n", 2);
	s->column = 0;
}

/* A space or tab may not end a line (RFC 2045 6.7 (3)). */
static bool is_literal(unsigned char c, bool ends_line)
{
	if (c == ' ' || c == '\t')
		return !ends_line;
	return c > ' ' && c < 0x7f && c != '=';
}

char *mime_quoted_printable(struct slice text)
{
	static const char hex[] = "0123456789ABCDEF";
	/* three bytes for each, and a soft break of three after 73 at the latest */
	char *out = xcalloc(text.len * 4 + 4, 1);
	struct sink s = {out, 0};

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool ends_line = i + 1 == text.len || text.ptr[i + 1] == '\n';
		char escaped[3] = {'=', hex[c >> 4], hex[c & 0xf]};
		size_t width = is_literal(c, ends_line) ? 1 : sizeof escaped;

		if (c == '\n') {
			put_break(&s, false);
			continue;
		}
		if (s.column + width > LINE_MAX_CHARS - 1)
			put_break(&s, true);
		put(&s, width == 1 ? text.ptr + i : escaped, width);
	}
	return out;
}

static void put_base64(struct sink *s, struct slice bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
		uint32_t group = 0;
		char quad[4];

		for (size_t j = 0; j < 3; j++)
			group = group << 8 |
				(j < n ? (unsigned char)bytes.ptr[i + j] : 0);
		for (size_t j = 0; j < sizeof quad; j++)
			quad[j] = j > n ? '=' : digits[group >> (18 - 6 * j) & 0x3f];
		put(s, quad, sizeof quad);
	}
}

/* "=?" could be taken for the beginning of an encoded word. */
static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < ' ' || text.ptr[i] > '~')
			return false;
		if (text.ptr[i] == '=' && i + 1 < text.len && text.ptr[i + 1] == '?')
			return false;
	}
	return true;
}

char *mime_header_text(struct slice text)
{
	size_t words =
		text.len / (WORD_MAX_BYTES - 3) + 1; /* a cut spares a whole character */
	char *out;
	struct sink s;

	if (is_plain(text))
		return slice_dup(text);
	out = xcalloc(words * (75 + 3) + 1, 1);
	s = (struct sink){out, 0};
	while (text.len > 0) {
		struct slice word = utf8_clip(text, WORD_MAX_BYTES);

		assert(word.len > 0);
		if (s.at != out)
			put(&s, "\r\n ", 3);
		put(&s, "=?utf-8?B?", 10);
		put_base64(&s, word);
		put(&s, "?=", 2);
		text.ptr += word.len;
		text.len -= word.len;
	}
	return out;
}

void mime_date(uint64_t wall_ms, char out[MIME_DATE_CAP])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm utc;

	out[0] = '\0';
	/* the C locale: no program here calls setlocale() */
	if (gmtime_r(&seconds, &utc) != NULL)
		strftime(out, MIME_DATE_CAP, "%a, %d %b %Y %H:%M:%S +0000", &utc);
}
