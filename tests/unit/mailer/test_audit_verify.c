/* Whatever is changed behind the mailer's back is found: single changes by the thousand, each on the
 * real file and taken back afterwards. */
#include "mailer/audit_verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mailer/audit_erase.h"

#include "world.h"

enum { ROWS = 12, MUTATIONS = 10000 };

/* A generator of our own: a failure can be repeated. */
static uint32_t draw(uint64_t *seed, uint32_t bound)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % bound;
}

static struct audit_verdict verdict_of(struct audit *a, const struct audit_head *exported)
{
	struct audit_verdict v;

	assert_int_equal(audit_verify(a, exported, &v), ST_OK);
	return v;
}

/* Rows of every shape: full, nearly empty, erased by address, erased for their age. */
static void fill(struct audit *a)
{
	struct audit_entry e = world_entry(), other = world_entry();
	int64_t n;

	other.email = S("bob@b.example");
	for (int i = 0; i < 3; i++)
		world_add(a, e);
	for (int i = 0; i < ROWS - 7; i++) {
		other.wall_ms = 100000 + (uint64_t)i;
		world_add(a, other);
	}
	e.wall_ms = 200000;
	world_add(a, e);
	world_add(a, (struct audit_entry){.wall_ms = 1, .kind = "operator"});
	assert_false(audit_retain(a, 1001, 300000)); /* adds a row */
	assert_int_equal(audit_erase_address(a, S("ann@a.example"), 300000, &n), ST_OK);
	assert_int_equal(n, 1); /* the others of ann are erased already; adds a row */
}

/* What a column may be changed to: another number, text, bytes, or nothing. */
static const char *const values[] = {"NULL",  "0",  "17",  "'x'",
				     "x'00'", "''", "1.5", "randomblob(32)"};

static char *mutation(uint64_t *seed, int64_t rows)
{
	uint32_t id = 1 + draw(seed, (uint32_t)rows), other;
	const char *column = audit_columns[draw(seed, AUDIT_COLUMNS)].name;
	const char *value = values[draw(seed, NELEMS(values))];

	switch (draw(seed, 8)) {
	case 0:
		return xasprintf("DELETE FROM audit WHERE id = %u", id);
	case 1: /* truncated */
		return xasprintf("DELETE FROM audit WHERE id >= %u", id);
	case 2: /* reordered */
		other = 1 + (id + draw(seed, (uint32_t)rows - 1)) % (uint32_t)rows;
		return xasprintf("UPDATE audit SET id = -1 WHERE id = %u;"
				 "UPDATE audit SET id = %u WHERE id = %u;"
				 "UPDATE audit SET id = %u WHERE id = -1",
				 id, id, other, other);
	case 3: /* one row's contents, or its hashes, are another row's */
		other = 1 + (id + draw(seed, (uint32_t)rows - 1)) % (uint32_t)rows;
		return xasprintf(
			"UPDATE audit SET %s = (SELECT %s FROM audit WHERE id = %u)"
			" WHERE id = %u",
			column, column, other, id);
	case 4: /* a row too many */
		return xasprintf(
			"CREATE TEMP TABLE t AS SELECT * FROM audit WHERE id = %u;"
			"UPDATE t SET id = %u; INSERT INTO audit SELECT * FROM t;"
			"DROP TABLE t",
			id, draw(seed, 2) == 0 ? (uint32_t)rows + 1 : 0);
	case 5: /* erased without the key */
		return xasprintf(
			"UPDATE audit SET network = NULL, detail = NULL, address ="
			" NULL, address_hash = NULL, erased = 1 WHERE id = %u",
			id);
	default:
		return xasprintf("UPDATE audit SET %s = %s WHERE id = %u", column, value,
				 id);
	}
}

