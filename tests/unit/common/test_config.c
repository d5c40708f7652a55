/* test_config.c - a small program's options from every source, and every complaint. */
#include "common/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/memory.h"

struct settings {
	const char *state;
	uint64_t history;
	uint64_t code_ttl_ms;
	uint64_t sync;
	bool verbose;
	bool metrics;
	struct config_list origin;
	const char *key;
};

#define OPTION(member, option_name, option_kind)  \
	.name = option_name, .kind = option_kind, \
	.offset = offsetof(struct settings, member)

static const struct config_option options[] = {
	{OPTION(state, "state", CONFIG_STRING), .fallback = ":memory:", .value = "FILE",
	 .help = "where the room is kept"},
	{OPTION(history, "history", CONFIG_NUMBER), .fallback = "200", .max = 10000,
	 .help = "posts kept for newcomers"},
	{OPTION(code_ttl_ms, "code-ttl", CONFIG_DURATION), .fallback = "10m",
	 .min = 30000, .max = 3600000, .help = "how long a login code is valid"},
	{OPTION(sync, "sync", CONFIG_CHOICE), .fallback = "normal",
	 .choices = "off|normal|full", .help = "what a commit waits for"},
	{OPTION(verbose, "verbose", CONFIG_FLAG), .help = "say more"},
	{OPTION(metrics, "metrics", CONFIG_FLAG), .fallback = "yes",
	 .help = "count things"},
	{OPTION(origin, "origin", CONFIG_LIST), .fallback = "a.example,b.example",
	 .value = "HOST", .help = "an allowed origin"},
	{OPTION(key, "key", CONFIG_SECRET), .help = ".the \\key of \"all\""},
};

static const struct config_program program = {
	"plume-test", "tests options", NULL, options, NELEMS(options), NULL, NULL};

static const struct config_program program_with_operands = {
	"plume-test", "tests options", "COMMAND [WORD]...",
	options,      NELEMS(options), NULL,
	NULL};

static const struct config_program program_that_mixes = {
	"plume-test", "tests options", "COMMAND [WORD]...",
	options,      NELEMS(options), NULL,
	"say"};

enum { VARIABLES_MAX = 4 };

/* What a test sets before load() and reads after it. */
static struct {
	struct settings settings;
	const char *variables[VARIABLES_MAX][2];
	char *out;
	char *err;
	int operands;
	char dir[64];
	char file[128];
} t;

static const char *fake_env(const char *name)
{
	for (size_t i = 0; i < VARIABLES_MAX && t.variables[i][0] != NULL; i++) {
		if (strcmp(t.variables[i][0], name) == 0)
			return t.variables[i][1];
	}
	return NULL;
}

static void set_variable(const char *name, const char *value)
{
	size_t i = 0;

	while (t.variables[i][0] != NULL)
		i++;
	assert_true(i < VARIABLES_MAX);
	t.variables[i][0] = name;
	t.variables[i][1] = value;
}

static void forget(void)
{
	memset(t.variables, 0, sizeof t.variables);
	free(t.out);
	free(t.err);
	t.out = NULL;
	t.err = NULL;
}

static enum config_outcome load_as(const struct config_program *p, char **argv)
{
	size_t out_len;
	size_t err_len;
	struct config_source source = {.argv = argv, .env = fake_env};
	enum config_outcome outcome;

	free(t.out);
	free(t.err);
	while (argv[source.argc] != NULL)
		source.argc++;
	source.out = open_memstream(&t.out, &out_len);
	source.err = open_memstream(&t.err, &err_len);
	memset(&t.settings, 0xaa, sizeof t.settings);
	outcome = config_load(p, &source, &t.settings, &t.operands);
	fclose(source.out);
	fclose(source.err);
	return outcome;
}

/* load("--history", "5"): the outcome of that command line. */
#define LOAD_AS(p, ...) load_as(p, (char *[]){"plume-test", __VA_ARGS__, NULL})
#define LOAD(...) LOAD_AS(&program, __VA_ARGS__)
#define LOAD_NOTHING() load_as(&program, (char *[]){"plume-test", NULL})

