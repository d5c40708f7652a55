/* test_config_file.c - what a file of options may say, who comes before it, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/config.h"
#include "common/config_file.h"
#include "common/config_reload.h"
#include "common/log.h"
#include "common/memory.h"

struct settings {
	const char *state, *key;
	uint64_t history, grace;
	bool verbose;
	struct config_list origins;
};

#define AT(field) offsetof(struct settings, field)

static const struct config_option options[] = {
	{"state", CONFIG_STRING, AT(state), "room.db", 0, 0, NULL, NULL, "a"},
	{"history", CONFIG_NUMBER, AT(history), "5", 1, 100, NULL, NULL, "b"},
	{"grace", CONFIG_DURATION, AT(grace), "30s", 0, 3600000, NULL, NULL, "c"},
	{"verbose", CONFIG_FLAG, AT(verbose), "no", 0, 0, NULL, NULL, "d"},
	{"origin", CONFIG_LIST, AT(origins), NULL, 0, 0, NULL, NULL, "e"},
	{"key", CONFIG_SECRET, AT(key), NULL, 0, 0, NULL, NULL, "f"},
};

static const struct config_program program = {
	"plume-test", "tests files", NULL, options, NELEMS(options), NULL, NULL};

static struct {
	char path[64], other[64];
	const char *history; /* PLUME_HISTORY */
	char *err, *out;
	struct settings settings;
} t;

static const char *fake_env(const char *name)
{
	if (strcmp(name, "PLUME_CONFIG") == 0)
		return t.path;
	return strcmp(name, "PLUME_HISTORY") == 0 ? t.history : NULL;
}

static void write_file(const char *path, const char *text, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

#define WRITE(text) write_file(t.path, text, strlen(text), 0644)

static enum config_outcome load_argv(int argc, char **argv, struct settings *s)
{
	size_t err_len, out_len;
	struct config_source source = {argc, argv, fake_env, NULL, NULL};
	enum config_outcome outcome;
	int operands;

	free(t.err);
	free(t.out);
	source.err = open_memstream(&t.err, &err_len);
	source.out = open_memstream(&t.out, &out_len);
	outcome = config_load(&program, &source, s, &operands);
	fclose(source.err);
	fclose(source.out);
	return outcome;
}

static enum config_outcome load(void)
{
	return load_argv(1, (char *[]){"plume-test", NULL}, &t.settings);
}

static int set_up(void **state)
{
	int fd;

	(void)state;
	memset(&t, 0, sizeof t);
	memcpy(t.path, "/tmp/plume-conf-XXXXXX", sizeof "/tmp/plume-conf-XXXXXX");
	fd = mkstemp(t.path);
	if (fd < 0)
		return -1;
	close(fd);
	return fmt(t.other, sizeof t.other, "%s.other", t.path) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(t.path);
	unlink(t.other);
	free(t.err);
	free(t.out);
	return 0;
}

static void every_kind_is_read(void **state)
{
	(void)state;
	WRITE("# a comment\n\n  state =  some where.db  \nhistory=7\n"
	      "grace = 10m\nverbose = yes\norigin = a.example, b.example\norigin = c.example");
	assert_int_equal(load(), CONFIG_RUN);
	assert_string_equal(t.settings.state, "some where.db");
	assert_int_equal(t.settings.history, 7);
	assert_int_equal(t.settings.grace, 600000);
	assert_true(t.settings.verbose);
	assert_int_equal(t.settings.origins.n, 3);
	assert_string_equal(t.settings.origins.items[2], "c.example");
}

static void the_environment_and_the_command_line_come_before_it(void **state)
{
	(void)state;
	WRITE("history = 7\nstate = file.db\norigin = a\n");
	t.history = "8";
	assert_int_equal(load(), CONFIG_RUN);
	assert_int_equal(t.settings.history, 8);
	assert_string_equal(t.settings.state, "file.db");
	assert_int_equal(load_argv(5,
				   (char *[]){"plume-test", "--state", "line.db",
					      "--origin", "b", NULL},
				   &t.settings),
			 CONFIG_RUN);
	assert_string_equal(t.settings.state, "line.db");
	assert_int_equal(t.settings.origins.n, 1);
	assert_string_equal(t.settings.origins.items[0], "b");
}

static void the_command_line_names_another_file(void **state)
{
	(void)state;
	WRITE("history = 7\n");
	write_file(t.other, "history = 9\n", 12, 0644);
	assert_int_equal(load_argv(3, (char *[]){"plume-test", "--config", t.other, NULL},
				   &t.settings),
			 CONFIG_RUN);
	assert_int_equal(t.settings.history, 9);
}

static void check_config_tells_what_is_from_it(void **state)
{
	(void)state;
	WRITE("history = 7\n");
	assert_int_equal(load_argv(2, (char *[]){"plume-test", "--check-config", NULL},
				   &t.settings),
			 CONFIG_CHECK);
	assert_non_null(strstr(t.out, "history = 7    # file\n"));
	assert_non_null(strstr(t.out, "state = room.db    # default\n"));
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *complaint;
	} bad[] = {
		{"\nhistory = 7\nhistori = 8\n",
		 ":3: unknown option \"histori\"; did you mean history?"},
		{"history\n", ":1: is not NAME = VALUE"},
		{"history = 7\nhistory = 8\n", ":2: history is given twice"},
		{"history = 0\n", ":1: history: \"0\" is not a number from 1 to 100"},
		{"verbose = 1\n", ":1: verbose: \"1\" is not yes or no"},
		{"no-verbose = yes\n", ":1: \"no-verbose\" is for the command line only"},
		{"config = x\n", ":1: \"config\" is for the command line only"},
		{"nothing-of-the-kind = x\n",
		 ":1: unknown option \"nothing-of-the-kind\"; see --help"},
		{"--history = 7\n", ":1: unknown option"},
		{" = 7\n", ":1: unknown option"},
		{"origin = \n", NULL},
		{"origin = a,,b\n", ":1: origin:"},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(bad); i++) {
		WRITE(bad[i].text);
		if (load() != (bad[i].complaint == NULL ? CONFIG_RUN : CONFIG_BAD))
			fail_msg("%s", bad[i].text);
		if (bad[i].complaint != NULL && strstr(t.err, bad[i].complaint) == NULL)
			fail_msg("%s: %s", bad[i].text, t.err);
	}
}

