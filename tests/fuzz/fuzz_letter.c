/* Letters: reference, address, code and name, a line each.  Whatever they are, the headers are the same
 * ones in the same order, lines end in CRLF and are short, and bytes are ASCII. */
#include <assert.h>
#include <string.h>

#include "mailer/letter.h"
#include "tests/fuzz/fuzz.h"

static void check_lines(const struct letter *l)
{
	size_t start = 0;

	for (size_t i = 0; i < l->message_len; i++) {
		unsigned char c = (unsigned char)l->message[i];

		assert(c < 0x7f && (c >= ' ' || c == '\r' || c == '\n' || c == '\t'));
		assert(c != '\r' ||
		       (i + 1 < l->message_len && l->message[i + 1] == '\n'));
		assert(c != '\n' || (i > 0 && l->message[i - 1] == '\r'));
		if (c == '\n') {
			assert(i - start <= 998 + 1);
			start = i + 1;
		}
	}
	assert(start == l->message_len);
}

/* The names of the headers, each with its colon. */
static void header_names(const struct letter *l, char *out, size_t cap)
{
	const char *end = strstr(l->message, "\r\n\r\n"), *at = l->message;
	size_t len = 0;

	assert(end != NULL);
	while (at < end) {
		const char *line = strstr(at, "\r\n");

		if (*at != ' ' && *at != '\t')
			for (; at < line && len + 2 < cap; at++) {
				out[len++] = *at;
				if (*at == ':')
					break;
			}
		at = line + 2;
	}
	out[len] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct letter_style style = {
		.from = "plume@chat.example", .room = "Plume", .code_in_subject = true};
	static char expected[1024];
	struct letter_facts facts = {.number = 7,
				     .reference = S("K7Q-2MX"),
				     .email = S("ann@a.example"),
				     .name = S("ann"),
				     .code = S("12345678"),
				     .salt = 9};
	char names[1024];
	struct letter *l;

	if (expected[0] == '\0') {
		enum status st = letter_new(&style, &facts, &l);

		assert(st == ST_OK);
		header_names(l, expected, sizeof expected);
		letter_free(&l);
	}
	slice_cut(fuzz_slice(data, size), '\n', &facts.reference, &facts.email);
	slice_cut(facts.email, '\n', &facts.email, &facts.code);
	slice_cut(facts.code, '\n', &facts.code, &facts.name);
	if (facts.name.len > 120)
		return 0; /* the bus lets nothing longer through */
	if (letter_new(&style, &facts, &l) == ST_OK) {
		check_lines(l);
		header_names(l, names, sizeof names);
		assert(strcmp(names, expected) == 0);
	}
	letter_free(&l);
	return 0;
}
