/* The record, in a fresh directory, read back with SQLite itself. */
#include "mailer/audit.h"

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
#include <sqlite3.h>

#include "common/memory.h"
#include "common/secret.h"

struct fixture {
	char dir[64], path[80];
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	if (secret_init() != ST_OK ||
	    !fmt(f->dir, sizeof f->dir, "/tmp/test_audit.XXXXXX") ||
	    mkdtemp(f->dir) == NULL || !fmt(f->path, sizeof f->path, "%s/a.db", f->dir))
		return -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".key"};
	struct fixture *f = *state;
	char path[128];

	for (size_t i = 0; i < NELEMS(ends); i++) {
		if (fmt(path, sizeof path, "%s%s", f->path, ends[i]))
			unlink(path);
	}
	rmdir(f->dir);
	free(f);
	return 0;
}

static struct audit *open_audit(const struct fixture *f)
{
	struct audit *a;

	assert_int_equal(audit_open(f->path, &entropy_system, &a), ST_OK);
	return a;
}

/* The answer of one column and row, "(null)" for NULL; the caller frees it. */
static char *ask(const struct fixture *f, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	char *answer;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	answer = sqlite3_column_type(stmt, 0) == SQLITE_NULL
			 ? xstrdup("(null)")
			 : xstrdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return answer;
}

static void assert_answer(const struct fixture *f, const char *sql, const char *expected)
{
	char *answer = ask(f, sql);

	assert_string_equal(answer, expected);
	free(answer);
}

static void tell(const struct fixture *f, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static struct audit_login login(void)
{
	return (struct audit_login){"K7Q-2M", 7, S("ann@a.example"), "192.0.2.0/24",
				    UINT64_MAX};
}

static void rows_say_what_happened_and_are_there_at_once(void **state)
{
	const struct fixture *f = *state;
	struct audit *a = open_audit(f);
	struct audit_login l = login();
	struct audit_attempt attempt = {1, MAIL_DEFERRED, 450, "450 greylisted"};
	struct audit_attempt silent = {2, MAIL_EXPIRED, 0, ""};

	assert_int_equal(audit_request(a, &l, 1000), ST_OK);
	assert_int_equal(audit_attempt(a, &l, &attempt, 2000), ST_OK);
	assert_int_equal(audit_attempt(a, &l, &silent, 3000), ST_OK);
	assert_answer(
		f,
		"SELECT group_concat(time_ms || kind || reference || letter || network ||"
		" gateway, ' ') FROM audit WHERE kind = 'request'",
		"1000requestK7Q-2M7192.0.2.0/2418446744073709551615");
	assert_answer(
		f, "SELECT attempt || result || code || detail FROM audit WHERE id = 2",
		"1deferred450450 greylisted");
	assert_answer(f, "SELECT attempt || result FROM audit WHERE id = 3", "2expired");
	assert_answer(f, "SELECT code FROM audit WHERE id = 3", "(null)");
	assert_answer(f, "SELECT result FROM audit WHERE id = 1", "(null)");
	audit_close(&a);
	assert_null(a);
}

static void the_address_is_only_there_as_a_hash(void **state)
{
	const struct fixture *f = *state;
	struct audit *a = open_audit(f);
	struct audit_login l = login();
	char hash[AUDIT_HASH_CAP], again[AUDIT_HASH_CAP];
	char *sql;

	assert_int_equal(audit_request(a, &l, 1000), ST_OK);
	audit_hash_address(a, S("ann@A.Example"), hash);
	audit_hash_address(a, S("Ann@a.example"), again);
	assert_string_not_equal(hash, again); /* the local part counts as it is */
	sql = xasprintf("SELECT count(*) FROM audit WHERE address_hash = '%s'", hash);
	assert_answer(f, sql, "1");
	free(sql);
	audit_close(&a);

	a = open_audit(f); /* the key is the same after a restart */
	audit_hash_address(a, l.address, again);
	assert_string_equal(hash, again);
	audit_close(&a);
}

static void the_file_and_its_key_are_private(void **state)
{
	const struct fixture *f = *state;
	mode_t mask = umask(0);
	struct audit *a = open_audit(f);
	char key[128];
	struct stat sb;

	umask(mask);
	assert_int_equal(stat(f->path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_true(fmt(key, sizeof key, "%s.key", f->path));
	assert_int_equal(stat(key, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	audit_close(&a);
}

static void two_mailers_may_write_into_one_file(void **state)
{
	const struct fixture *f = *state;
	struct audit *a = open_audit(f);
	struct audit *b = open_audit(f);
	struct audit_login l = login();

	for (int i = 0; i < 10; i++) {
		assert_int_equal(audit_request(a, &l, 1), ST_OK);
		assert_int_equal(audit_request(b, &l, 2), ST_OK);
	}
	assert_answer(f, "SELECT count(*) FROM audit", "20");
	audit_close(&a);
	audit_close(&b);
}

static void a_newer_files_version_stops_the_start(void **state)
{
	const struct fixture *f = *state;
	struct audit *a = open_audit(f);

	audit_close(&a);
	tell(f, "PRAGMA user_version = 2");
	assert_int_equal(audit_open(f->path, &entropy_system, &a), ST_VERSION);
	assert_null(a);
}

static void another_programs_database_stops_the_start(void **state)
{
	const struct fixture *f = *state;
	struct audit *a;

	tell(f, "CREATE TABLE other (x)");
	assert_int_equal(audit_open(f->path, &entropy_system, &a), ST_DAMAGED);
	assert_null(a);
	assert_answer(f, "SELECT count(*) FROM sqlite_master", "1");
}

static void write_at(const struct fixture *f, long offset, const char *text)
{
	FILE *file = fopen(f->path, offset == 0 ? "w" : "r+");

	assert_non_null(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_damaged_file_stops_the_start(void **state)
{
	const struct fixture *f = *state;
	struct audit *a;

	write_at(f, 0,
		 "this has never been a database, but it is long enough for a look");
	assert_int_equal(audit_open(f->path, &entropy_system, &a), ST_DAMAGED);
	assert_int_equal(unlink(f->path), 0);
	a = open_audit(f);
	audit_close(&a);
	write_at(f, 4096, "this is where a page of the table begins");
	assert_int_equal(audit_open(f->path, &entropy_system, &a), ST_DAMAGED);
	assert_null(a);
}

static void a_key_that_others_can_read_stops_the_start(void **state)
{
	const struct fixture *f = *state;
	struct audit *a = open_audit(f);
	char key[128];

	audit_close(&a);
	assert_true(fmt(key, sizeof key, "%s.key", f->path));
	assert_int_equal(chmod(key, 0644), 0);
	assert_int_equal(audit_open(f->path, &entropy_system, &a), ST_DENIED);
	assert_null(a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_say_what_happened_and_are_there_at_once),
		TEST(the_address_is_only_there_as_a_hash),
		TEST(the_file_and_its_key_are_private),
		TEST(two_mailers_may_write_into_one_file),
		TEST(a_newer_files_version_stops_the_start),
		TEST(another_programs_database_stops_the_start),
		TEST(a_damaged_file_stops_the_start),
		TEST(a_key_that_others_can_read_stops_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
