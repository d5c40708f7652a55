/* What plumectl hears: a verb, a form, and the frame of a broker; or a health answer of HTTP.
 *
 * What is printed is UTF-8 without anything that commands a terminal, in either form, and it ends in a
 * newline; of what is no answer nothing is printed.  A health answer has a status of three digits and a
 * line that is clipped. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"
#include "ctl/health.h"
#include "ctl/printable.h"
#include "ctl/report.h"
#include "tests/fuzz/fuzz.h"

static const enum control_verb verbs[] = {
	CONTROL_STATUS, CONTROL_WHO,     CONTROL_SAY,    CONTROL_WHY,
	CONTROL_KICK,   CONTROL_RELEASE, CONTROL_BACKUP, CONTROL_CLIENTS,
	CONTROL_DRAIN,  CONTROL_BAN,     CONTROL_UNBAN,  CONTROL_BANS};

static void check_shown(const char *text, size_t len)
{
	struct slice rest = {text, len};
	uint32_t c;

	assert(utf8_is_valid(rest) && (len == 0 || text[len - 1] == '\n'));
	while (utf8_next(&rest, &c))
		assert(c == '\n' || utf8_is_harmless(c));
}

static void check_report(enum control_verb verb, enum report_form form,
			 struct slice frame)
{
	char *said = NULL, *complained = NULL;
	size_t said_len = 0, complained_len = 0;
	FILE *out = open_memstream(&said, &said_len);
	FILE *err = open_memstream(&complained, &complained_len);
	enum status st;

	assert(out != NULL && err != NULL);
	st = report_print(frame, verb, form, out, err);
	(void)fclose(out);
	(void)fclose(err);
	check_shown(said, said_len);
	check_shown(complained, complained_len);
	assert((st == ST_OK || said_len == 0) &&
	       (st == ST_DENIED) == (complained_len > 0));
	free(said);
	free(complained);
}

static void check_health(struct slice answer)
{
	struct health h;

	if (health_read(answer.ptr, answer.len, &h) == ST_OK)
		assert(h.status <= 999 && slice_starts(answer, S("HTTP/1.")));
	else
		assert(h.status == 0 && h.text[0] == '\0');
	assert(memchr(h.text, '\0', sizeof h.text) != NULL);
	assert(strchr(h.text, '\n') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	check_health(fuzz_slice(data, size));
	check_report(verbs[data[0] % (sizeof verbs / sizeof verbs[0])],
		     data[1] % 2 == 0 ? REPORT_TEXT : REPORT_JSON,
		     fuzz_slice(data + 2, size - 2));
	return 0;
}
