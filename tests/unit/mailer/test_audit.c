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

#include "common/secret_box.h"
#include "mailer/audit_verify.h"

#include "world.h"

static void assert_sound(struct audit *a, int64_t rows)
{
	struct audit_verdict v;

	assert_int_equal(audit_verify(a, NULL, &v), ST_OK);
	assert_null(v.why);
	assert_int_equal(v.rows, rows);
}

static void a1_a_row_says_what_happened_and_is_there_at_once(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);

	world_add(a, world_entry());
	world_add(a, (struct audit_entry){.wall_ms = 2000, .kind = "request"});
	world_expect(w,
		     "SELECT time_ms || kind || reference || letter || network || gateway"
		     " || attempt || result || code || detail FROM audit WHERE id = 1",
		     "1000attemptK7Q-2MX7192.0.2.0/24184467440737095516151deferred450"
		     "450 greylisted");
	world_expect(w,
		     "SELECT count(*) FROM audit WHERE id = 2 AND kind = 'request' AND"
		     " coalesce(reference, letter, gateway, attempt, result, code,"
		     " times, address_hash, address, network, detail) IS NULL",
		     "1");
	assert_sound(a, 2);
	audit_close(&a);
	assert_null(a);
}

static size_t wal_size(const struct world *w)
{
	char path[96];
	struct stat st;

	assert_true(fmt(path, sizeof path, "%s-wal", w->path));
	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_size;
}

static void the_log_of_a_large_transaction_does_not_stay(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	struct audit_entry entry = world_entry();

	audit_begin(a);
	for (int i = 0; i < 20000; i++)
		audit_add(a, &entry);
	assert_int_equal(audit_commit(a), ST_OK);
	assert_true(wal_size(w) > 4 << 20);
	for (int i = 0; i < 5; i++)
		world_add(a, entry);
	assert_in_range(wal_size(w), 0, 4 << 20);
	audit_close(&a);
}

static void a1_an_address_is_a_hash_and_sealed(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	char hash[AUDIT_HASH_CAP], again[AUDIT_HASH_CAP], path[128], text[64] = "";
	unsigned char sealed[13 + SECRET_BOX_EXTRA];
	struct secret opener;
	sqlite3_stmt *stmt;
	char *sql;

	world_add(a, world_entry());
	audit_hash_address(a, S("ann@A.Example"), hash);
	audit_hash_address(a, S("Ann@a.example"), again);
	assert_string_not_equal(hash, again); /* the local part counts as it is */
	sql = xasprintf("SELECT count(*) FROM audit WHERE address_hash = '%s'", hash);
	world_expect(w, sql, "1");
	free(sql);

	assert_int_equal(
		sqlite3_prepare_v2(a->db, "SELECT address FROM audit", -1, &stmt, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_int_equal(sqlite3_column_bytes(stmt, 0), sizeof sealed);
	memcpy(sealed, sqlite3_column_blob(stmt, 0), sizeof sealed);
	sqlite3_finalize(stmt);
	assert_true(fmt(path, sizeof path, "%s.open-key", w->path));
	assert_int_equal(secret_load(path, &entropy_system, &opener), ST_OK);
	assert_int_equal(secret_box_open(&opener,
					 (struct slice){(char *)sealed, sizeof sealed},
					 text),
			 ST_OK);
	assert_string_equal(text, "ann@a.example");
	audit_close(&a);

	/* the opener may be kept elsewhere, and the hash is the same after a restart */
	assert_int_equal(unlink(path), 0);
	a = world_open(w);
	world_add(a, world_entry());
	assert_int_not_equal(access(path, F_OK), 0);
	audit_hash_address(a, S("ann@a.example"), again);
	assert_string_equal(hash, again);
	assert_sound(a, 2);
	audit_close(&a);
}

static void the_file_and_its_keys_are_private(void **state)
{
	static const char *const ends[] = {"",          ".key",   ".seal-key",
					   ".open-key", ".slots", ".head"};
	const struct world *w = *state;
	mode_t mask = umask(0);
	struct audit *a = world_open(w);
	char path[128];
	struct stat sb;

	world_add(a, world_entry());
	audit_export_head(a);
	umask(mask);
	for (size_t i = 0; i < NELEMS(ends); i++) {
		assert_true(fmt(path, sizeof path, "%s%s", w->path, ends[i]));
		assert_int_equal(stat(path, &sb), 0);
		assert_int_equal(sb.st_mode & 0777, 0600);
	}
	audit_close(&a);
}

static void two_mailers_make_one_chain(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	struct audit *b = world_open(w);

	for (int i = 0; i < 10; i++) {
		world_add(a, world_entry());
		world_add(b, world_entry());
	}
	assert_sound(a, 20);
	audit_close(&a);
	audit_close(&b);
}

/* -- the trail -- */

static struct bus_trail trail(uint64_t room, uint64_t number)
{
	return (struct bus_trail){
		.number = number,
		.time_ms = 5000 + number,
		.kind = TRAIL_CODE_WRONG,
		.times = number,
		.reference = S("K7Q-2MX"),
		.email = S("ann@a.example"),
		.network = S("2001:db8:1:2::/64"),
		.gateway = 3,
		.detail = S("=cmd\r\n\x1b[31m"),
		.room = room,
	};
}

static void add_trail(struct audit *a, struct bus_trail t)
{
	audit_begin(a);
	audit_add_trail(a, &t);
	assert_int_equal(audit_commit(a), ST_OK);
}

static void a1_rows_of_the_broker_are_kept_once(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w), *b = world_open(w);
	uint64_t room, kept;

	audit_trail_kept(a, &room, &kept);
	assert_int_equal(room, 0);
	assert_int_equal(kept, 1);
	add_trail(a, trail(9, 4));
	add_trail(b, trail(9, 4)); /* sent to both mailers */
	add_trail(b, trail(9, 5));
	add_trail(a, trail(9, 5));
	audit_trail_kept(a, &room, &kept);
	assert_int_equal(room, 9);
	assert_int_equal(kept, 6);
	world_expect(w, "SELECT count(*) FROM audit", "2");
	world_expect(
		w,
		"SELECT kind || network || gateway || times || room || trail || detail"
		" FROM audit WHERE id = 1",
		"code-wrong2001:db8:1::/483494=cmd \\x1b[31m");

	add_trail(a, trail(10, 1)); /* a room made anew begins at 1 again */
	audit_trail_kept(a, &room, &kept);
	assert_int_equal(room, 10);
	assert_int_equal(kept, 2);
	assert_sound(a, 3);
	audit_close(&a);
	audit_close(&b);
}

static void a_kind_that_only_a_newer_broker_knows_is_kept_too(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	struct bus_trail t = trail(9, 1);

	t.kind = 250;
	add_trail(a, t);
	world_expect(w, "SELECT kind FROM audit", "unknown");
	audit_close(&a);
}

/* -- opening -- */

static void a_newer_files_version_stops_the_start(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);

	audit_close(&a);
	world_tell(w, "PRAGMA user_version = 3");
	assert_int_equal(audit_open(w->path, &entropy_system, &a), ST_VERSION);
	assert_null(a);
}

