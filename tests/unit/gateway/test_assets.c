/* The files of the page, from a fresh directory with traps in it. */
#include "gateway/assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"

struct fixture {
	char dir[64], out[64]; /* the page's, and one beside it */
};

static void put(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	assert_true(fmt(path, sizeof path, "%s/%s", dir, name));
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	fclose(f);
}

static void make_dir(const char *dir, const char *name)
{
	char path[256];

	assert_true(fmt(path, sizeof path, "%s/%s", dir, name));
	assert_int_equal(mkdir(path, 0755), 0);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	log_init("test_assets", LOG_ERROR);
	if (secret_init() != ST_OK ||
	    !fmt(f->dir, sizeof f->dir, "/tmp/test_assets.XXXXXX") ||
	    !fmt(f->out, sizeof f->out, "/tmp/test_assets.XXXXXX") ||
	    mkdtemp(f->dir) == NULL || mkdtemp(f->out) == NULL)
		return -1;
	put(f->dir, "index.html", "<p>hello");
	make_dir(f->dir, "js");
	put(f->dir, "js/main.js", "x = 1");
	put(f->out, "secret.txt", "SECRET");
	*state = f;
	return 0;
}

/* Only for directories that setup() made. */
static void remove_tree(const char *dir)
{
	char command[128];

	assert_memory_equal(dir, "/tmp/test_assets.", 17);
	assert_true(fmt(command, sizeof command, "rm -rf -- '%s'", dir));
	assert_int_equal(system(command), 0);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	remove_tree(f->dir);
	remove_tree(f->out);
	free(f);
	return 0;
}

static struct assets *load(const char *dir)
{
	struct assets *a;

	assert_int_equal(assets_load(dir, &a), ST_OK);
	assert_non_null(a);
	return a;
}

static void refuse(const char *dir)
{
	struct assets *a = (struct assets *)1;

	assert_int_equal(assets_load(dir, &a), ST_IO);
	assert_null(a);
}

static void files_are_found_by_their_path(void **state)
{
	const struct fixture *f = *state;
	struct assets *a = load(f->dir);
	const struct asset *x = assets_find(a, S("/"));

	assert_non_null(x);
	assert_string_equal(x->type, "text/html; charset=utf-8");
	assert_int_equal(x->len, 8);
	assert_memory_equal(x->body, "<p>hello", 8);
	x = assets_find(a, S("/static/js/main.js"));
	assert_non_null(x);
	assert_string_equal(x->type, "text/javascript; charset=utf-8");
	assets_free(&a);
	assert_null(a);
	assets_free(&a);
}

/* SECURITY W12. */
static void nothing_else_is_found(void **state)
{
	const struct slice paths[] = {
		{NULL, 0},
		S(""),
		S("//"),
		S("/index.html"),
		S("/static"),
		S("/static/"),
		S("/static/index.html"),
		S("/static/js"),
		S("/static/js/"),
		S("/static/js/main.js/"),
		S("/static/js/main.js\0"),
		S("/static/js/main.js?x"),
		S("/static/JS/main.js"),
		S("/static//js/main.js"),
		S("/static/./js/main.js"),
		S("/static/js/../js/main.js"),
		S("/static/../secret.txt"),
		S("/static/%2e%2e/secret.txt"),
		S("/static/js%2fmain.js"),
		S("/static/..\\secret.txt"),
		S("static/js/main.js"),
		S("/js/main.js"),
		S("/etc/passwd"),
		S("/static/etc/passwd"),
	};
	const struct fixture *f = *state;
	struct assets *a = load(f->dir);

	for (size_t i = 0; i < NELEMS(paths); i++) {
		if (assets_find(a, paths[i]) != NULL)
			fail_msg("found: %.*s", SLICE_ARGS(paths[i]));
	}
	assets_free(&a);
}

