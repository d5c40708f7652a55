/* Why connections end, as a table; and what a peer may say of it. */
#include "gateway/connection.h"

static const struct {
	uint16_t code;
	const char *name;
} reasons[] = {
#define CLOSE(symbol, code, name, text) [CLOSE_##symbol] = {code, name},
#include "gateway/close_reasons.def"
#undef CLOSE
};

uint16_t close_code(enum close_reason reason)
{
	return reasons[reason].code;
}

const char *close_name(enum close_reason reason)
{
	return reasons[reason].name;
}

/* RFC 6455 5.5.1 and 7.4: nothing, or a code that may be sent, and then text. */
bool close_is_good(struct slice payload)
{
	const unsigned char *p = (const unsigned char *)payload.ptr;
	unsigned int code;

	if (payload.len == 0)
		return true;
	if (payload.len == 1)
		return false;
	code = (unsigned int)p[0] << 8 | p[1];
	return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) ||
	       (code >= 3000 && code <= 4999);
}