static void what_is_no_text_is_refused(void **state)
{
	char *large = xcalloc(1, CONFIG_FILE_MAX + 2);

	(void)state;
	write_file(t.path, "state = a\0b\n", 12, 0644);
	assert_int_equal(load(), CONFIG_BAD);
	assert_non_null(strstr(t.err, ":1: has a NUL byte"));
	memset(large, '#', CONFIG_FILE_MAX + 1);
	write_file(t.path, large, CONFIG_FILE_MAX, 0644);
	assert_int_equal(load(), CONFIG_RUN);
	write_file(t.path, large, CONFIG_FILE_MAX + 1, 0644);
	assert_int_equal(load(), CONFIG_BAD);
	assert_non_null(strstr(t.err, "is larger than"));
	free(large);
	unlink(t.path);
	assert_int_equal(load(), CONFIG_BAD);
	memcpy(t.path, "/dev/null", sizeof "/dev/null");
	assert_int_equal(load(), CONFIG_BAD);
	t.path[0] = '\0';
}

static void lines_with_a_value_are_bounded(void **state)
{
	static const char line[] = "origin = x\n";
	char *text = xcalloc(CONFIG_FILE_ENTRIES_MAX + 1, sizeof line);
	size_t one = sizeof line - 1;

	(void)state;
	for (size_t i = 0; i <= CONFIG_FILE_ENTRIES_MAX; i++)
		memcpy(text + i * one, line, one);
	write_file(t.path, text, CONFIG_FILE_ENTRIES_MAX * one, 0644);
	assert_int_equal(load(), CONFIG_BAD); /* so many are no list */
	assert_null(strstr(t.err, "has more than 512 options"));
	write_file(t.path, text, (CONFIG_FILE_ENTRIES_MAX + 1) * one, 0644);
	assert_int_equal(load(), CONFIG_BAD);
	assert_non_null(strstr(t.err, ":513: has more than 512 options"));
	free(text);
}

static void b7_a_secret_is_read_from_a_private_file_only(void **state)
{
	(void)state;
	WRITE("key = hunter2\n");
	assert_int_equal(load(), CONFIG_BAD);
	assert_non_null(strstr(t.err, "chmod 600"));
	assert_null(strstr(t.err, "hunter2"));
	assert_int_equal(chmod(t.path, 0640), 0);
	assert_int_equal(load(), CONFIG_BAD);
	assert_int_equal(chmod(t.path, 0600), 0);
	assert_int_equal(load(), CONFIG_RUN);
	assert_string_equal(t.settings.key, "hunter2");
}