static void hidden_unknown_and_linked_files_are_left_out(void **state)
{
	const struct fixture *f = *state;
	static const char *const left_out[] = {
		"/static/.hidden.html",    "/static/.git/config.txt",
		"/static/.git/deep/x.txt", "/static/js/.env.txt",
		"/static/notes.md",        "/static/README",
		"/static/main.js.map",     "/static/main.js~",
		"/static/x.php",           "/static/X.HTML",
		"/static/out.txt",         "/static/outdir/secret.txt",
		"/static/inside.js",       "/static/pipe.txt",
		"/static/dangling.txt",    "/static/dir.js",
		"/static/.html",
	};
	char path[256], target[256];
	struct assets *a;

	put(f->dir, ".hidden.html", "x");
	put(f->dir, ".html", "x");
	make_dir(f->dir, ".git");
	put(f->dir, ".git/config.txt", "x");
	make_dir(f->dir, ".git/deep");
	put(f->dir, ".git/deep/x.txt", "x");
	put(f->dir, "js/.env.txt", "x");
	put(f->dir, "notes.md", "x");
	put(f->dir, "README", "x");
	put(f->dir, "main.js.map", "x");
	put(f->dir, "main.js~", "x");
	put(f->dir, "x.php", "x");
	put(f->dir, "X.HTML", "x");
	make_dir(f->dir, "dir.js");
	assert_true(fmt(target, sizeof target, "%s/secret.txt", f->out));
	assert_true(fmt(path, sizeof path, "%s/out.txt", f->dir));
	assert_int_equal(symlink(target, path), 0);
	assert_true(fmt(path, sizeof path, "%s/outdir", f->dir));
	assert_int_equal(symlink(f->out, path), 0);
	assert_true(fmt(path, sizeof path, "%s/inside.js", f->dir));
	assert_int_equal(symlink("js/main.js", path), 0);
	assert_true(fmt(path, sizeof path, "%s/dangling.txt", f->dir));
	assert_int_equal(symlink("/no/such/file.txt", path), 0);
	assert_true(fmt(path, sizeof path, "%s/loop", f->dir));
	assert_int_equal(symlink(".", path), 0);
	assert_true(fmt(path, sizeof path, "%s/pipe.txt", f->dir));
	assert_int_equal(mkfifo(path, 0644), 0); /* reading it would wait for ever */
	a = load(f->dir);
	for (size_t i = 0; i < NELEMS(left_out); i++) {
		if (assets_find(a, slice_of(left_out[i])) != NULL)
			fail_msg("found: %s", left_out[i]);
	}
	assert_non_null(assets_find(a, S("/static/js/main.js")));
	assets_free(&a);
}

static void types_follow_the_ending(void **state)
{
	static const struct {
		const char *name, *type;
	} cases[] = {
		{"a.css", "text/css; charset=utf-8"},
		{"a.min.js", "text/javascript; charset=utf-8"},
		{"a.svg", "image/svg+xml"},
		{"a.png", "image/png"},
		{"a.ico", "image/x-icon"},
		{"a.json", "application/json"},
		{"a.txt", "text/plain; charset=utf-8"},
		{"a.webmanifest", "application/manifest+json"},
		{"a.woff2", "font/woff2"},
		{"b.html", "text/html; charset=utf-8"},
		{"empty.txt", "text/plain; charset=utf-8"},
	};
	const struct fixture *f = *state;
	struct assets *a;

	for (size_t i = 0; i < NELEMS(cases); i++)
		put(f->dir, cases[i].name, i == NELEMS(cases) - 1 ? "" : "x");
	a = load(f->dir);
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char path[64];
		const struct asset *x;

		assert_true(fmt(path, sizeof path, "/static/%s", cases[i].name));
		x = assets_find(a, slice_of(path));
		assert_non_null(x);
		assert_string_equal(x->type, cases[i].type);
	}
	assert_int_equal(assets_find(a, S("/static/empty.txt"))->len, 0);
	assets_free(&a);
}

