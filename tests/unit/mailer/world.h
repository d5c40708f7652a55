/* world.h - an audit file in a directory of the test's own. */
#ifndef TESTS_MAILER_WORLD_H
#define TESTS_MAILER_WORLD_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/attr.h"
#include "common/memory.h"
#include "common/secret.h"
#include "mailer/audit.h"
#include "mailer/audit_private.h"

struct world {
	char dir[64], path[80];
};

static inline int world_setup(void **state)
{
	struct world *w = xcalloc(1, sizeof *w);

	if (secret_init() != ST_OK ||
	    !fmt(w->dir, sizeof w->dir, "/tmp/test_mail.XXXXXX") ||
	    mkdtemp(w->dir) == NULL || !fmt(w->path, sizeof w->path, "%s/a.db", w->dir))
		return -1;
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;
	DIR *dir = opendir(w->dir);
	struct dirent *entry;
	char path[400];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (fmt(path, sizeof path, "%s/%s", w->dir, entry->d_name))
			unlink(path);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(w->dir);
	free(w);
	return 0;
}

static inline struct audit *world_open(const struct world *w)
{
	struct audit *a;

	assert_int_equal(audit_open(w->path, &entropy_system, &a), ST_OK);
	return a;
}

/* The first column of the first row, "(null)" for NULL; the caller frees it. */
static inline char *world_ask(const struct world *w, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	char *answer;

	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	answer = sqlite3_column_type(stmt, 0) == SQLITE_NULL
			 ? xstrdup("(null)")
			 : xstrdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return answer;
}

static inline void world_expect(const struct world *w, const char *sql,
				const char *expected)
{
	char *answer = world_ask(w, sql);

	assert_string_equal(answer, expected);
	free(answer);
}

static inline void world_tell(const struct world *w, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A row of an attempt to write to ann. */
static inline struct audit_entry world_entry(void)
{
	return (struct audit_entry){
		.wall_ms = 1000,
		.kind = "attempt",
		.reference = S("K7Q-2MX"),
		.letter = 7,
		.email = S("ann@a.example"),
		.network = S("192.0.2.7"),
		.gateway = UINT64_MAX,
		.attempt = 1,
		.result = "deferred",
		.code = 450,
		.detail = S("450 greylisted"),
	};
}

static inline void world_add(struct audit *a, struct audit_entry e)
{
	audit_begin(a);
	audit_add(a, &e);
	assert_int_equal(audit_commit(a), ST_OK);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

#endif
