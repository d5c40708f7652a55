/* A sentence for each kind of row, and for each result of an attempt. */
#include "mailer/audit_story.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/slice.h"

static const struct {
	const char *kind, *result; /* result NULL: any */
	const char *told;
} sentences[] = {
	{"request", NULL, "a mailer took the letter"},
	{"attempt", "sent", "the mail server took the letter: from here on it is theirs"},
	{"attempt", "deferred", "the mail server did not take it yet; it is tried again"},
	{"attempt", "refused",
	 "the mail server refused the letter: no further try is made"},
	{"attempt", "expired", "the code ended before the letter could be sent"},
	{"outbox", "interrupted", "the mailer ended while it was sending"},
	{"outbox", "given-back",
	 "the mailer ended, and gave the letter back to the broker"},
	{"outbox", "disowned", "the letter is not this mailer's any more"},
	{"outbox", "unreadable", "the mailer cannot read the letter any more"},
	{"erased", NULL, "rows were erased"},
	{"broken", NULL, "the record before this row was damaged"},
#define TRAIL_KIND(symbol, number, name, text) {name, NULL, text},
#include "common/trail_kinds.def"
#undef TRAIL_KIND
};

static bool is(const struct audit_value *v, const char *word)
{
	return v->type == AUDIT_TEXT && slice_equal(v->bytes, slice_of(word));
}

static const char *sentence_of(const struct audit_row *row)
{
	for (size_t i = 0; i < NELEMS(sentences); i++) {
		if (is(&row->values[AUDIT_KIND], sentences[i].kind) &&
		    (sentences[i].result == NULL ||
		     is(&row->values[AUDIT_RESULT], sentences[i].result)))
			return sentences[i].told;
	}
	return "something that this version does not know";
}

/* Whoever wrote the file, nothing but printable ASCII reaches the terminal. */
static void put(FILE *out, const char *before, struct slice text, const char *after)
{
	if (text.len == 0)
		return;
	fputs(before, out);
	for (size_t i = 0; i < text.len; i++)
		fputc(text.ptr[i] >= ' ' && text.ptr[i] <= '~' ? text.ptr[i] : '?', out);
	fputs(after, out);
}

static void put_time(FILE *out, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[40] = "?";
	struct tm utc;

	if (gmtime_r(&seconds, &utc) != NULL)
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc);
	fprintf(out, "%s  ", text);
}

void audit_story_row(FILE *out, const struct audit_row *row, const char *address,
		     bool first)
{
	const struct audit_value *v = row->values;

	if (first) {
		put(out, "login ", v[AUDIT_REFERENCE].bytes, "");
		put(out, ", to ", slice_of(address), "");
		put(out, ", asked for from ", v[AUDIT_NETWORK].bytes, "");
		fputc('\n', out);
	}
	put_time(out, v[AUDIT_TIME_MS].number);
	fputs(sentence_of(row), out);
	if (v[AUDIT_ATTEMPT].type == AUDIT_NUMBER)
		fprintf(out, " (try %" PRId64 ")", v[AUDIT_ATTEMPT].number);
	if (v[AUDIT_TIMES].type == AUDIT_NUMBER)
		fprintf(out, " (%" PRId64 " times)", v[AUDIT_TIMES].number);
	if (v[AUDIT_CODE].type == AUDIT_NUMBER)
		fprintf(out, ", code %" PRId64, v[AUDIT_CODE].number);
	put(out, ": ", v[AUDIT_DETAIL].bytes, "");
	if (v[AUDIT_ERASED].type == AUDIT_NUMBER)
		fputs(" [whom it was about has been erased]", out);
	fputc('\n', out);
}
