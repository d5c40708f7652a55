/* What strangers wrote, as a line of the log may have it. */
#include "common/log.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/utf8.h"

/* RFC 5321 4.5.3.1: 64 bytes before the @, 255 after it. */
enum { ADDRESS_CAP = 64 + 1 + 255 };

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static size_t quoted_len(struct slice s, size_t enough)
{
	size_t len = 0;

	for (size_t i = 0; i < s.len && len <= enough; i++)
		len += is_plain((unsigned char)s.ptr[i]) ? 1 : sizeof "\\xNN" - 1;
	return len;
}

static size_t put_quoted(char *at, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	if (is_plain(c)) {
		at[0] = (char)c;
		return 1;
	}
	at[0] = '\\';
	at[1] = 'x';
	at[2] = hex[c >> 4];
	at[3] = hex[c & 0xf];
	return 4;
}

const char *log_quote(char *buf, size_t cap, struct slice s)
{
	size_t room = cap - sizeof "\"\""; /* two quotes and the NUL */
	size_t len = 0;
	bool clipped;

	assert(cap >= 8);
	clipped = quoted_len(s, room) > room;
	if (clipped)
		room -= sizeof "..." - 1;

	buf[len++] = '"';
	for (size_t i = 0; i < s.len; i++) {
		char one[4];
		size_t n = put_quoted(one, (unsigned char)s.ptr[i]);

		if (n > room)
			break;
		memcpy(buf + len, one, n);
		len += n;
		room -= n;
	}
	memcpy(buf + len, clipped ? "...\"" : "\"", clipped ? 5 : 2);
	return buf;
}

static size_t put_clipped(char *buf, size_t cap, size_t len, struct slice s)
{
	size_t n = s.len < cap - len ? s.len : cap - len;

	if (n > 0)
		memcpy(buf + len, s.ptr, n);
	return len + n;
}

/* The last @ counts: a quoted local part may hold others (RFC 5321 4.1.2). */
static struct slice domain_with_at(struct slice address)
{
	for (size_t i = address.len; i > 0; i--) {
		if (address.ptr[i - 1] == '@')
			return (struct slice){address.ptr + i - 1, address.len - i + 1};
	}
	return (struct slice){NULL, 0};
}

const char *log_address(char *buf, size_t cap, struct slice address)
{
	struct slice domain = domain_with_at(address);
	struct slice first = {address.ptr, 0};
	struct slice rest = {address.ptr, address.len - domain.len};
	char masked[ADDRESS_CAP];
	uint32_t c;
	size_t len;

	if (domain.len > 0 && utf8_next(&rest, &c))
		first.len = (size_t)(rest.ptr - address.ptr);
	len = put_clipped(masked, sizeof masked, 0, first);
	len = put_clipped(masked, sizeof masked, len, S("***"));
	len = put_clipped(masked, sizeof masked, len, domain);
	return log_quote(buf, cap, (struct slice){masked, len});
}
