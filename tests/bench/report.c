/* A list in the order of adding. */
#include "tests/bench/report.h"

#include <assert.h>
#include <string.h>

#include "common/memory.h"

void report_add(struct report *r, const char *name, double value)
{
	assert(r->n < REPORT_MAX);
	if (!fmt(r->rows[r->n].name, REPORT_NAME, "%s", name))
		assert(0 && "the name is too long");
	r->rows[r->n++].value = value;
}

void report_add_times(struct report *r, const char *name, const struct histogram *h)
{
	char full[REPORT_NAME];

	if (fmt(full, sizeof full, "%s_p50_ms", name))
		report_add(r, full, (double)histogram_at(h, 0.50) / 1e6);
	if (fmt(full, sizeof full, "%s_p99_ms", name))
		report_add(r, full, (double)histogram_at(h, 0.99) / 1e6);
	if (fmt(full, sizeof full, "%s_max_ms", name))
		report_add(r, full, (double)h->most / 1e6);
}

double report_get(const struct report *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->rows[i].name, name) == 0)
			return r->rows[i].value;
	}
	return 0;
}

void report_print(const struct report *r, bool as_json, FILE *out)
{
	if (as_json)
		fprintf(out, "{\"mode\":\"%s\",\"good\":%s", r->mode,
			r->is_bad ? "false" : "true");
	else
		fprintf(out, "%s: %s\n", r->mode, r->is_bad ? "BAD" : "good");
	for (size_t i = 0; i < r->n; i++) {
		if (as_json)
			fprintf(out, ",\"%s\":%.10g", r->rows[i].name, r->rows[i].value);
		else
			fprintf(out, "  %-34s %.6g\n", r->rows[i].name, r->rows[i].value);
	}
	if (as_json)
		fputs("}\n", out);
	fflush(out);
}