static void lines_of_other_systems_are_read(void **state)
{
	(void)state;
	WRITE("# a comment\r\n\r\nstate = room.db \r\nhistory=7\r\norigin = a.example\r");
	assert_int_equal(load(), CONFIG_RUN);
	assert_string_equal(t.settings.state, "room.db");
	assert_int_equal(t.settings.history, 7);
	assert_string_equal(t.settings.origins.items[0], "a.example");
	WRITE("history = 7\r8\n");
	assert_int_equal(load(), CONFIG_BAD);
}

static void b7_a_secret_may_be_in_a_private_file_of_its_own(void **state)
{
	char text[128];

	(void)state;
	assert_true(fmt(text, sizeof text, "key-file = %s\n", t.other));
	WRITE(text);
	write_file(t.other, "hunter2\n", 8, 0644);
	assert_int_equal(load(), CONFIG_BAD);
	assert_non_null(strstr(t.err, "chmod 600"));
	write_file(t.other, "hunter2\n", 8, 0600);
	assert_int_equal(load(), CONFIG_RUN);
	assert_string_equal(t.settings.key, "hunter2");
}

/* -- loading anew -- */

static const char *const live[] = {"history", "origin", "grace"};

/* What goes together is not in the table. */
static bool check(const void *fresh, const struct config_source *source)
{
	const struct settings *s = fresh;

	if (s->state == NULL || strcmp(s->state, "foo") != 0)
		return true;
	config_complain(&program, source, "--state: foo is none");
	return false;
}

static enum status reload(struct settings *fresh)
{
	struct config_source source = {1, (char *[]){"plume-test", NULL}, fake_env,
				       stdout, stderr};
	struct config_reloading r = {&program, &source, live, NELEMS(live), check};

	return config_reload(&r, &t.settings, fresh);
}

static void what_is_live_changes_and_the_rest_stays(void **state)
{
	struct settings fresh;

	(void)state;
	WRITE("history = 7\nstate = a.db\norigin = a\nverbose = yes\n");
	assert_int_equal(load(), CONFIG_RUN);
	WRITE("history = 8\nstate = b.db\norigin = b,c\nverbose = no\n");
	assert_int_equal(reload(&fresh), ST_OK);
	assert_int_equal(fresh.history, 8);
	assert_int_equal(fresh.origins.n, 2);
	assert_string_equal(fresh.origins.items[1], "c");
	assert_string_equal(fresh.state, "a.db");
	assert_true(fresh.verbose);
	assert_int_equal(fresh.grace, 30000);
}

static void a_bad_file_changes_nothing(void **state)
{
	struct settings fresh;

	(void)state;
	WRITE("history = 7\n");
	assert_int_equal(load(), CONFIG_RUN);
	WRITE("history = 8\ngrace = soon\n");
	assert_int_equal(reload(&fresh), ST_DENIED);
	unlink(t.path);
	assert_int_equal(reload(&fresh), ST_DENIED);
}

/* Also in an option that takes a restart: the next start would find it. */
static void what_no_start_would_take_changes_nothing(void **state)
{
	struct settings fresh;

	(void)state;
	WRITE("history = 7\nstate = a.db\n");
	assert_int_equal(load(), CONFIG_RUN);
	WRITE("history = 8\nstate = foo\n");
	assert_int_equal(reload(&fresh), ST_DENIED);
	WRITE("history = 8\nstate = b.db\n");
	assert_int_equal(reload(&fresh), ST_OK);
	assert_string_equal(fresh.state, "a.db");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_is_read),
		TEST(the_environment_and_the_command_line_come_before_it),
		TEST(the_command_line_names_another_file),
		TEST(check_config_tells_what_is_from_it),
		TEST(what_is_wrong_is_named_with_its_line),
		TEST(what_is_no_text_is_refused),
		TEST(lines_with_a_value_are_bounded),
		TEST(b7_a_secret_is_read_from_a_private_file_only),
		TEST(lines_of_other_systems_are_read),
		TEST(b7_a_secret_may_be_in_a_private_file_of_its_own),
		TEST(what_is_live_changes_and_the_rest_stays),
		TEST(a_bad_file_changes_nothing),
		TEST(what_no_start_would_take_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
