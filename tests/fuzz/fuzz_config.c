/* A command line and environment of any words: they are refused, or each value is within its limits. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "common/config.h"
#include "common/memory.h"
#include "tests/fuzz/fuzz.h"

struct settings {
	const char *state;
	uint64_t history, code_ttl_ms, sync;
	bool verbose;
	struct config_list origin;
};

#define OPTION(member, option_name, option_kind)  \
	.name = option_name, .kind = option_kind, \
	.offset = offsetof(struct settings, member)

static const struct config_option options[] = {
	{OPTION(state, "state", CONFIG_STRING), .fallback = ":memory:", .value = "FILE",
	 .help = "where"},
	{OPTION(history, "history", CONFIG_NUMBER), .fallback = "200", .max = 10000,
	 .help = "how many"},
	{OPTION(code_ttl_ms, "code-ttl", CONFIG_DURATION), .fallback = "10m",
	 .min = 30000, .max = 3600000, .help = "how long"},
	{OPTION(sync, "sync", CONFIG_CHOICE), .fallback = "normal",
	 .choices = "off|normal|full", .help = "which"},
	{OPTION(verbose, "verbose", CONFIG_FLAG), .help = "whether"},
	{OPTION(origin, "origin", CONFIG_LIST), .value = "HOST", .help = "who"},
};

static const struct config_program program = {
	"plume-test", "is fuzzed", "WORDS", options, NELEMS(options), NULL,
};

enum { WORDS_MAX = 80 };

static char *from_environment; /* the value of PLUME_HISTORY */

static const char *variable(const char *name)
{
	return strcmp(name, "PLUME_HISTORY") == 0 ? from_environment : NULL;
}

/* Cuts the input at its newlines; the last word is the environment's. */
static int words_of(char *text, char *words[WORDS_MAX])
{
	static char name[] = "plume-test";
	int n = 0;

	words[n++] = name;
	for (char *at = strtok(text, "\n"); at != NULL && n < WORDS_MAX - 1;
	     at = strtok(NULL, "\n"))
		words[n++] = at;
	from_environment = n > 2 ? words[--n] : NULL;
	words[n] = NULL;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xcalloc(1, size + 1), *words[WORDS_MAX];
	FILE *nowhere = fopen("/dev/null", "w");
	struct settings s;
	struct config_source source = {.env = variable, .out = nowhere, .err = nowhere};
	enum config_outcome outcome;
	int operands = 0;

	assert(nowhere != NULL);
	if (size > 0)
		memcpy(text, data, size);
	source.argc = words_of(text, words);
	source.argv = words;
	/* What names a file would read one. */
	for (int i = 1; i < source.argc; i++) {
		if (strstr(words[i], "config") != NULL)
			goto out;
	}
	outcome = config_load(&program, &source, &s, &operands);
	assert(outcome <= CONFIG_BAD);
	if (outcome == CONFIG_RUN) {
		assert(s.history <= 10000 && s.sync <= 2 && s.state != NULL);
		assert(s.code_ttl_ms >= 30000 && s.code_ttl_ms <= 3600000);
		assert(s.origin.n <= CONFIG_LIST_MAX);
		for (size_t i = 0; i < s.origin.n; i++)
			assert(s.origin.items[i] != NULL);
		assert(operands >= 1 && operands <= source.argc);
	}
out:
	(void)fclose(nowhere);
	free(text);
	return 0;
}
