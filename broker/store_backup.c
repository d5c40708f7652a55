/* SQLite's own way to copy a database that is written to: the writes of the same connection go into
 * both. */
#include "broker/store_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/store_private.h"
#include "common/memory.h"

enum { PAGES_PER_STEP = 256 }; /* a megabyte: some milliseconds of the loop */

/* Posts go on after the copy was made, and their numbers mean something else in the room that begins
 * from it: so that room has another epoch, which it draws when it finds none, and nobody is in it. */
static const char forget[] = "BEGIN;"
			     "DELETE FROM meta WHERE key = 'epoch';"
			     "DELETE FROM clients;"
			     "DELETE FROM gateways;"
			     "DELETE FROM present;"
			     "COMMIT";

struct store_backup {
	sqlite3 *to;
	sqlite3_backup *copy;
	char *path, *part;
};

static enum status create_empty(const struct store_backup *b, const char **why)
{
	int fd = open(b->part, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
		      S_IRUSR | S_IWUSR);

	if (fd < 0) {
		*why = errno == EEXIST ? "FILE.part is there: of another copy, or of one "
					 "that was interrupted"
				       : strerror(errno);
		return errno == EEXIST ? ST_EXISTS : ST_IO;
	}
	close(fd);
	return ST_OK;
}

enum status store_backup_new(struct store *s, const char *path, struct store_backup **out,
			     const char **why)
{
	struct store_backup *b;
	enum status st;

	*out = NULL;
	*why = "a room that forgets has no state";
	if (s == NULL)
		return ST_ABSENT;
	*why = "the file is there already, and is left as it is";
	if (access(path, F_OK) == 0)
		return ST_EXISTS;
	b = xcalloc(1, sizeof *b);
	b->path = xstrdup(path);
	b->part = xasprintf("%s.part", path);
	st = create_empty(b, why);
	if (st != ST_OK) {
		free(b->part);
		b->part = NULL; /* not ours to take away */
	} else if (sqlite3_open_v2(b->part, &b->to, SQLITE_OPEN_READWRITE, NULL) !=
			   SQLITE_OK ||
		   (b->copy = sqlite3_backup_init(b->to, "main", s->db, "main")) ==
			   NULL) {
		*why = "SQLite cannot open the copy";
		st = ST_IO;
	}
	if (st != ST_OK)
		store_backup_free(&b);
	*out = b;
	return st;
}

/* Onto the disk, and then under its name: link() never overwrites. */
static enum status publish(struct store_backup *b, const char **why)
{
	int fd = open(b->part, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0 || link(b->part, b->path) != 0) {
		*why = strerror(errno);
		if (fd >= 0)
			close(fd);
		return ST_IO;
	}
	close(fd);
	return ST_END;
}

static enum status finish(struct store_backup *b, const char **why)
{
	int rc = sqlite3_backup_finish(b->copy);

	b->copy = NULL;
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(b->to, forget, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_close(b->to);
	if (rc != SQLITE_OK) {
		*why = sqlite3_errstr(rc);
		return ST_IO;
	}
	b->to = NULL;
	return publish(b, why);
}

enum status store_backup_step(struct store_backup *b, const char **why)
{
	int rc = sqlite3_backup_step(b->copy, PAGES_PER_STEP);

	*why = "";
	if (rc == SQLITE_DONE)
		return finish(b, why);
	if (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return ST_OK;
	*why = sqlite3_errstr(rc);
	return ST_IO;
}

void store_backup_free(struct store_backup **b)
{
	if (b == NULL || *b == NULL)
		return;
	if ((*b)->copy != NULL)
		sqlite3_backup_finish((*b)->copy);
	if ((*b)->to != NULL)
		sqlite3_close((*b)->to);
	if ((*b)->part != NULL)
		unlink((*b)->part);
	free((*b)->part);
	free((*b)->path);
	free(*b);
	*b = NULL;
}