/* Is the table as it was?  Then nothing was changed, and nothing is to be found. */
static char *contents(struct audit *a)
{
	static const char sql[] = "SELECT group_concat("
#define COLUMN(symbol, name, sql, group, doc) "typeof(" name ") || quote(" name ") || "
#include "mailer/audit_columns.def"
#undef COLUMN
				  "'', ';') FROM (SELECT * FROM audit ORDER BY id)";
	sqlite3_stmt *stmt;
	char *text;

	assert_int_equal(sqlite3_prepare_v2(a->db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	text = xstrdup(sqlite3_column_type(stmt, 0) == SQLITE_NULL
			       ? ""
			       : (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return text;
}

static void a2_ten_thousand_mutations_are_all_found(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	uint64_t seed = 20261122;
	struct audit_head head;
	int changed = 0;
	char *before;

	fill(a);
	assert_int_equal(audit_head(a, &head), ST_OK);
	assert_null(verdict_of(a, &head).why);
	before = contents(a);
	sqlite3_exec(a->db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
	while (changed < MUTATIONS) {
		char *sql = mutation(&seed, head.id), *after;

		sqlite3_exec(a->db, "BEGIN", NULL, NULL, NULL);
		/* what its own constraints refuse changes nothing */
		sqlite3_exec(a->db, sql, NULL, NULL, NULL);
		after = contents(a);
		if (strcmp(before, after) != 0) {
			struct audit_verdict v = verdict_of(a, &head);

			changed++;
			if (v.why == NULL)
				fail_msg("not found: %s", sql);
			assert_true(v.bad <= head.id + 1);
		}
		sqlite3_exec(a->db, "ROLLBACK", NULL, NULL, NULL);
		free(sql);
		free(after);
	}
	assert_null(verdict_of(a, &head).why);
	free(before);
	audit_close(&a);
}

static void a2_the_first_bad_row_is_named(void **state)
{
	static const struct {
		const char *sql;
		int64_t bad;
	} cases[] = {
		{"UPDATE audit SET code = 250 WHERE id = 4", 4},
		{"UPDATE audit SET address = NULL WHERE id = 5", 5},
		{"UPDATE audit SET time_ms = time_ms + 1 WHERE id = 6", 6},
		{"DELETE FROM audit WHERE id = 7", 7},
		{"DELETE FROM audit WHERE id > 8", 9},
		{"DELETE FROM audit", 1},
	};
	const struct world *w = *state;
	struct audit *a = world_open(w);
	struct audit_head head;

	fill(a);
	assert_int_equal(audit_head(a, &head), ST_OK);
	for (size_t i = 0; i < NELEMS(cases); i++) {
		sqlite3_exec(a->db, "BEGIN", NULL, NULL, NULL);
		sqlite3_exec(a->db, cases[i].sql, NULL, NULL, NULL);
		assert_int_equal(verdict_of(a, &head).bad, cases[i].bad);
		sqlite3_exec(a->db, "ROLLBACK", NULL, NULL, NULL);
	}
	audit_close(&a);
}

/* Who can write the file but has not its key, and makes a chain of their own. */
static void a2_a_chain_by_another_key_is_found(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	struct secret key = a->key;

	a->key.bytes[0] ^= 1;
	world_add(a, world_entry());
	a->key = key;
	assert_int_equal(verdict_of(a, NULL).bad, 1);
	audit_close(&a);
}

static void a2_heads_are_read_as_they_were_written(void **state)
{
	struct audit_head head;

	(void)state;
	assert_int_equal(
		audit_head_parse(S("12:000102030405060708090a0b0c0d0e0f1011121314"
				   "15161718191a1b1c1d1e1f\n"),
				 &head),
		ST_OK);
	assert_int_equal(head.id, 12);
	assert_int_equal(head.link.bytes[31], 31);
	assert_int_equal(audit_head_parse(S("12:00"), &head), ST_TYPE);
	assert_int_equal(
		audit_head_parse(S("-1:000102030405060708090a0b0c0d0e0f1011121314"
				   "15161718191a1b1c1d1e1f"),
				 &head),
		ST_TYPE);
	assert_int_equal(
		audit_head_parse(S("12:zz0102030405060708090a0b0c0d0e0f1011121314"
				   "15161718191a1b1c1d1e1f"),
				 &head),
		ST_TYPE);
}

/* -- A3 -- */

static void a3_old_rows_lose_what_they_tell_and_the_chain_holds(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	struct audit_entry e = world_entry();

	audit_begin(a);
	for (int i = 0; i < 1200; i++)
		audit_add(a, &e);
	assert_int_equal(audit_commit(a), ST_OK);
	e.wall_ms = 5000;
	world_add(a, e);
	assert_true(audit_retain(a, 5000, 9000));
	assert_true(audit_retain(a, 5000, 9000));
	assert_false(audit_retain(a, 5000, 9000));
	assert_false(audit_retain(a, 5000, 9000));
	world_expect(w,
		     "SELECT count(*) FROM audit WHERE id <= 1200 AND erased = 2 AND"
		     " coalesce(reference, letter, gateway, attempt, result, code,"
		     " address_hash, address, network, detail) IS NULL",
		     "1200");
	world_expect(w, "SELECT detail FROM audit WHERE id = 1201", "450 greylisted");
	world_expect(w, "SELECT group_concat(times) FROM audit WHERE kind = 'erased'",
		     "500,500,200");
	assert_null(verdict_of(a, NULL).why);
	assert_int_equal(verdict_of(a, NULL).erased, 1200);
	audit_close(&a);
}

static void a3_an_erased_address_is_gone_from_the_file(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	struct audit_entry e = world_entry();
	char hash[AUDIT_HASH_CAP];
	int64_t n;

	world_add(a, e);
	e.email = S("bob@b.example");
	world_add(a, e);
	audit_hash_address(a, S("ann@a.example"), hash);
	assert_int_equal(audit_erase_address(a, S("ann@A.EXAMPLE"), 9000, &n), ST_OK);
	assert_int_equal(n, 1);
	world_expect(w,
		     "SELECT coalesce(address_hash, address, network, detail) FROM audit",
		     "(null)");
	world_expect(w, "SELECT reference || code FROM audit WHERE id = 1", "K7Q-2MX450");
	world_expect(w, "SELECT network FROM audit WHERE id = 2", "192.0.2.0/24");
	world_expect(w, "SELECT kind || detail FROM audit WHERE id = 3",
		     "erased1 rows: somebody's address");
	assert_null(verdict_of(a, NULL).why);
	audit_close(&a);

	/* not in what SQLite left over either */
	FILE *file = fopen(w->path, "r");
	char bytes[1 << 16];
	size_t len = fread(bytes, 1, sizeof bytes, file);

	fclose(file);
	for (size_t i = 0; i + 64 <= len; i++)
		assert_memory_not_equal(bytes + i, hash, 64);
}

static void a3_looking_for_old_rows_does_not_read_all(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	sqlite3_stmt *stmt;

	assert_int_equal(
		sqlite3_prepare_v2(a->db,
				   "EXPLAIN QUERY PLAN SELECT id, chain_hash FROM"
				   " audit WHERE time_ms < ?1 AND"
				   " coalesce(erased, 0) < 2 LIMIT 500",
				   -1, &stmt, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_non_null(strstr((const char *)sqlite3_column_text(stmt, 3), "audit_kept"));
	sqlite3_finalize(stmt);
	audit_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a2_ten_thousand_mutations_are_all_found),
		WORLD_TEST(a2_the_first_bad_row_is_named),
		WORLD_TEST(a2_a_chain_by_another_key_is_found),
		cmocka_unit_test(a2_heads_are_read_as_they_were_written),
		WORLD_TEST(a3_old_rows_lose_what_they_tell_and_the_chain_holds),
		WORLD_TEST(a3_looking_for_old_rows_does_not_read_all),
		WORLD_TEST(a3_an_erased_address_is_gone_from_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
