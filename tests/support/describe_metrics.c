/* describe_metrics: the tables of docs/OPERATIONS.md, from the tables that the programs use.
 *
 *	describe_metrics metrics-process|metrics-broker|metrics-gateway|metrics-mailer
 *
 * Writes one of them in Markdown; script/protocol puts it where it belongs. */
#include <stdio.h>
#include <string.h>

#include "common/attr.h"

struct row {
	const char *name, *label, *kind, *help, *advice;
};

#define COUNTER(field, name, help, advice) {name, NULL, "counter", help, advice},
#define GAUGE(field, name, help, advice) {name, NULL, "gauge", help, advice},
#define COUNTERS(field, n, label, values, name, help, advice) \
	{name, label, "counter", help, advice},
#define HISTOGRAM(field, buckets, name, help, advice) \
	{name, NULL, "histogram", help, advice},

static const struct row process[] = {
#include "common/process_metrics.def"
};
static const struct row broker[] = {
#include "broker/broker_metrics.def"
};
static const struct row gateway[] = {
#include "gateway/gateway_metrics.def"
};
static const struct row mailer[] = {
#include "mailer/mailer_metrics.def"
};

static const struct {
	const char *name;
	const struct row *rows;
	size_t n;
} tables[] = {
	{"metrics-process", process, NELEMS(process)},
	{"metrics-broker", broker, NELEMS(broker)},
	{"metrics-gateway", gateway, NELEMS(gateway)},
	{"metrics-mailer", mailer, NELEMS(mailer)},
};

static void print_rows(const struct row *rows, size_t n)
{
	fputs("| metric | type | what it is | what to do |\n|---|---|---|---|\n", stdout);
	for (size_t i = 0; i < n; i++) {
		printf("| `%s", rows[i].name);
		if (rows[i].label != NULL)
			printf("{%s}", rows[i].label);
		printf("` | %s | %s | %s |\n", rows[i].kind, rows[i].help,
		       strcmp(rows[i].advice, "-") == 0 ? "" : rows[i].advice);
	}
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < NELEMS(tables); i++) {
		if (strcmp(argv[1], tables[i].name) == 0) {
			print_rows(tables[i].rows, tables[i].n);
			return 0;
		}
	}
	fputs("usage: describe_metrics metrics-process|metrics-broker|metrics-gateway|"
	      "metrics-mailer\n",
	      stderr);
	return 2;
}
