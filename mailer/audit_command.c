/* plume-mailer audit list, show and export: one way to read, three to write. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "common/daemon.h"
#include "common/status.h"
#include "mailer/audit_export.h"
#include "mailer/audit_reader.h"
#include "mailer/audit_story.h"
#include "mailer/command.h"
#include "mailer/moment.h"

enum { REFERENCE_HALF = 3, REFERENCE_CAP = sizeof "K7Q-2MX" };

struct options {
	const char *audit, *open_key;
	const char *since, *until, *reference, *address, *kind, *result;
	uint64_t last, format;
	bool json;
};

/* clang-format off */
#define STRING(name, field, fallback, value, help) \
	{name, CONFIG_STRING, offsetof(struct options, field), fallback, 0, 0, NULL, value, help}
#define FILES \
	STRING("audit", audit, "plume-mailer.db", "FILE", "SQLite file of the record"), \
	STRING("open-key", open_key, NULL, "FILE", \
	       "key that opens sealed addresses, when it is not FILE.open-key")
#define FILTERS \
	STRING("since", since, NULL, "TIME", \
	       "rows from then on: 2h (ago), 2026-01-31 or 2026-01-31T14:03 (UTC)"), \
	STRING("until", until, NULL, "TIME", "rows before then"), \
	STRING("reference", reference, NULL, "REFERENCE", "rows of this login"), \
	STRING("address", address, NULL, "ADDRESS", "rows of this address (needs FILE.key)"), \
	STRING("kind", kind, NULL, "KIND", \
	       "rows of this kind: request, attempt, outbox, erased, broken, asked ..."), \
	STRING("result", result, NULL, "STATE", \
	       "rows with this state of the letter: sent, deferred, refused, expired ...")

static const struct config_option list_options[] = {
	FILES, FILTERS,
	{"last", CONFIG_NUMBER, offsetof(struct options, last), "100", 0, 1000000000, NULL, NULL,
	 "how many rows, the newest ones (0: all)"},
	{"json", CONFIG_FLAG, offsetof(struct options, json), NULL, 0, 0, NULL, NULL,
	 "one JSON object per line"},
};
static const struct config_option export_options[] = {
	FILES, FILTERS,
	{"format", CONFIG_CHOICE, offsetof(struct options, format), "csv", 0, 0, "csv|jsonl",
	 NULL, "comma-separated values, or one JSON object per line"},
};
static const struct config_option show_options[] = {FILES};
/* clang-format on */

static const struct config_program list_program = {
	"plume-mailer audit list",
	"Lists rows of the record of login mails.",
	NULL,
	list_options,
	NELEMS(list_options),
	COMMAND_CONFIG_VARIABLE,
	NULL};
static const struct config_program export_program = {
	"plume-mailer audit export",
	"Writes the record for spreadsheets or programs.",
	NULL,
	export_options,
	NELEMS(export_options),
	COMMAND_CONFIG_VARIABLE,
	NULL};
static const struct config_program show_program = {"plume-mailer audit show",
						   "Tells the story of one login.",
						   "REFERENCE",
						   show_options,
						   NELEMS(show_options),
						   COMMAND_CONFIG_VARIABLE,
						   NULL};

/* A reference as people say it or write it down, "k7q 2mx", as it stands in the record.  What is not of
 * that form stays as it is: another broker may have another one. */
static const char *as_written(const char *said, char out[REFERENCE_CAP])
{
	size_t n = 0;

	for (const char *c = said; c != NULL && *c != '\0'; c++) {
		bool is_small = *c >= 'a' && *c <= 'z';
		bool is_sign =
			is_small || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');

		if (!is_sign && *c != '-' && *c != ' ')
			return said;
		if (!is_sign)
			continue;
		if (n == REFERENCE_HALF)
			out[n++] = '-';
		if (n == REFERENCE_CAP - 1)
			return said;
		out[n++] = is_small ? (char)(*c - 'a' + 'A') : *c;
	}
	out[n] = '\0';
	return n == REFERENCE_CAP - 1 ? out : said;
}

struct reading {
	struct audit_reader reader;
	enum audit_format format;
	bool story;
	size_t rows;
};

static void on_row(void *ctx, const struct audit_row *row)
{
	struct reading *r = ctx;
	char address[AUDIT_ADDRESS_CAP];

	audit_read_address(&r->reader, row, address);
	if (r->story)
		audit_story_row(stdout, row, address, r->rows == 0);
	else
		audit_export_row(stdout, r->format, row, address);
	r->rows++;
}

/* Nothing found: 1, as grep does. */
static int read_rows(const struct options *o, const struct audit_filter *f,
		     struct reading *r)
{
	const char *why;
	enum status st = audit_reader_open(o->audit, o->open_key, &r->reader, &why);
	int code;

	if (st == ST_OK && f->address != NULL && !r->reader.has_key) {
		st = ST_ABSENT;
		why = "its FILE.key is not there: no address can be looked for";
	}
	if (st == ST_OK) {
		audit_export_begin(stdout, r->format);
		st = audit_read(&r->reader, f, on_row, r);
		why = status_text(st);
	}
	code = st != ST_OK   ? command_failed(o->audit, why)
	       : r->rows > 0 ? EXIT_SUCCESS
			     : EXIT_FAILURE;
	audit_reader_close(&r->reader);
	if (st == ST_OK && r->rows == 0 && r->story)
		fputs("plume-mailer audit show: the record has no login of this reference\n",
		      stderr);
	if (fflush(stdout) != 0)
		return command_failed("stdout", "cannot be written");
	return code;
}

static bool moment(const struct config_program *program,
		   const struct config_source *source, const char *name, const char *text,
		   uint64_t *out)
{
	*out = 0;
	if (text == NULL || moment_parse(slice_of(text), daemon_wall_ms(), out) == ST_OK)
		return true;
	config_complain(program, source,
			"--%s is not a time like 2h, 2026-01-31 or 2026-01-31T14:03",
			name);
	return false;
}

static int run(const struct config_program *program, int argc, char **argv, bool story)
{
	struct config_source source = {argc, argv, command_env, stdout, stderr};
	struct options o = {0};
	struct audit_filter f = {0};
	struct reading r = {.story = story};
	const char *operand;
	char written[REFERENCE_CAP];
	int code;
	enum config_outcome outcome = command_load(program, &source, &o, &operand, &code);

	if (outcome != CONFIG_RUN && outcome != CONFIG_CHECK)
		return code;
	if (!moment(program, &source, "since", o.since, &f.since_ms) ||
	    !moment(program, &source, "until", o.until, &f.until_ms))
		return COMMAND_USAGE;
	if (outcome == CONFIG_CHECK)
		return EXIT_SUCCESS;
	f.reference = as_written(operand != NULL ? operand : o.reference, written);
	f.kind = o.kind;
	f.result = o.result;
	f.address = o.address;
	f.newest = o.last;
	f.by_time = story;
	if (program == &export_program)
		r.format = o.format == 0 ? FORMAT_CSV : FORMAT_JSONL;
	else
		r.format = o.json ? FORMAT_JSONL : FORMAT_TEXT;
	return read_rows(&o, &f, &r);
}

int command_audit_list(int argc, char **argv)
{
	return run(&list_program, argc, argv, false);
}

int command_audit_export(int argc, char **argv)
{
	return run(&export_program, argc, argv, false);
}

int command_audit_show(int argc, char **argv)
{
	return run(&show_program, argc, argv, true);
}