static void an_etag_changes_with_the_bytes_and_only_with_them(void **state)
{
	const struct fixture *f = *state;
	struct assets *a, *b;
	const char *tag;

	put(f->dir, "a.txt", "same");
	put(f->dir, "b.txt", "same");
	put(f->dir, "c.txt", "samf");
	a = load(f->dir);
	b = load(f->dir);
	tag = assets_find(a, S("/static/a.txt"))->etag;
	assert_int_equal(strlen(tag), 22);
	assert_int_equal(tag[0], '"');
	assert_int_equal(tag[21], '"');
	assert_int_equal(strspn(tag + 1, "0123456789abcdef"), 20);
	assert_string_equal(tag, assets_find(a, S("/static/b.txt"))->etag);
	assert_string_equal(tag, assets_find(b, S("/static/a.txt"))->etag);
	assert_string_not_equal(tag, assets_find(a, S("/static/c.txt"))->etag);
	assets_free(&a);
	assets_free(&b);
}

static void a_folder_without_an_index_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[128];

	refuse(f->out);
	assert_true(fmt(path, sizeof path, "%s/no/such", f->dir));
	refuse(path);
	assert_true(fmt(path, sizeof path, "%s/index.html", f->dir));
	refuse(path); /* a file */
	refuse("");
	assert_true(fmt(path, sizeof path, "%s/js", f->dir));
	put(f->dir, "js/.index.html", "x");
	refuse(path);
}

static void slashes_at_the_end_of_the_folder_do_not_matter(void **state)
{
	const struct fixture *f = *state;
	struct assets *a;
	char path[128];

	assert_true(fmt(path, sizeof path, "%s///", f->dir));
	a = load(path);
	assert_non_null(assets_find(a, S("/")));
	assert_non_null(assets_find(a, S("/static/js/main.js")));
	assets_free(&a);
}

static void a_folder_may_lie_in_a_hidden_one(void **state)
{
	const struct fixture *f = *state;
	struct assets *a;
	char path[128];

	make_dir(f->dir, ".page");
	put(f->dir, ".page/index.html", "x");
	put(f->dir, ".page/a.js", "x");
	assert_true(fmt(path, sizeof path, "%s/.page", f->dir));
	a = load(path);
	assert_non_null(assets_find(a, S("/static/a.js")));
	assets_free(&a);
}

static void too_many_files_are_refused(void **state)
{
	const struct fixture *f = *state;
	struct assets *a;

	for (int i = 2; i < ASSETS_MAX; i++) {
		char name[32];

		assert_true(fmt(name, sizeof name, "f%d.txt", i));
		put(f->dir, name, "x");
	}
	a = load(f->dir); /* with index.html and main.js exactly as many as may be */
	assets_free(&a);
	put(f->dir, "one-more.txt", "x");
	refuse(f->dir);
}

static void too_many_bytes_are_refused(void **state)
{
	const struct fixture *f = *state;
	struct assets *a;
	char path[128];

	put(f->dir, "big.txt", "");
	assert_true(fmt(path, sizeof path, "%s/big.txt", f->dir));
	assert_int_equal(truncate(path, ASSETS_BYTES_MAX - 13), 0); /* sparse */
	a = load(f->dir);
	assets_free(&a);
	assert_int_equal(truncate(path, ASSETS_BYTES_MAX - 12), 0);
	refuse(f->dir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_found_by_their_path),
		TEST(nothing_else_is_found),
		TEST(hidden_unknown_and_linked_files_are_left_out),
		TEST(types_follow_the_ending),
		TEST(an_etag_changes_with_the_bytes_and_only_with_them),
		TEST(a_folder_without_an_index_is_refused),
		TEST(slashes_at_the_end_of_the_folder_do_not_matter),
		TEST(a_folder_may_lie_in_a_hidden_one),
		TEST(too_many_files_are_refused),
		TEST(too_many_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