static void another_programs_database_stops_the_start(void **state)
{
	const struct world *w = *state;
	struct audit *a;

	world_tell(w, "CREATE TABLE other (x)");
	assert_int_equal(audit_open(w->path, &entropy_system, &a), ST_DAMAGED);
	assert_null(a);
	world_expect(w, "SELECT count(*) FROM sqlite_master", "1");
}

static void write_at(const struct world *w, long offset, const char *text)
{
	FILE *file = fopen(w->path, offset == 0 ? "w" : "r+");

	assert_non_null(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void what_was_never_ours_is_left_alone(void **state)
{
	const struct world *w = *state;
	struct audit *a;

	write_at(w, 0,
		 "this has never been a database, but it is long enough for a look");
	assert_int_equal(audit_open(w->path, &entropy_system, &a), ST_DAMAGED);
	assert_null(a);
	assert_int_equal(access(w->path, F_OK), 0);
}

/* What lies beside the file with this end of its name. */
static bool find_beside(const struct world *w, const char *begin, char out[400])
{
	DIR *dir = opendir(w->dir);
	struct dirent *entry;
	bool found = false;

	while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
		found = strncmp(entry->d_name, begin, strlen(begin)) == 0 &&
			fmt(out, 400, "%s", entry->d_name);
	closedir(dir);
	return found;
}

static void a4_a_damaged_file_is_moved_aside_and_a_new_one_says_so(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	char aside[400];
	char *detail, *expected;

	world_add(a, world_entry());
	audit_export_head(a);
	audit_close(&a);
	write_at(w, 4096, "this is where a page of the table begins");
	a = world_open(w);
	assert_true(find_beside(w, "a.db.damaged-", aside));
	detail = world_ask(w, "SELECT kind || detail FROM audit");
	expected =
		xasprintf("brokenmoved to %s", strchr(aside, '-') != NULL ? aside : "");
	assert_memory_equal(detail, expected, strlen("brokenmoved to a.db.damaged-2"));
	assert_sound(a, 1);
	free(detail);
	free(expected);
	audit_close(&a);
	a = world_open(w); /* and that was that */
	assert_sound(a, 1);
	audit_close(&a);
}

static void a4_a_damaged_file_in_use_stays(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w), *b;
	char aside[400];

	world_add(a, world_entry());
	audit_run(a, "PRAGMA wal_checkpoint(TRUNCATE)");
	write_at(w, 4096, "this is where a page of the table begins");
	assert_int_equal(audit_open(w->path, &entropy_system, &b), ST_DAMAGED);
	assert_false(find_beside(w, "a.db.damaged-", aside));
	audit_close(&a);
}

static void a_key_that_others_can_read_stops_the_start(void **state)
{
	static const char *const ends[] = {".key", ".seal-key"};
	const struct world *w = *state;
	struct audit *a = world_open(w);
	char key[128];

	audit_close(&a);
	for (size_t i = 0; i < NELEMS(ends); i++) {
		assert_true(fmt(key, sizeof key, "%s%s", w->path, ends[i]));
		assert_int_equal(chmod(key, 0644), 0);
		assert_int_equal(audit_open(w->path, &entropy_system, &a), ST_DENIED);
		assert_null(a);
		assert_int_equal(chmod(key, 0600), 0);
	}
}

static void a_file_without_its_key_stops_the_start(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	char key[128];

	audit_close(&a);
	assert_true(fmt(key, sizeof key, "%s.key", w->path));
	assert_int_equal(unlink(key), 0);
	assert_int_equal(audit_open(w->path, &entropy_system, &a), ST_ABSENT);
	assert_int_not_equal(access(key, F_OK), 0);
}

/* -- version 1 -- */

static const char version_1[] =
	"CREATE TABLE audit ("
	" id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL,"
	" kind TEXT NOT NULL CHECK (kind IN ('request', 'attempt')),"
	" reference TEXT NOT NULL, letter INTEGER NOT NULL, address_hash TEXT NOT NULL,"
	" network TEXT NOT NULL, gateway TEXT NOT NULL, attempt INTEGER, result TEXT,"
	" code INTEGER, detail TEXT);"
	"CREATE INDEX audit_reference ON audit (reference);"
	"INSERT INTO audit VALUES"
	" (1, 1000, 'request', 'K7Q-2M', -7, 'h', 'n', '5', NULL, NULL, NULL, NULL),"
	" (2, 2000, 'attempt', 'K7Q-2M', -7, 'h', 'n', '5', 1, 'sent', 250, '250 ok');"
	"PRAGMA application_id = 1349285229; PRAGMA user_version = 1";

static void an_older_file_is_copied_then_upgraded(void **state)
{
	const struct world *w = *state;
	struct secret key;
	char path[128];
	struct audit *a;

	world_tell(w, version_1);
	assert_true(fmt(path, sizeof path, "%s.key", w->path));
	assert_int_equal(secret_load(path, &entropy_system, &key), ST_OK);
	a = world_open(w);
	assert_sound(a, 2);
	world_add(a, world_entry());
	assert_sound(a, 3);
	world_expect(w,
		     "SELECT result || code || detail || letter FROM audit WHERE id = 2",
		     "sent250250 ok-7");
	assert_true(fmt(path, sizeof path, "%s.v1", w->path));
	assert_int_equal(access(path, F_OK), 0);
	audit_close(&a);
	a = world_open(w);
	assert_sound(a, 3);
	audit_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a1_a_row_says_what_happened_and_is_there_at_once),
		WORLD_TEST(the_log_of_a_large_transaction_does_not_stay),
		WORLD_TEST(a1_an_address_is_a_hash_and_sealed),
		WORLD_TEST(the_file_and_its_keys_are_private),
		WORLD_TEST(two_mailers_make_one_chain),
		WORLD_TEST(a1_rows_of_the_broker_are_kept_once),
		WORLD_TEST(a_kind_that_only_a_newer_broker_knows_is_kept_too),
		WORLD_TEST(a_newer_files_version_stops_the_start),
		WORLD_TEST(another_programs_database_stops_the_start),
		WORLD_TEST(what_was_never_ours_is_left_alone),
		WORLD_TEST(a4_a_damaged_file_is_moved_aside_and_a_new_one_says_so),
		WORLD_TEST(a4_a_damaged_file_in_use_stays),
		WORLD_TEST(a_key_that_others_can_read_stops_the_start),
		WORLD_TEST(a_file_without_its_key_stops_the_start),
		WORLD_TEST(an_older_file_is_copied_then_upgraded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
