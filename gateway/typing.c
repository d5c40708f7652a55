/* A round is one buffer of whole frames; who is in it already is found by their frame's text. */
#include "gateway/typing.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "gateway/browser_json.h"
#include "gateway/frame_log.h"

enum {
	/* {"type":13,...} with a name of 120 bytes, each of which might have to be escaped, and a
	 * mark of 16. */
	NOTICE_MAX = 1024,
	ROUND_MAX = TYPING_MOST * (FRAME_HEADER_MAX + NOTICE_MAX),
};

struct typing {
	struct browser_out json;
	char memory[FRAME_LOG_HEADROOM + ROUND_MAX];
	size_t len;
	struct slice notices[TYPING_MOST]; /* their JSON, in memory */
	size_t n;
	bool was_told; /* what is in memory was given out */
	uint64_t round_ms, took_ms;
};

struct typing *typing_new(void)
{
	return xcalloc(1, sizeof(struct typing));
}

void typing_free(struct typing **t)
{
	if (t == NULL || *t == NULL)
		return;
	browser_out_fini(&(*t)->json);
	free(*t);
	*t = NULL;
}

static void begin_round(struct typing *t)
{
	t->len = 0;
	t->n = 0;
	t->was_told = false;
}

static bool is_in(const struct typing *t, struct slice notice)
{
	for (size_t i = 0; i < t->n; i++) {
		if (slice_equal(t->notices[i], notice))
			return true;
	}
	return false;
}

void typing_hear(struct typing *t, const struct bus_typing *m)
{
	unsigned char header[FRAME_HEADER_MAX];
	char *at;
	struct slice json;
	size_t header_len;

	if (t->was_told)
		begin_round(t);
	browser_out_clear(&t->json);
	browser_write_typing(&t->json, m);
	json = browser_out_slice(&t->json);
	if (t->n == TYPING_MOST || json.len > NOTICE_MAX || is_in(t, json))
		return;
	at = t->memory + FRAME_LOG_HEADROOM + t->len;
	header_len = frame_header(FRAME_TEXT, json.len, header);
	memcpy(at, header, header_len);
	memcpy(at + header_len, json.ptr, json.len);
	t->notices[t->n++] = (struct slice){at + header_len, json.len};
	t->len += header_len + json.len;
}

struct slice typing_round(struct typing *t, uint64_t now_ms)
{
	uint64_t pause = TYPING_SHARE * t->took_ms;

	if (pause < TYPING_ROUND_MS)
		pause = TYPING_ROUND_MS;
	if (t->n == 0 || t->was_told ||
	    (t->round_ms != 0 && now_ms - t->round_ms < pause))
		return S("");
	t->round_ms = now_ms;
	t->was_told = true;
	return (struct slice){t->memory + FRAME_LOG_HEADROOM, t->len};
}

void typing_took(struct typing *t, uint64_t ms)
{
	t->took_ms = ms;
}
