/* Columns of one width, what may be as wide as it likes last. */
#include "ctl/report_bans.h"

#include <time.h>

#include "ctl/printable.h"

/* In UTC, to the minute. */
static void print_time(uint64_t ms, FILE *out)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];

	if (gmtime_r(&seconds, &tm) != NULL &&
	    strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm) > 0)
		fprintf(out, "%-18s", text);
	else
		fputs("-                 ", out);
}

void report_bans_print(const struct bus_banned *bans, size_t n, struct slice more,
		       FILE *out)
{
	fputs("what     since (UTC)       until             value\n", out);
	for (size_t i = 0; i < n; i++) {
		const struct bus_banned *b = &bans[i];

		fprintf(out, "%-9s", ban_kind_name(b->what));
		if (b->by_option)
			fputs("by an option      ", out);
		else
			print_time(b->since_ms, out);
		if (b->until_ms == 0)
			fputs("it is lifted      ", out);
		else
			print_time(b->until_ms, out);
		printable_write(b->value, out);
		if (b->reason.len > 0)
			fputs(": ", out);
		printable_write(b->reason, out);
		fputc('\n', out);
	}
	if (more.len > 0) {
		printable_write(more, out);
		fputc('\n', out);
	}
}

json_t *report_bans_json(const struct bus_banned *bans, size_t n, struct slice more)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct bus_banned *b = &bans[i];

		json_array_append_new(
			list,
			json_pack("{ss ss% sI sI ss% sb}", "what", ban_kind_name(b->what),
				  "value", b->value.ptr, b->value.len, "since_ms",
				  (json_int_t)b->since_ms, "until_ms",
				  (json_int_t)b->until_ms, "reason", b->reason.ptr,
				  b->reason.len, "by_option", (int)b->by_option));
	}
	return json_pack("{so sb}", "bans", list, "more", (int)(more.len > 0));
}
