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

/* The length of the secret that text begins with; 0: it begins with none. */
static size_t secret_at(struct slice text, const struct slice *secrets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (begins_with(text, secrets[i]))
			return secrets[i].len;
	}
	return 0;
}

void detail_write(struct slice said, const struct slice *secrets, size_t n_secrets,
		  char out[DETAIL_CAP])
{
	const size_t room = DETAIL_CAP - sizeof "...";
	size_t len = 0;

	for (said = skip_space(said); said.len > 0;) {
		size_t secret = secret_at(said, secrets, n_secrets);
		size_t taken = secret > 0 ? secret : 1;
		char piece[4] = "***";
		size_t n = secret > 0 ? 3 : escape(said.ptr[0], piece);
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
