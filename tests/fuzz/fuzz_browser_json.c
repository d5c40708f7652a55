/* A frame of a browser: fields are within their limits and valid UTF-8, and a text that was read is
 * read again from the frame that is written of it. */
#include <assert.h>

#include "common/utf8.h"
#include "gateway/browser_json.h"
#include "tests/fuzz/fuzz.h"

static void check(struct slice field, size_t most)
{
	assert(field.len <= most && utf8_is_valid(field));
	for (size_t i = 0; i < field.len; i++)
		assert(field.ptr[i] != '\0');
}

static void goes_there_and_back(const struct browser_text *t)
{
	struct bus_post post = {
		.seq = 1,
		.time_ms = 1,
		.name = S("ann"),
		.text = t->text,
		.id = t->id,
		.mentions = t->id}; /* as a broker that was taken over may have it */
	struct browser_out out = {0};
	struct browser_msg again;

	browser_write_post(&out, &post);
	assert(browser_read(browser_out_slice(&out), &again) == ST_OK);
	assert(again.type == BROWSER_TEXT);
	assert(slice_equal(again.u.text.text, t->text));
	assert(slice_equal(again.u.text.id, t->id));
	browser_msg_free(&again);
	browser_out_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct browser_msg m;

	if (browser_read(fuzz_slice(data, size), &m) == ST_OK) {
		switch (m.type) {
		case BROWSER_HELLO:
			check(m.u.hello.text, 4096);
			break;
		case BROWSER_TEXT:
			check(m.u.text.text, 65536);
			check(m.u.text.id, 64);
			goes_there_and_back(&m.u.text);
			break;
		case BROWSER_AUTH:
			check(m.u.auth.code, 32);
			check(m.u.auth.ticket, 64);
			check(m.u.auth.claim, 64);
			break;
		case BROWSER_RESUME:
			check(m.u.resume.token, 64);
			check(m.u.resume.ticket, 64);
			break;
		default: /* further types have no strings that others are shown */
			break;
		}
	}
	browser_msg_free(&m);
	return 0;
}