static int set_up(void **state)
{
	(void)state;
	if (!fmt(t.dir, sizeof t.dir, "/tmp/plume-test-XXXXXX") || mkdtemp(t.dir) == NULL)
		return -1;
	return fmt(t.file, sizeof t.file, "%s/key", t.dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	forget();
	unlink(t.file);
	return rmdir(t.dir);
}

static void write_key(const char *bytes, size_t len, mode_t mode)
{
	int fd = open(t.file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void fallbacks_stand_where_nothing_is_said(void **state)
{
	(void)state;
	assert_int_equal(LOAD_NOTHING(), CONFIG_RUN);
	assert_string_equal(t.settings.state, ":memory:");
	assert_int_equal(t.settings.history, 200);
	assert_int_equal(t.settings.code_ttl_ms, 600000);
	assert_int_equal(t.settings.sync, 1);
	assert_false(t.settings.verbose);
	assert_true(t.settings.metrics);
	assert_int_equal(t.settings.origin.n, 2);
	assert_string_equal(t.settings.origin.items[1], "b.example");
	assert_null(t.settings.key);
	assert_string_equal(t.err, "");
	assert_int_equal(t.operands, 1);
}

static void the_command_line_beats_the_environment_beats_the_fallback(void **state)
{
	(void)state;
	set_variable("PLUME_HISTORY", "5");
	set_variable("PLUME_CODE_TTL", "2m");
	set_variable("PLUME_ORIGIN", "x, y ,z");
	set_variable("PLUME_VERBOSE", "yes");
	assert_int_equal(LOAD("--code-ttl", "1m"), CONFIG_RUN);
	assert_int_equal(t.settings.history, 5);
	assert_int_equal(t.settings.code_ttl_ms, 60000);
	assert_int_equal(t.settings.origin.n, 3);
	assert_string_equal(t.settings.origin.items[1], "y");
	assert_true(t.settings.verbose);

	assert_int_equal(LOAD("--origin", "p", "--no-verbose", "--origin=q,r"),
			 CONFIG_RUN);
	assert_int_equal(t.settings.origin.n, 2);
	assert_string_equal(t.settings.origin.items[0], "p");
	assert_string_equal(t.settings.origin.items[1], "q,r");
	assert_false(t.settings.verbose);
}

static void a_later_value_replaces_an_earlier_one(void **state)
{
	(void)state;
	assert_int_equal(LOAD("--history=1", "--sync", "off", "--history", "2",
			      "--verbose", "--no-verbose", "--sync=full", "--state="),
			 CONFIG_RUN);
	assert_int_equal(t.settings.history, 2);
	assert_int_equal(t.settings.sync, 2);
	assert_false(t.settings.verbose);
	assert_string_equal(t.settings.state, "");
}

static void an_empty_or_foreign_variable_is_not_there(void **state)
{
	(void)state;
	set_variable("PLUME_HISTORY", "");
	set_variable("PLUME_KEY", "");
	set_variable("PLUME_KEY_FILE", "");
	set_variable("PLUME_OF_ANOTHER_PROGRAM", "x");
	assert_int_equal(LOAD_NOTHING(), CONFIG_RUN);
	assert_int_equal(t.settings.history, 200);
	assert_null(t.settings.key);
}

/* Loads, and says the operands that were found, with spaces between them. */
static const char *operands_of(enum config_outcome expected, char **argv)
{
	static char text[128];

	text[0] = '\0';
	assert_int_equal(load_as(&program_that_mixes, argv), expected);
	for (int i = t.operands; expected == CONFIG_RUN && argv[i] != NULL; i++) {
		strcat(text, text[0] == '\0' ? "" : " ");
		strcat(text, argv[i]);
	}
	return text;
}

#define WORDS(...) ((char *[]){"plume-test", __VA_ARGS__, NULL})

static void options_may_stand_behind_operands(void **state)
{
	(void)state;
	assert_string_equal(operands_of(CONFIG_RUN, WORDS("status", "--verbose")),
			    "status");
	assert_true(t.settings.verbose);
	assert_string_equal(
		operands_of(CONFIG_RUN, WORDS("kick", "--history", "3", "ann", "lee",
					      "--verbose", "--code-ttl=1m")),
		"kick ann lee");
	assert_int_equal(t.settings.history, 3);
	assert_int_equal(t.settings.code_ttl_ms, 60000);
	assert_true(t.settings.verbose);
	assert_string_equal(operands_of(CONFIG_RUN, WORDS("--history", "3", "kick", "--",
							  "--verbose", "-")),
			    "kick --verbose -");
	assert_false(t.settings.verbose);
	assert_string_equal(operands_of(CONFIG_RUN, WORDS("a", "-", "--verbose")), "a -");
	operands_of(CONFIG_BAD, WORDS("kick", "ann", "--bogus"));
	operands_of(CONFIG_BAD, WORDS("kick", "ann", "--history"));
}

static void a_text_is_not_read_for_options(void **state)
{
	(void)state;
	assert_string_equal(operands_of(CONFIG_RUN, WORDS("say", "--verbose", "it", "is",
							  "--history", "3")),
			    "say it is --history 3");
	assert_true(t.settings.verbose);
	assert_int_equal(t.settings.history, 200);
	assert_string_equal(operands_of(CONFIG_RUN, WORDS("say", "--", "-5", "degrees")),
			    "say -5 degrees");
	assert_string_equal(
		operands_of(CONFIG_RUN, WORDS("why", "say", "x", "--verbose")),
		"why say x");
}

static void options_end_at_an_operand_or_two_dashes(void **state)
{
	(void)state;
	assert_int_equal(
		LOAD_AS(&program_with_operands, "--history", "3", "say", "--bogus"),
		CONFIG_RUN);
	assert_int_equal(t.operands, 3);
	assert_int_equal(LOAD_AS(&program_with_operands, "--", "--history"), CONFIG_RUN);
	assert_int_equal(t.operands, 2);
	assert_int_equal(LOAD_AS(&program_with_operands, "-", "x"), CONFIG_RUN);
	assert_int_equal(t.operands, 1);
	assert_int_equal(LOAD("--"), CONFIG_RUN);
	assert_int_equal(t.operands, 2);
}

static void bad_command_lines_are_refused_with_one_line(void **state)
{
	static const struct {
		char *arguments[3]; /* argv is not const */
		const char *complaint;
	} cases[] = {
		{{"--stat"}, "unknown option --stat; did you mean --state?"},
		{{"--hsitory=5"}, "unknown option --hsitory; did you mean --history?"},
		{{"-help"}, "unknown option -help; did you mean --help?"},
		{{"-h"}, "unknown option -h; see --help"},
		{{"--no-metric"},
		 "unknown option --no-metric; did you mean --no-metrics?"},
		{{"--bananas"}, "unknown option --bananas; see --help"},
		{{"--\x1b[2J"}, "unknown option --\\x1b[2J; see --help"},
		{{"--history"}, "--history needs a value"},
		{{"--history", "12x"},
		 "--history: \"12x\" is not a number from 0 to 10000"},
		{{"--history=10001"},
		 "--history: \"10001\" is not a number from 0 to 10000"},
		{{"--history=\n"},
		 "--history: \"\\x0a\" is not a number from 0 to 10000"},
		{{"--code-ttl", "29s"},
		 "--code-ttl: \"29s\" is not a duration from 30s to 1h (units: ms, s, m, "
		 "h, "
		 "d)"},
		{{"--sync", "fast"}, "--sync: \"fast\" is not one of off, normal, full"},
		{{"--sync="}, "--sync: \"\" is not one of off, normal, full"},
		{{"--verbose=yes"}, "--verbose takes no value"},
		{{"--help=me"}, "--help takes no value"},
		{{"--no-history"},
		 "unknown option --no-history; did you mean --history?"},
		{{"--origin", ""},
		 "--origin: \"\" is not a list of at most 64 items, none of them empty"},
		{{"--key", "hush"},
		 "--key: a secret is not taken from the command line; use --key-file or "
		 "PLUME_KEY"},
		{{"operand"}, "unexpected operand operand; see --help"},
		{{"--", "--x"}, "unexpected operand --x; see --help"},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char *argv[4] = {"plume-test"};
		char *expected = xasprintf("plume-test: %s\n", cases[i].complaint);

		for (size_t j = 0; j < 2; j++)
			argv[j + 1] = cases[i].arguments[j];
		assert_int_equal(load_as(&program, argv), CONFIG_BAD);
		assert_string_equal(t.err, expected);
		assert_string_equal(t.out, "");
		free(expected);
	}
}

static void bad_variables_are_refused_by_their_own_name(void **state)
{
	static const struct {
		const char *name, *value, *complaint;
	} cases[] = {
		{"PLUME_HISTORY", "-1",
		 "PLUME_HISTORY: \"-1\" is not a number from 0 to 10000"},
		{"PLUME_VERBOSE", "true", "PLUME_VERBOSE: \"true\" is not yes or no"},
		{"PLUME_ORIGIN", "a,,b",
		 "PLUME_ORIGIN: \"a,,b\" is not a list of at most 64 items, none of them "
		 "empty"},
		{"PLUME_KEY_FILE", "/nonexistent/key",
		 "PLUME_KEY_FILE: \"/nonexistent/key\": No such file or directory"},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char *expected = xasprintf("plume-test: %s\n", cases[i].complaint);

		forget();
		set_variable(cases[i].name, cases[i].value);
		assert_int_equal(LOAD_NOTHING(), CONFIG_BAD);
		assert_string_equal(t.err, expected);
		free(expected);
	}
}

static void a_list_is_bounded(void **state)
{
	char commas[2 * (CONFIG_LIST_MAX + 1)];

	(void)state;
	for (size_t i = 0; i < sizeof commas; i++)
		commas[i] = i % 2 == 0 ? 'x' : ',';
	set_variable("PLUME_ORIGIN", commas);
	commas[2 * CONFIG_LIST_MAX - 1] = '\0';
	assert_int_equal(LOAD_NOTHING(), CONFIG_RUN);
	assert_int_equal(t.settings.origin.n, CONFIG_LIST_MAX);

	commas[2 * CONFIG_LIST_MAX - 1] = ',';
	commas[2 * CONFIG_LIST_MAX + 1] = '\0';
	assert_int_equal(LOAD_NOTHING(), CONFIG_BAD);
}

static void a_secret_comes_from_a_variable_or_a_file(void **state)
{
	(void)state;
	set_variable("PLUME_KEY", "from env");
	assert_int_equal(LOAD_NOTHING(), CONFIG_RUN);
	assert_string_equal(t.settings.key, "from env");

	write_key("from file\nrest", 14, 0600);
	assert_int_equal(LOAD("--key-file", t.file), CONFIG_RUN);
	assert_string_equal(t.settings.key, "from file");

	write_key("pw\r\n", 4, 0600);
	assert_int_equal(LOAD("--key-file", t.file), CONFIG_RUN);
	assert_string_equal(t.settings.key, "pw");

	forget();
	set_variable("PLUME_KEY_FILE", t.file);
	write_key("no newline", 10, 0400);
	assert_int_equal(LOAD_NOTHING(), CONFIG_RUN);
	assert_string_equal(t.settings.key, "no newline");

	set_variable("PLUME_KEY", "x");
	assert_int_equal(LOAD_NOTHING(), CONFIG_BAD);
	assert_string_equal(t.err,
			    "plume-test: PLUME_KEY and PLUME_KEY_FILE are both set; set "
			    "one of them\n");
}

static void a_careless_secret_file_is_refused(void **state)
{
	static char large[4097];
	static const struct {
		const char *bytes;
		size_t len;
		mode_t mode;
		const char *why;
	} cases[] = {
		{"hush\n", 5, 0640, "by others than its owner"},
		{"hush\n", 5, 0604, "by others than its owner"},
		{"hush\n", 5, 0620, "by others than its owner"},
		{"", 0, 0600, "is empty"},
		{"\nhush\n", 6, 0600, "has an empty first line"},
		{"\r\nhush\n", 7, 0600, "has an empty first line"},
		{"hu\0sh\n", 6, 0600, "has a NUL byte"},
		{large, sizeof large, 0600, "is larger than 4096 bytes"},
	};

	(void)state;
	memset(large, 'x', sizeof large);
	for (size_t i = 0; i < NELEMS(cases); i++) {
		write_key(cases[i].bytes, cases[i].len, cases[i].mode);
		assert_int_equal(LOAD("--key-file", t.file), CONFIG_BAD);
		assert_non_null(
			strstr(t.err, "plume-test: --key-file: \"/tmp/plume-test-"));
		assert_non_null(strstr(t.err, cases[i].why));
		assert_null(strstr(t.err, "hush"));
	}

	assert_int_equal(LOAD("--key-file", t.dir), CONFIG_BAD);
	assert_non_null(strstr(t.err, "is not a regular file"));
	unlink(t.file);
	assert_int_equal(mkfifo(t.file, 0600), 0);
	assert_int_equal(LOAD("--key-file", t.file), CONFIG_BAD);
	assert_non_null(strstr(t.err, "is not a regular file"));
	unlink(t.file);
}

static void help_and_version_work_in_any_environment(void **state)
{
	static const char *const expected[] = {
		"Usage: plume-test [OPTION]... COMMAND [WORD]...\ntests options\n",
		"  --state FILE\n        where the room is kept\n",
		"        [default :memory:; PLUME_STATE]\n",
		"  --history NUMBER\n",
		"[a number from 0 to 10000; default 200; PLUME_HISTORY]\n",
		"  --sync off|normal|full\n",
		"  --verbose, --no-verbose\n        say more\n        [default no; ",
		"  --origin HOST (repeatable)\n",
		"  --key-file FILE\n",
		"[PLUME_KEY or PLUME_KEY_FILE]\n",
		"  --help\n",
		"  --version\n",
		"  --check-config\n",
	};

	(void)state;
	set_variable("PLUME_HISTORY", "nonsense");
	assert_int_equal(LOAD_AS(&program_with_operands, "--help"), CONFIG_DONE);
	for (size_t i = 0; i < NELEMS(expected); i++)
		assert_non_null(strstr(t.out, expected[i]));
	assert_null(strstr(t.out, "mdoc"));
	assert_string_equal(t.err, "");

	assert_int_equal(LOAD("--version"), CONFIG_DONE);
	assert_string_equal(t.out, "plume-test 0.1.0 (bus 1.2)\n");
}

static void the_manual_list_has_every_option_escaped(void **state)
{
	static const char *const expected[] = {
		".Bl -tag -width Ds\n.It Fl Fl state Ar \"\\&FILE\"\nWhere the room is kept.\n",
		"The default is\n.Ql \"\\&:memory:\\&\" .\nEnvironment:\n.Ev PLUME_STATE .\n",
		".It Fl Fl verbose , Fl Fl no-verbose\n",
		".It Fl Fl key-file Ar FILE\n\\&.the \\ekey of \"all\".\n",
		".It Fl Fl check-config\n",
		".El\n",
	};

	(void)state;
	assert_int_equal(LOAD("--help-mdoc"), CONFIG_DONE);
	for (size_t i = 0; i < NELEMS(expected); i++)
		assert_non_null(strstr(t.out, expected[i]));
}

/* systemd 254 and later: mode 0440 by the mask of an access list. */
static void b7_what_systemd_hands_over_may_be_readable_by_its_group(void **state)
{
	char inner[sizeof t.dir + 8];

	(void)state;
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", t.dir, 1), 0);
	write_key("handed over\n", 12, 0440);
	assert_int_equal(LOAD("--key-file", t.file), CONFIG_RUN);
	assert_string_equal(t.settings.key, "handed over");
	write_key("handed over\n", 12, 0444);
	assert_int_equal(LOAD("--key-file", t.file), CONFIG_BAD);
	write_key("handed over\n", 12, 0460);
	assert_int_equal(LOAD("--key-file", t.file), CONFIG_BAD);

	write_key("handed over\n", 12, 0440);
	assert_true(fmt(inner, sizeof inner, "%.*s", (int)strlen(t.dir) - 1, t.dir));
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", inner, 1), 0);
	assert_int_equal(LOAD("--key-file", t.file), CONFIG_BAD);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/tmp", 1), 0);
	assert_int_equal(LOAD("--key-file", t.file), CONFIG_BAD);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "", 1), 0);
	assert_int_equal(LOAD("--key-file", t.file), CONFIG_BAD);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(LOAD("--key-file", t.file), CONFIG_BAD);
}

static void a_check_prints_values_and_origins_but_no_secrets(void **state)
{
	(void)state;
	set_variable("PLUME_KEY", "hush");
	set_variable("PLUME_SYNC", "full");
	assert_int_equal(
		LOAD("--check-config", "--code-ttl=90", "--origin=x", "--origin=y"),
		CONFIG_CHECK);
	assert_string_equal(t.out, "state = :memory:    # default\n"
				   "history = 200    # default\n"
				   "code-ttl = 90s    # command line\n"
				   "sync = full    # environment\n"
				   "verbose = no    # default\n"
				   "metrics = yes    # default\n"
				   "origin = x,y    # command line\n"
				   "key = ***    # environment\n");
	assert_int_equal(t.settings.code_ttl_ms, 90000);

	assert_int_equal(LOAD("--check-config", "--sync=x"), CONFIG_BAD);
	assert_string_equal(t.out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(fallbacks_stand_where_nothing_is_said),
		TEST(the_command_line_beats_the_environment_beats_the_fallback),
		TEST(a_later_value_replaces_an_earlier_one),
		TEST(an_empty_or_foreign_variable_is_not_there),
		TEST(options_end_at_an_operand_or_two_dashes),
		TEST(options_may_stand_behind_operands),
		TEST(a_text_is_not_read_for_options),
		TEST(bad_command_lines_are_refused_with_one_line),
		TEST(bad_variables_are_refused_by_their_own_name),
		TEST(a_list_is_bounded),
		TEST(a_secret_comes_from_a_variable_or_a_file),
		TEST(a_careless_secret_file_is_refused),
		TEST(b7_what_systemd_hands_over_may_be_readable_by_its_group),
		TEST(help_and_version_work_in_any_environment),
		TEST(the_manual_list_has_every_option_escaped),
		TEST(a_check_prints_values_and_origins_but_no_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
