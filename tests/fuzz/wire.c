/* Strict where we write, and patient at the end: a connection may be cut anywhere. */
#include "tests/fuzz/wire.h"

#include <assert.h>
#include <string.h>

#include "common/number.h"
#include "common/utf8.h"

enum {
	CONTINUED = 0,
	TEXT = 1,
	BINARY = 2,
	CLOSE = 8,
	PING = 9,
	PONG = 10,
	CONTROL_MOST = 125, /* RFC 6455 5.5 */
};

/* Where the empty line ends; 0: it is not there. */
static size_t end_of_headers(struct slice s)
{
	for (size_t i = 3; i < s.len; i++) {
		if (memcmp(s.ptr + i - 3, "\r\n\r\n", 4) == 0)
			return i + 1;
	}
	return 0;
}

static bool is_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && c != '-')
			return false;
	}
	return name.len > 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_called(struct slice name, const char *what)
{
	size_t i;

	for (i = 0; i < name.len && what[i] != '\0'; i++) {
		if (lower(name.ptr[i]) != what[i])
			return false;
	}
	return i == name.len && what[i] == '\0';
}

/* RFC 9112 5: NAME ":" OWS VALUE, printable. */
static void check_header(struct slice line, uint64_t *body)
{
	struct slice name, value;

	assert(slice_cut(line, ':', &name, &value));
	assert(is_name(name));
	for (size_t i = 0; i < value.len; i++)
		assert(value.ptr[i] >= ' ' && value.ptr[i] < 0x7f);
	if (is_called(name, "content-length"))
		assert(number_parse(slice_trim(value), body) == ST_OK);
}

/* RFC 9112 4: HTTP/1.1 SP three digits SP reason. */
static uint64_t check_status(struct slice line)
{
	struct slice version, code, reason;
	uint64_t status;

	assert(slice_cut(line, ' ', &version, &code));
	slice_cut(code, ' ', &code, &reason);
	assert(slice_equal(version, S("HTTP/1.1")) ||
	       slice_equal(version, S("HTTP/1.0")));
	assert(code.len == 3 && number_parse(code, &status) == ST_OK);
	assert(status >= 101 && status <= 599);
	return status;
}

/* Moves *s behind one answer; 0: what is there of it is its beginning. */
static uint64_t skip_answer(struct slice *s)
{
	size_t headers = end_of_headers(*s);
	struct slice rest = {s->ptr, headers}, line;
	uint64_t status, body = 0;

	if (headers == 0)
		return 0;
	slice_cut(rest, '\n', &line, &rest);
	line.len--; /* the CR */
	status = check_status(line);
	for (;;) {
		slice_cut(rest, '\n', &line, &rest);
		assert(line.len > 0 && line.ptr[line.len - 1] == '\r');
		line.len--;
		if (line.len == 0)
			break;
		check_header(line, &body);
	}
	s->ptr += headers;
	s->len -= headers;
	/* The answers to HEAD and 304 have a length and no body. */
	if (status != 101 && body > 0 && !slice_starts(*s, S("HTTP/1."))) {
		body = body < s->len ? body : s->len;
		s->ptr += body;
		s->len -= body;
	}
	return status;
}

struct frame {
	int opcode;
	bool is_final;
	struct slice payload;
};

/* False: it is not whole. */
static bool take_frame(struct slice *s, struct frame *out)
{
	const unsigned char *p = (const unsigned char *)s->ptr;
	uint64_t len;
	size_t header = 2;

	if (s->len < 2)
		return false;
	assert((p[0] & 0x70) == 0); /* RFC 6455 5.2: no extension was agreed on */
	assert((p[1] & 0x80) == 0); /* 5.1: a server does not mask */
	out->opcode = p[0] & 0xf;
	out->is_final = (p[0] & 0x80) != 0;
	len = p[1];
	if (len >= 126) {
		size_t more = len == 126 ? 2 : 8;

		if (s->len < header + more)
			return false;
		len = 0;
		for (size_t i = 0; i < more; i++)
			len = len << 8 | p[header + i];
		assert(len > (more == 2 ? 125u : 65535u)); /* 5.2: the shortest form */
		header += more;
	}
	assert(len <= 1 << 20);
	if (s->len - header < len)
		return false;
	out->payload = (struct slice){s->ptr + header, (size_t)len};
	s->ptr += header + len;
	s->len -= header + len;
	return true;
}

static void check_close(struct slice payload)
{
	unsigned int code;

	if (payload.len == 0)
		return;
	assert(payload.len >= 2);
	code = (unsigned char)payload.ptr[0] * 256u + (unsigned char)payload.ptr[1];
	/* 7.4: what may stand in a frame */
	assert(code >= 1000 && code <= 4999 && code != 1004 && code != 1005 &&
	       code != 1006);
	assert(utf8_is_valid((struct slice){payload.ptr + 2, payload.len - 2}));
}

void wire_check_frames(struct slice s, struct wire *out)
{
	struct frame f;

	out->pong = -1;
	while (!out->is_closed && take_frame(&s, &f)) {
		out->frames++;
		assert(f.is_final); /* we never fragment */
		assert(f.opcode == TEXT || f.opcode == CLOSE || f.opcode == PING ||
		       f.opcode == PONG);
		assert(f.opcode == TEXT || f.payload.len <= CONTROL_MOST);
		if (f.opcode == TEXT) {
			assert(f.payload.len >= 2 && f.payload.ptr[0] == '{' &&
			       f.payload.ptr[f.payload.len - 1] == '}');
			assert(utf8_is_valid(f.payload));
		}
		if (f.opcode == PONG && f.payload.len > 0)
			out->pong = (unsigned char)f.payload.ptr[0];
		if (f.opcode == CLOSE) {
			check_close(f.payload);
			out->is_closed = true;
		}
	}
	assert(!out->is_closed || s.len == 0); /* 5.5.1 */
	out->rest = s.len;
}

void wire_check(struct slice s, struct wire *out)
{
	uint64_t status = 1;

	*out = (struct wire){0};
	while (!out->is_websocket && s.len > 0 && status != 0) {
		size_t some = s.len < 7 ? s.len : 7;

		assert(memcmp(s.ptr, "HTTP/1.", some) == 0);
		status = skip_answer(&s);
		out->answers += status != 0 ? 1 : 0;
		out->is_websocket = status == 101;
	}
	if (out->is_websocket)
		wire_check_frames(s, out);
}
