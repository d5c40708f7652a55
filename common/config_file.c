/* Lines into entries; what the values mean is for who loads them. */
#include "common/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config_secret.h"
#include "common/config_value.h"
#include "common/log.h"
#include "common/memory.h"

enum { SHOWN_CAP = 128 };

struct reading {
	const char *path;
	const struct config_program *program;
	const struct config_source *source;
	struct config_file *out;
	unsigned line;
	bool is_private; /* nobody but the owner can read it */
};

#define REFUSE(r, ...) \
	(config_complain((r)->program, (r)->source, __VA_ARGS__), ST_DENIED)

static enum status refuse_name(const struct reading *r, struct slice name)
{
	char shown[SHOWN_CAP], nearest[CONFIG_NAME_CAP];

	log_quote(shown, sizeof shown, name);
	if (!config_name_nearest(r->program, name, nearest))
		return REFUSE(r, "%s:%u: unknown option %s; see --help", r->path, r->line,
			      shown);
	if (slice_equal(name, slice_of(nearest)))
		return REFUSE(r, "%s:%u: %s is for the command line only", r->path,
			      r->line, shown);
	return REFUSE(r, "%s:%u: unknown option %s; did you mean %s?", r->path, r->line,
		      shown, nearest);
}

/* In a file a secret has two forms, a flag one. */
static const struct config_option *find(const struct reading *r, struct slice name,
					enum config_form *form)
{
	const struct config_option *o = config_name_find(r->program, name, form);

	if (o != NULL)
		return *form == CONFIG_FORM_NO ? NULL : o;
	for (size_t i = 0; i < r->program->n_options; i++) {
		o = &r->program->options[i];
		if (o->kind == CONFIG_SECRET && slice_equal(name, slice_of(o->name))) {
			*form = CONFIG_FORM_PLAIN;
			return o;
		}
	}
	return NULL;
}

static bool is_given(const struct config_file *file, const struct config_option *o)
{
	for (size_t i = 0; i < file->n; i++) {
		if (file->entries[i].option == o)
			return true;
	}
	return false;
}

static enum status read_line(struct reading *r, struct slice line)
{
	struct slice name, value;
	struct config_entry e = {.line = r->line};

	line = slice_trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return ST_OK;
	if (memchr(line.ptr, '\0', line.len) != NULL)
		return REFUSE(r, "%s:%u: has a NUL byte", r->path, r->line);
	if (!slice_cut(line, '=', &name, &value))
		return REFUSE(r, "%s:%u: is not NAME = VALUE", r->path, r->line);
	name = slice_trim(name);
	e.option = find(r, name, &e.form);
	if (e.option == NULL)
		return refuse_name(r, name);
	if (e.option->kind != CONFIG_LIST && is_given(r->out, e.option))
		return REFUSE(r, "%s:%u: %s is given twice", r->path, r->line,
			      e.option->name);
	if (e.option->kind == CONFIG_SECRET && e.form == CONFIG_FORM_PLAIN &&
	    !r->is_private)
		return REFUSE(r,
			      "%s:%u: holds a secret, and can be read or written by "
			      "others than its owner (chmod 600 it)",
			      r->path, r->line);
	if (r->out->n == CONFIG_FILE_ENTRIES_MAX)
		return REFUSE(r, "%s:%u: has more than %d options", r->path, r->line,
			      CONFIG_FILE_ENTRIES_MAX);
	e.value = config_value_keep(slice_trim(value));
	r->out->entries[r->out->n++] = e;
	return ST_OK;
}

static enum status read_lines(struct reading *r, struct slice text)
{
	struct slice line;
	enum status st = ST_OK;

	for (r->line = 1; text.len > 0 && st == ST_OK; r->line++) {
		slice_cut_line(text, &line, &text);
		st = read_line(r, line);
	}
	return st;
}

/* NULL, or why not; *len_out bytes are in buf. */
static const char *slurp(const char *path, char *buf, size_t *len_out, bool *is_private)
{
	/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *why = NULL;
	struct stat st;
	ssize_t n = 1;

	*len_out = 0;
	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) != 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "is not a regular file";
	*is_private = why == NULL && config_file_is_private(path, &st);
	while (why == NULL && n > 0 && *len_out <= CONFIG_FILE_MAX) {
		n = read(fd, buf + *len_out, CONFIG_FILE_MAX + 1 - *len_out);
		if (n < 0 && errno != EINTR)
			why = strerror(errno);
		*len_out += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return why == NULL && *len_out > CONFIG_FILE_MAX ? "is larger than 65536 bytes"
							 : why;
}

enum status config_file_read(const char *path, const struct config_program *program,
			     const struct config_source *source, struct config_file *out)
{
	struct reading r = {
		.path = path, .program = program, .source = source, .out = out};
	char *buf = xcalloc(1, CONFIG_FILE_MAX + 1);
	size_t len;
	const char *why = slurp(path, buf, &len, &r.is_private);
	enum status st;

	out->n = 0;
	st = why == NULL ? read_lines(&r, (struct slice){buf, len})
			 : REFUSE(&r, "%s: %s", path, why);
	free(buf);
	return st;
}
