/* Most reads end with a frame: then nothing is kept, and nothing copied. */
#include "tests/bench/frames.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

void frames_fini(struct frames *f)
{
	free(f->kept);
	*f = (struct frames){NULL, 0};
}

size_t frames_resume(struct frames *f, char *buf)
{
	size_t len = f->kept_len;

	if (len > 0)
		memcpy(buf, f->kept, len);
	frames_fini(f);
	return len;
}

/* Header and payload length of the frame at p; false: not all of the header is there. */
static bool head_of(const unsigned char *p, size_t left, size_t *head, uint64_t *payload)
{
	size_t more = left < 2 ? 0 : p[1] < 126 ? 0 : p[1] == 126 ? 2 : 8;

	if (left < 2 || left < 2 + more)
		return false;
	*head = 2 + more;
	*payload = more == 0 ? p[1] : 0;
	for (size_t i = 0; i < more; i++)
		*payload = *payload << 8 | p[2 + i];
	return true;
}

enum status frames_take(struct frames *f, const char *buf, size_t len, frames_fn *each,
			void *ctx)
{
	size_t at = 0, head;
	uint64_t payload;

	while (head_of((const unsigned char *)buf + at, len - at, &head, &payload)) {
		if (((unsigned char)buf[at + 1] & 0x80) != 0)
			return ST_PROTOCOL;
		if (payload > FRAMES_BUFFER / 2)
			return ST_LONG;
		if (payload > len - at - head)
			break;
		each(ctx, (unsigned char)buf[at],
		     (struct slice){buf + at + head, (size_t)payload});
		at += head + (size_t)payload;
	}
	if (at < len) {
		f->kept_len = len - at;
		f->kept = xrealloc(f->kept, f->kept_len);
		memcpy(f->kept, buf + at, f->kept_len);
	}
	return ST_OK;
}
