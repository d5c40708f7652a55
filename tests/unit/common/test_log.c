/* test_log.c - lines as they arrive at the other end of stderr, and what quoting hides. */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/attr.h"

/* stderr is a temporary file between capture_start() and capture_end(). */
struct capture {
	FILE *file;
	int stderr_copy;
	char text[65536];
};

/* One test at a time. */
static struct capture capture;

static void capture_start(void)
{
	capture.file = tmpfile();
	assert_non_null(capture.file);
	capture.stderr_copy = dup(STDERR_FILENO);
	assert_true(dup2(fileno(capture.file), STDERR_FILENO) >= 0);
	/* Several threads write: each at the end. */
	assert_true(fcntl(STDERR_FILENO, F_SETFL, O_APPEND) == 0);
}

static const char *capture_end(void)
{
	size_t n;

	assert_true(dup2(capture.stderr_copy, STDERR_FILENO) >= 0);
	close(capture.stderr_copy);
	rewind(capture.file);
	n = fread(capture.text, 1, sizeof capture.text - 1, capture.file);
	capture.text[n] = '\0';
	fclose(capture.file);
	return capture.text;
}

/* What follows the time, after a check that there is one. */
static const char *after_time(const char *line)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ ";

	for (size_t i = 0; shape[i] != '\0'; i++) {
		if (shape[i] == 'd')
			assert_in_range(line[i], '0', '9');
		else
			assert_int_equal(line[i], shape[i]);
	}
	return line + sizeof shape - 1;
}

static void a_line_is_time_level_program_event_and_pairs(void **state)
{
	(void)state;
	log_init("plume-test", LOG_DEBUG);
	capture_start();
	log_info("ready", "state=%s seq=%d", "room.db", 7);
	assert_string_equal(after_time(capture_end()),
			    "info program=plume-test event=ready state=room.db seq=7\n");
}

static void a_line_without_pairs_ends_after_the_event(void **state)
{
	(void)state;
	log_init("plume-test", LOG_DEBUG);
	capture_start();
	log_warn("drain", "%s", "");
	log_debug("tick", "n=1");
	assert_non_null(
		strstr(capture_end(), "debug program=plume-test event=tick n=1\n"));
}

static void lines_above_the_level_are_not_written(void **state)
{
	(void)state;
	log_init("plume-test", LOG_WARN);
	assert_true(log_is_on(LOG_ERROR));
	assert_true(log_is_on(LOG_WARN));
	assert_false(log_is_on(LOG_INFO));

	capture_start();
	log_info("hidden", "n=1");
	log_debug("hidden", "n=2");
	log_error("shown", "n=3");
	assert_string_equal(after_time(capture_end()),
			    "error program=plume-test event=shown n=3\n");
}

static void a_long_line_is_clipped_to_2048_bytes(void **state)
{
	const char *line;

	(void)state;
	log_init("plume-test", LOG_INFO);
	capture_start();
	log_info("long", "text=%05000d", 1);
	line = capture_end();
	assert_int_equal(strlen(line), 2048);
	assert_string_equal(line + 2048 - 4, "...\n");
}

static void a_forgotten_newline_does_not_make_a_second_line(void **state)
{
	const char *line;

	(void)state;
	log_init("plume-test", LOG_INFO);
	capture_start();
	log_info("evil", "text=%s",
		 "a\nb\x1b[2J\xc2\x9b"
		 "2J\xe2\x80\xae\xff \xc3\xa9");
	line = capture_end();
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	assert_non_null(strstr(line, "text=a?b?[2J??2J???? \xc3\xa9\n"));
}

static void logging_leaves_errno_alone(void **state)
{
	(void)state;
	log_init("plume-test", LOG_INFO);
	capture_start();
	close(STDERR_FILENO);
	errno = EXDEV;
	log_info("lost", "n=1");
	assert_int_equal(errno, EXDEV);
	capture_end();
}

static void *write_many(void *arg)
{
	for (int i = 0; i < 50; i++)
		log_info("many", "thread=%s filler=%0100d", (const char *)arg, 0);
	return NULL;
}

static void lines_of_threads_do_not_interleave(void **state)
{
	static char names[][2] = {"a", "b", "c"};
	pthread_t threads[NELEMS(names)];
	size_t lines = 0;
	char *rest;

	(void)state;
	log_init("plume-test", LOG_INFO);
	capture_start();
	for (size_t i = 0; i < NELEMS(names); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, names[i]),
				 0);
	for (size_t i = 0; i < NELEMS(names); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	capture_end();

	for (rest = capture.text; *rest != '\0'; lines++) {
		char *end = strchr(rest, '\n');

		assert_non_null(end);
		after_time(rest);
		assert_memory_equal(end - 4, "0000", 4);
		rest = end + 1;
	}
	assert_int_equal(lines, 150);
}

