/* config_secret.c - opened first and looked at through the descriptor, so that what was
 * checked is what is read. */
#include "common/config_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config_value.h"
#include "common/slice.h"

/* Directly in it, and by no way around. */
static bool is_credential(const char *path)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	size_t len = folder == NULL ? 0 : strlen(folder);

	return len > 0 && strncmp(path, folder, len) == 0 && path[len] == '/' &&
	       strchr(path + len + 1, '/') == NULL;
}

bool config_file_is_private(const char *path, const struct stat *st)
{
	return (st->st_mode & (is_credential(path) ? 037 : 077)) == 0;
}

static const char *why_not_private(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (!config_file_is_private(path, st))
		return "can be read or written by others than its owner (chmod 600 it)";
	return NULL;
}

static const char *why_not(const char *path, const struct stat *st)
{
	const char *why = why_not_private(path, st);

	if (why != NULL)
		return why;
	if (st->st_size == 0)
		return "is empty";
	if (st->st_size > CONFIG_SECRET_MAX)
		return "is larger than 4096 bytes";
	return NULL;
}

/* Reads up to cap bytes; false when the system refuses. */
static bool read_all(int fd, char *buf, size_t cap, size_t *len_out)
{
	ssize_t n = 1;

	*len_out = 0;
	while (n != 0 && *len_out < cap) {
		n = read(fd, buf + *len_out, cap - *len_out);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			*len_out += (size_t)n;
	}
	return true;
}

static const char *take_line(const char *path, int fd, struct slice *line_out, char *buf)
{
	struct slice rest;
	struct stat st;
	const char *why;
	size_t len;

	if (fstat(fd, &st) != 0)
		return strerror(errno);
	why = why_not(path, &st);
	if (why != NULL)
		return why;
	if (!read_all(fd, buf, CONFIG_SECRET_MAX, &len))
		return strerror(errno);

	slice_cut_line((struct slice){buf, len}, line_out, &rest);
	if (line_out->len == 0)
		return "has an empty first line";
	if (memchr(line_out->ptr, '\0', line_out->len) != NULL)
		return "has a NUL byte in its first line";
	return NULL;
}

enum status config_secret_read(const char *path, const char **out, const char **why)
{
	/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char buf[CONFIG_SECRET_MAX];
	struct slice line = {NULL, 0};

	*out = NULL;
	*why = NULL;
	if (fd < 0) {
		*why = strerror(errno);
		return ST_IO;
	}

	*why = take_line(path, fd, &line, buf);
	close(fd);
	if (*why != NULL)
		return ST_DENIED;
	*out = config_value_keep(line);
	return ST_OK;
}

enum status config_file_check(const char *path, enum config_file_kind kind,
			      const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	*why = NULL;
	if (fd < 0 || fstat(fd, &st) != 0)
		*why = strerror(errno);
	else if (kind == CONFIG_FILE_PRIVATE)
		*why = why_not_private(path, &st);
	else if (!S_ISREG(st.st_mode))
		*why = "is not a regular file";
	if (fd >= 0)
		close(fd);
	return *why == NULL ? ST_OK : ST_DENIED;
}
