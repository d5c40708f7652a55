/* One walk over the line; a pair is written whole or not at all, so the object always closes. */
#include "common/log_json.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct out {
	char *buf;
	size_t cap, len;
	bool fits;
};

static void put(struct out *o, char c)
{
	if (o->len == o->cap) {
		o->fits = false;
		return;
	}
	o->buf[o->len++] = c;
}

/* RFC 8259 7: quote, backslash and controls are escaped; the rest of ASCII stands for itself. */
static void put_escaped(struct out *o, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	if (c == '"' || c == '\\') {
		put(o, '\\');
		put(o, (char)c);
	} else if (c >= 0x20 && c < 0x7f) {
		put(o, (char)c);
	} else {
		for (const char *p = "\\u00"; *p != '\0'; p++)
			put(o, *p);
		put(o, hex[c >> 4]);
		put(o, hex[c & 0xf]);
	}
}

static void put_string(struct out *o, struct slice s)
{
	put(o, '"');
	for (size_t i = 0; i < s.len; i++)
		put_escaped(o, (unsigned char)s.ptr[i]);
	put(o, '"');
}

/* The value that begins rest; a quoted one has no quote inside (log_quote), and ends with the line
 * where that was clipped. */
static struct slice take_value(struct slice *rest)
{
	struct slice value;
	bool is_quoted = rest->len > 0 && rest->ptr[0] == '"';

	if (is_quoted) {
		rest->ptr++;
		rest->len--;
	}
	slice_cut(*rest, is_quoted ? '"' : ' ', &value, rest);
	return value;
}

size_t log_json(char *buf, size_t cap, struct slice pairs)
{
	struct out o = {buf, cap, 0, true};

	while (pairs.len > 0) {
		struct slice word, tail, key, value;
		size_t begin = o.len;

		slice_cut(pairs, ' ', &word, &tail);
		if (!slice_cut(word, '=', &key, &value) || key.len == 0) {
			pairs = tail;
			continue;
		}
		pairs.ptr += key.len + 1;
		pairs.len -= key.len + 1;
		value = take_value(&pairs);
		put(&o, ',');
		put_string(&o, key);
		put(&o, ':');
		put_string(&o, value);
		if (!o.fits) {
			o.len = begin;
			break;
		}
		if (pairs.len > 0 && pairs.ptr[0] == ' ') {
			pairs.ptr++;
			pairs.len--;
		}
	}
	return o.len;
}