static void levels_are_known_by_name(void **state)
{
	enum log_level level;

	(void)state;
	assert_true(log_level_parse(S("error"), &level) && level == LOG_ERROR);
	assert_true(log_level_parse(S("warn"), &level) && level == LOG_WARN);
	assert_true(log_level_parse(S("info"), &level) && level == LOG_INFO);
	assert_true(log_level_parse(S("debug"), &level) && level == LOG_DEBUG);
	assert_false(log_level_parse(S("INFO"), &level));
	assert_false(log_level_parse(S(""), &level));
}

static void quoting_escapes_and_clips(void **state)
{
	static const struct {
		const char *text;
		size_t cap;
		const char *quoted;
	} cases[] = {
		{"ann", 16, "\"ann\""},
		{"", 8, "\"\""},
		{"a b", 16, "\"a b\""},
		{"a\"b\\c", 32, "\"a\\x22b\\x5cc\""},
		{"\n\x1b\x7f", 32, "\"\\x0a\\x1b\\x7f\""},
		{"\xc3\xa4", 16, "\"\\xc3\\xa4\""},
		{"abcde", 8, "\"abcde\""},
		{"abcdef", 8, "\"ab...\""},
		{"a\xff", 8, "\"a\\xff\""},
		{"\xff\xff", 8, "\"...\""},
		{"ab\xff", 8, "\"ab...\""},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char buf[64];

		memset(buf, '#', sizeof buf);
		assert_ptr_equal(log_quote(buf, cases[i].cap, slice_of(cases[i].text)),
				 buf);
		assert_string_equal(buf, cases[i].quoted);
		assert_int_equal(buf[cases[i].cap], '#');
	}
}

static void an_address_shows_its_first_letter_and_its_domain(void **state)
{
	static const struct {
		const char *address, *shown;
	} cases[] = {
		{"ann@example.org", "\"a***@example.org\""},
		{"a@x", "\"a***@x\""},
		{"@x", "\"***@x\""},
		{"no address", "\"***\""},
		{"", "\"***\""},
		{"\"a@b\"@x", "\"\\x22***@x\""},
		{"\xc3\xa4nn@x", "\"\\xc3\\xa4***@x\""},
		{"\xffnn@x", "\"***@x\""},
		{"a@\n", "\"a***@\\x0a\""},
	};
	char shown[64];
	char many[1000];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		log_address(shown, sizeof shown, slice_of(cases[i].address));
		assert_string_equal(shown, cases[i].shown);
	}

	memset(many, 'x', sizeof many);
	many[1] = '@';
	log_address(shown, sizeof shown, (struct slice){many, sizeof many});
	assert_int_equal(strlen(shown), sizeof shown - 1);
	assert_string_equal(shown + sizeof shown - 6, "x...\"");
}

static void json_is_one_object_a_line(void **state)
{
	const char *text, *rest;

	(void)state;
	log_init("plume-test", LOG_INFO);
	log_set(LOG_INFO, LOG_JSON);
	capture_start();
	log_warn("happened", "why=\"a b\" n=%d", 7);
	text = capture_end();
	log_set(LOG_INFO, LOG_LOGFMT);
	assert_int_equal(strncmp(text, "{\"time\":\"2", 10), 0);
	rest = strstr(text, "Z\"");
	assert_non_null(rest);
	assert_string_equal(
		rest,
		"Z\",\"level\":\"warn\",\"program\":\"plume-test\",\"event\":\"happened\","
		"\"why\":\"a b\",\"n\":\"7\"}\n");
}

static void json_closes_however_long_the_line(void **state)
{
	static char value[4000];
	const char *text;
	size_t len;

	(void)state;
	memset(value, '\\', sizeof value - 1);
	log_init("plume-test", LOG_INFO);
	log_set(LOG_INFO, LOG_JSON);
	capture_start();
	log_warn("happened", "a=1 why=\"%s\"", value);
	text = capture_end();
	log_set(LOG_INFO, LOG_LOGFMT);
	len = strlen(text);
	assert_true(len <= 2048);
	assert_string_equal(text + len - 9, "\"a\":\"1\"}\n");
}

