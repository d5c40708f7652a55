/* What every use of the file needs: statuses, statements, numbers, and the head written out. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/number.h"
#include "mailer/audit_private.h"

enum status audit_status(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ST_DAMAGED;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ST_BUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return ST_DENIED;
	case SQLITE_FULL:
		return ST_FULL;
	default:
		return ST_IO;
	}
}

void audit_fail(struct audit *a, int rc)
{
	if (a->failed == ST_OK)
		a->failed = audit_status(rc);
}

sqlite3_stmt *audit_prepare(struct audit *a, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	if (a->failed != ST_OK)
		return NULL;
	rc = sqlite3_prepare_v2(a->db, sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		audit_fail(a, rc);
	return stmt;
}

void audit_finish(struct audit *a, sqlite3_stmt *stmt)
{
	int rc;

	if (stmt == NULL)
		return;
	do
		rc = sqlite3_step(stmt);
	while (rc == SQLITE_ROW);
	if (rc != SQLITE_DONE)
		audit_fail(a, rc);
	sqlite3_finalize(stmt);
}

void audit_run(struct audit *a, const char *sql)
{
	int rc;

	if (a->failed != ST_OK)
		return;
	rc = sqlite3_exec(a->db, sql, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		audit_fail(a, rc);
}

enum status audit_number(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	*out = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? ST_OK : audit_status(rc);
}

struct slots *audit_slots(struct audit *a)
{
	return a->slots;
}

/* -- the head -- */

enum { HEX_LEN = 2 * SECRET_HASH_SIZE };

static char *head_text(const struct audit_head *head)
{
	struct secret hex;
	char text[HEX_LEN + 1];

	memcpy(hex.bytes, head->link.bytes, sizeof hex.bytes);
	secret_to_hex(&hex, text);
	return xasprintf("%" PRId64 ":%s", head->id, text);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	return c != '\0' && at != NULL ? (int)(at - digits) : -1;
}

enum status audit_head_parse(struct slice text, struct audit_head *out)
{
	struct slice number, hex;
	uint64_t id;

	memset(out, 0, sizeof *out);
	text = slice_trim(text);
	if (text.len > 0 && text.ptr[text.len - 1] == '\n')
		text.len--;
	if (!slice_cut(text, ':', &number, &hex) || number_parse(number, &id) != ST_OK ||
	    id > INT64_MAX || hex.len != HEX_LEN)
		return ST_TYPE;
	for (size_t i = 0; i < SECRET_HASH_SIZE; i++) {
		int high = hex_digit(hex.ptr[2 * i]), low = hex_digit(hex.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return ST_TYPE;
		out->link.bytes[i] = (unsigned char)(high << 4 | low);
	}
	out->id = (int64_t)id;
	return ST_OK;
}

/* Whole or not at all: under another name first. */
static bool write_head(const char *path, const char *text)
{
	char *part = xasprintf("%s.%ld.part", path, (long)getpid());
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
	bool done = fd >= 0 && dprintf(fd, "%s\n", text) > 0;

	if (fd >= 0)
		done = close(fd) == 0 && done;
	done = done && rename(part, path) == 0;
	if (!done)
		unlink(part);
	free(part);
	return done;
}

void audit_export_head(struct audit *a)
{
	char *path = xasprintf("%s.head", a->path);
	struct audit_head head;

	if (audit_head(a, &head) == ST_OK && head.id > 0) {
		char *text = head_text(&head);

		log_info("audit_head", "head=%s", text);
		if (!write_head(path, text))
			log_warn("audit_head_unwritten", "file=%s why=\"%s\"", path,
				 strerror(errno));
		free(text);
	}
	free(path);
}
