/* test_memory.c - allocation gives memory or ends the process; formatting tells the truth. */
#include "common/memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"

static void fresh_memory_is_zero(void **state)
{
	unsigned char *p = xcalloc(16, 4);

	(void)state;
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(p[i], 0);
	free(p);
}

static void nothing_is_an_allocation_too(void **state)
{
	void *p = xcalloc(0, 8);
	void *q = xrealloc(NULL, 0);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	free(p);
	free(q);
}

static void grown_memory_keeps_its_contents(void **state)
{
	char *p = xstrdup("plume");

	(void)state;
	p = xrealloc(p, 4096);
	assert_string_equal(p, "plume");
	free(p);
}

static void assert_ends_the_process(void (*exhaust)(void))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		/* A sanitizer may report and exit; without one it is abort().  Both are
		 * loud. */
		if (dup2(open("/dev/null", O_WRONLY), STDERR_FILENO) < 0)
			_exit(0);
		signal(SIGABRT, SIG_DFL); /* cmocka catches it */
		exhaust();
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void ask_too_much(void)
{
	volatile size_t half = SIZE_MAX / 2; /* volatile: the compiler would warn */

	free(xcalloc(half, 4));
}

static void exhaustion_ends_the_process(void **state)
{
	(void)state;
	assert_ends_the_process(ask_too_much);
}

static void ask_as_libraries_do(void)
{
	void *(*volatile ask)(size_t) = malloc; /* volatile: or nothing is asked at all */

	free(ask(SIZE_MAX / 4));
}

/* Not ours alone: libraries ask malloc() itself, and go on when it is answered NULL. */
static void exhaustion_of_a_library_ends_the_process(void **state)
{
	(void)state;
	assert_ends_the_process(ask_as_libraries_do);
}

/* Of a log whose bound is used up, too. */
static void exhaustion_is_told_whatever_was_told_before(void **state)
{
	char told[4096];
	size_t len = 0;
	ssize_t n;
	int ends[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		if (dup2(ends[1], STDERR_FILENO) < 0)
			_exit(0);
		close(ends[0]);
		close(ends[1]);
		signal(SIGABRT, SIG_DFL);
		log_set_rate(1);
		for (int i = 0; i < 20; i++)
			log_error("bad_luck", "i=%d", i);
		memory_exhausted(1);
	}
	close(ends[1]);
	while ((n = read(ends[0], told + len, sizeof told - 1 - len)) > 0)
		len += (size_t)n;
	told[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_null(strstr(told, "i=19"));
	assert_non_null(strstr(told, "event=out_of_memory"));
}

static void formatting_tells_whether_it_fitted(void **state)
{
	char buf[6];

	(void)state;
	assert_true(fmt(buf, sizeof buf, "%s", "plume"));
	assert_string_equal(buf, "plume");
	assert_false(fmt(buf, sizeof buf, "%s!", "plumes"));
	assert_string_equal(buf, "plume");
	assert_true(fmt(buf, 1, "%s", ""));
	assert_string_equal(buf, "");
}

static void a_formatted_string_is_as_long_as_it_must_be(void **state)
{
	char *short_text = xasprintf("%d", 42);
	char *long_text = xasprintf("%5000d", 1);

	(void)state;
	assert_string_equal(short_text, "42");
	assert_int_equal(strlen(long_text), 5000);
	free(short_text);
	free(long_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fresh_memory_is_zero),
		cmocka_unit_test(nothing_is_an_allocation_too),
		cmocka_unit_test(grown_memory_keeps_its_contents),
		cmocka_unit_test(exhaustion_ends_the_process),
		cmocka_unit_test(exhaustion_of_a_library_ends_the_process),
		cmocka_unit_test(exhaustion_is_told_whatever_was_told_before),
		cmocka_unit_test(formatting_tells_whether_it_fitted),
		cmocka_unit_test(a_formatted_string_is_as_long_as_it_must_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