static void the_journal_gets_priorities_and_no_time(void **state)
{
	(void)state;
	log_init("plume-test", LOG_DEBUG);
	log_set(LOG_DEBUG, LOG_JOURNAL);
	capture_start();
	log_error("a", "x=1");
	log_warn("b", "%s", "");
	log_info("c", "x=1");
	log_debug("d", "x=1");
	assert_string_equal(capture_end(), "<3>error program=plume-test event=a x=1\n"
					   "<4>warn program=plume-test event=b\n"
					   "<6>info program=plume-test event=c x=1\n"
					   "<7>debug program=plume-test event=d x=1\n");
	log_set(LOG_INFO, LOG_LOGFMT);
}

static void the_journal_is_known_by_its_file(void **state)
{
	char mine[64];
	struct stat st;
	const char *text;

	(void)state;
	capture_start();
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	assert_true(snprintf(mine, sizeof mine, "%ju:%ju", (uintmax_t)st.st_dev,
			     (uintmax_t)st.st_ino) > 0);
	assert_int_equal(setenv("JOURNAL_STREAM", mine, 1), 0);
	log_set(LOG_INFO, LOG_AUTO);
	log_info("a", "x=1");
	assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	log_set(LOG_INFO, LOG_AUTO);
	log_info("b", "x=1");
	text = capture_end();
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	assert_int_equal(strncmp(text, "<6>info", 7), 0);
	assert_int_equal(strncmp(strchr(text, '\n') + 1, "20", 2), 0);
}

static void the_level_changes_at_any_time(void **state)
{
	(void)state;
	log_init("plume-test", LOG_INFO);
	capture_start();
	log_debug("hidden", "x=1");
	log_set(LOG_DEBUG, LOG_JOURNAL);
	log_debug("shown", "x=1");
	log_set(LOG_ERROR, LOG_JOURNAL);
	log_warn("hidden", "x=1");
	assert_string_equal(capture_end(),
			    "<7>debug program=plume-test event=shown x=1\n");
	log_set(LOG_INFO, LOG_LOGFMT);
}

static void lines_over_the_rate_are_left_out_counted_and_told(void **state)
{
	uint64_t written = log_lines(LOG_INFO), dropped = log_lines_dropped(LOG_INFO);
	uint64_t told;
	const char *text;

	(void)state;
	log_init("plume-test", LOG_INFO);
	log_set_rate(1);
	capture_start();
	for (int i = 0; i < 500; i++)
		log_info("flood", "n=%d", i);
	log_debug("hidden", "x=1");
	log_error("heard", "x=1"); /* whatever the flood */
	told = log_take_dropped();
	log_warn("log_dropped", "lines=%llu", (unsigned long long)told);
	assert_int_equal(log_take_dropped(), 0);
	text = capture_end();
	written = log_lines(LOG_INFO) - written;
	dropped = log_lines_dropped(LOG_INFO) - dropped;
	assert_int_equal(written + dropped, 500);
	assert_true(written >= 5 && dropped > 0);
	assert_int_equal(told, dropped);
	assert_int_equal(log_lines_dropped(LOG_DEBUG), 0);
	assert_non_null(strstr(text, "event=flood n=4\n"));
	assert_null(strstr(text, "event=flood n=499\n"));
	assert_non_null(strstr(text, "error program=plume-test event=heard x=1\n"));
	assert_non_null(strstr(text, "warn program=plume-test event=log_dropped lines="));

	log_set_rate(0);
	capture_start();
	for (int i = 0; i < 500; i++)
		log_info("flood", "n=%d", i);
	assert_non_null(strstr(capture_end(), "event=flood n=499\n"));
	assert_int_equal(log_take_dropped(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_time_level_program_event_and_pairs),
		cmocka_unit_test(a_line_without_pairs_ends_after_the_event),
		cmocka_unit_test(lines_above_the_level_are_not_written),
		cmocka_unit_test(a_long_line_is_clipped_to_2048_bytes),
		cmocka_unit_test(a_forgotten_newline_does_not_make_a_second_line),
		cmocka_unit_test(logging_leaves_errno_alone),
		cmocka_unit_test(lines_of_threads_do_not_interleave),
		cmocka_unit_test(levels_are_known_by_name),
		cmocka_unit_test(quoting_escapes_and_clips),
		cmocka_unit_test(an_address_shows_its_first_letter_and_its_domain),
		cmocka_unit_test(json_is_one_object_a_line),
		cmocka_unit_test(json_closes_however_long_the_line),
		cmocka_unit_test(the_journal_gets_priorities_and_no_time),
		cmocka_unit_test(the_journal_is_known_by_its_file),
		cmocka_unit_test(the_level_changes_at_any_time),
		cmocka_unit_test(lines_over_the_rate_are_left_out_counted_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
