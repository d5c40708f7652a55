/* One pass: at each place either a secret begins, or one byte is written. */
#include "mailer/detail.h"

#include <stdbool.h>
#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins_with(struct slice text, struct slice secret)
{
	if (secret.len == 0 || text.len < secret.len)
		return false;
	for (size_t i = 0; i < secret.len; i++) {
		if (lower(text.ptr[i]) != lower(secret.ptr[i]))
			return false;
	}
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice skip_space(struct slice s)
{
	while (s.len > 0 && is_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	return s;
}

static size_t escape(char c, char at[4])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char byte = (unsigned char)c;

	at[0] = c;
	if (c >= ' ' && c <= '~')
		return 1;
	at[0] = '\\';
	at[1] = 'x';
	at[2] = hex[byte >> 4];
	at[3] = hex[byte & 0xf];
	return 4;
}

void detail_write(struct slice said, struct slice address, struct slice code,
		  char out[DETAIL_CAP])
{
	const size_t room = DETAIL_CAP - sizeof "...";
	size_t len = 0;

	for (said = skip_space(said); said.len > 0;) {
		size_t taken = begins_with(said, address) ? address.len
			       : begins_with(said, code)  ? code.len
							  : 1;
		char piece[4] = "***";
		size_t n = taken > 1 ? 3 : escape(said.ptr[0], piece);
		struct slice rest = {said.ptr + taken, said.len - taken};

		if (is_space(said.ptr[0])) {
			rest = skip_space(said);
			piece[0] = ' ';
			n = rest.len > 0 ? 1 : 0;
		}

		if (n > room - len) {
			memcpy(out + len, "...", 3);
			len += 3;
			break;
		}
		memcpy(out + len, piece, n);
		len += n;
		said = rest;
	}
	out[len] = '\0';
}
