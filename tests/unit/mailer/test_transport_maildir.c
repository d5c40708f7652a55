/* A Maildir in a fresh directory: what is in it after letters were delivered. */
#include "mailer/transport.h"

#include <dirent.h>
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
#include <uv.h>

#include "common/memory.h"
#include "mailer/letter.h"

struct fixture {
	char top[64], dir[80];
	struct transport *transport;
	unsigned sent, deferred;
};

static void on_done(void *ctx, const struct delivery_result *result)
{
	struct fixture *f = ctx;

	if (result->verdict == VERDICT_SENT)
		f->sent++;
	if (result->verdict == VERDICT_DEFERRED && result->detail[0] != '\0')
		f->deferred++;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	if (!fmt(f->top, sizeof f->top, "/tmp/test_maildir.XXXXXX") ||
	    mkdtemp(f->top) == NULL || !fmt(f->dir, sizeof f->dir, "%s/mail", f->top) ||
	    transport_maildir_new(uv_default_loop(), f->dir, &f->transport) != ST_OK)
		return -1;
	*state = f;
	return 0;
}

/* Calls remove() for what is in there, one level deep, and for the directory itself. */
static void remove_directory(const char *path)
{
	char each[512];
	struct dirent *entry;
	DIR *d = opendir(path);

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] != '.' &&
		    fmt(each, sizeof each, "%s/%s", path, entry->d_name))
			remove(each);
	}
	if (d != NULL)
		closedir(d);
	remove(path);
}

static int teardown(void **state)
{
	static const char *const parts[] = {"/tmp", "/new", "/cur", ""};
	struct fixture *f = *state;
	char path[128];

	for (size_t i = 0; i < NELEMS(parts); i++) {
		if (fmt(path, sizeof path, "%s%s", f->dir, parts[i]))
			remove_directory(path);
	}
	remove(f->top);
	transport_free(&f->transport);
	free(f);
	return 0;
}

/* How many files are in DIR/part, and the path of one of them. */
static unsigned count(const struct fixture *f, const char *part, char path[512])
{
	char dir[128];
	struct dirent *entry;
	unsigned n = 0;
	DIR *d;

	assert_true(fmt(dir, sizeof dir, "%s/%s", f->dir, part));
	d = opendir(dir);
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		assert_true(fmt(path, 512, "%s/%s", dir, entry->d_name));
	}
	closedir(d);
	return n;
}

static unsigned mode_of(const char *path)
{
	struct stat sb;

	assert_int_equal(stat(path, &sb), 0);
	return sb.st_mode & 0777;
}

static char message[] = "Subject: x\r\n\r\n.line\r\n";
static const struct letter letter = {.message = message,
				     .message_len = sizeof message - 1};

static void a_letter_is_one_private_file_in_new(void **state)
{
	struct fixture *f = *state;
	char path[512], text[64] = "";
	FILE *file;

	transport_start(f->transport, &letter, 1000, on_done, f);
	assert_int_equal(f->sent, 0); /* never called from in there */
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	assert_int_equal(f->sent, 1);
	assert_int_equal(count(f, "tmp", path), 0);
	assert_int_equal(count(f, "cur", path), 0);
	assert_int_equal(count(f, "new", path), 1);
	assert_int_equal(mode_of(path), 0600);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof text - 1, file),
			 strlen("Subject: x\n\n.line\n"));
	fclose(file);
	assert_string_equal(text, "Subject: x\n\n.line\n");
}

static void directories_are_private(void **state)
{
	static const char *const parts[] = {"", "/tmp", "/new", "/cur"};
	struct fixture *f = *state;
	char path[128];

	for (size_t i = 0; i < NELEMS(parts); i++) {
		assert_true(fmt(path, sizeof path, "%s%s", f->dir, parts[i]));
		assert_int_equal(mode_of(path), 0700);
	}
}

static void many_letters_at_once_get_names_of_their_own(void **state)
{
	struct fixture *f = *state;
	char path[512];

	for (int i = 0; i < 50; i++)
		transport_start(f->transport, &letter, 1000, on_done, f);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	assert_int_equal(f->sent, 50);
	assert_int_equal(count(f, "new", path), 50);
}

static void a_lost_directory_defers_and_says_why(void **state)
{
	struct fixture *f = *state;
	char path[128];

	assert_true(fmt(path, sizeof path, "%s/tmp", f->dir));
	assert_int_equal(rmdir(path), 0);
	transport_start(f->transport, &letter, 1000, on_done, f);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	assert_int_equal(f->sent, 0);
	assert_int_equal(f->deferred, 1);
}

static void a_maildir_that_is_there_is_used_and_a_file_is_not(void **state)
{
	struct fixture *f = *state;
	struct transport *second;
	char path[128];
	FILE *file;

	assert_int_equal(transport_maildir_new(uv_default_loop(), f->dir, &second),
			 ST_OK);
	transport_free(&second);
	assert_null(second);
	assert_true(fmt(path, sizeof path, "%s/new/file", f->dir));
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(transport_maildir_new(uv_default_loop(), path, &second), ST_IO);
	assert_null(second);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_letter_is_one_private_file_in_new),
		TEST(directories_are_private),
		TEST(many_letters_at_once_get_names_of_their_own),
		TEST(a_lost_directory_defers_and_says_why),
		TEST(a_maildir_that_is_there_is_used_and_a_file_is_not),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	uv_loop_close(uv_default_loop());
	uv_library_shutdown();
	return failed;
}
