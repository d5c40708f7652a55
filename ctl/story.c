/* A sentence has what happened, and only as much around it as is known. */
#include "ctl/story.h"

#include <inttypes.h>
#include <time.h>

#include "common/attr.h"
#include "ctl/printable.h"

static void print_time(uint64_t time_ms, FILE *out)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;
	char text[32];

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		fprintf(out, "%" PRIu64 " ms  ", time_ms);
	else
		fprintf(out, "%s  ", text);
}

static const char *letter_text(uint64_t state)
{
	static const char *const texts[] = {
		[MAIL_QUEUED] = "a mailer gave the letter back, for another one",
		[MAIL_TAKEN] = "a mailer took the letter",
		[MAIL_SENT] = "the mail server accepted the letter",
		[MAIL_DEFERRED] = "the letter could not be sent yet; it is tried again",
		[MAIL_REFUSED] = "the letter was refused for good",
		[MAIL_EXPIRED] = "the letter was given up: its code has ended",
		[MAIL_WITHHELD] = "no letter was written",
	};

	return state < NELEMS(texts) ? texts[state] : "a mailer reported of the letter";
}

static void print_detail(const struct bus_story *row, FILE *out)
{
	const char *between = " (";

	if (row->attempt > 0) {
		fprintf(out, "%sattempt %" PRIu64, between, row->attempt);
		between = ", ";
	}
	if (row->code > 0) {
		fprintf(out, "%scode %" PRIu64, between, row->code);
		between = ", ";
	}
	if (row->detail.len > 0) {
		fputs(between, out);
		/* What mail servers say was escaped by the mailer. */
		if (row->kind == TRAIL_LETTER)
			printable_write_escaped(row->detail, out);
		else
			printable_write(row->detail, out);
		between = ", ";
	}
	if (row->network.len > 0) {
		fprintf(out, "%sfrom ", between);
		printable_write(row->network, out);
		between = ", ";
	}
	if (between[0] == ',')
		fputc(')', out);
}

static void print_row(const struct bus_story *row, FILE *out)
{
	print_time(row->time_ms, out);
	fputs(row->kind == TRAIL_LETTER ? letter_text(row->state)
					: trail_kind_text(row->kind),
	      out);
	if (row->times > 1)
		fprintf(out, ", %" PRIu64 " times within a minute", row->times);
	print_detail(row, out);
	fputs(".\n", out);
}

/* The references of one login: one for each letter. */
static void print_head(const struct bus_story *rows, size_t n, FILE *out)
{
	struct slice email = {NULL, 0}, last = {NULL, 0};
	const char *between = "";

	for (size_t i = 0; i < n; i++) {
		if (email.len == 0)
			email = rows[i].email;
		if (rows[i].reference.len == 0 || slice_equal(rows[i].reference, last))
			continue;
		last = rows[i].reference;
		if (rows[i].kind != TRAIL_ASKED && between[0] != '\0')
			continue;
		fputs(between, out);
		printable_write(last, out);
		between = ", then ";
	}
	fputs(": a login for ", out);
	if (email.len > 0)
		printable_write(email, out);
	else
		fputs("an address that is not known any more", out);
	fputs("; times are UTC\n", out);
}

void story_print(const struct bus_story *rows, size_t n, FILE *out)
{
	print_head(rows, n, out);
	for (size_t i = 0; i < n; i++)
		print_row(&rows[i], out);
}
