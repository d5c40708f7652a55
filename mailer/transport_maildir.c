/* A Maildir as D. J. Bernstein described it: a message is written to tmp/ under a name
 * that nobody else has, forced to the disk, and moved to new/; readers never see half
 * of one.  Lines end in LF there, as in every mail kept on Unix. */
#include "mailer/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/secret.h"
#include "mailer/letter.h"

struct maildir {
	struct transport base;
	uv_loop_t *loop;
	char *dir;
	uint64_t count; /* of letters, a part of their names */
};

struct delivering {
	uv_work_t work;
	const struct maildir *maildir;
	char *text; /* the message with LF */
	char name[128];
	struct delivery_result result;
	transport_done_fn *on_done;
	void *ctx;
};

/* Time, process, count and host: what https://cr.yp.to/proto/maildir.html asks for. */
static void name_file(struct delivering *d, uint64_t count)
{
	char host[64] = "localhost";
	struct timespec now;

	gethostname(host, sizeof host - 1);
	for (char *c = host; *c != '\0'; c++) {
		if (*c == '/' || *c == ':')
			*c = '_';
	}
	clock_gettime(CLOCK_REALTIME, &now);
	if (!fmt(d->name, sizeof d->name, "%lld.M%06ldP%ldQ%" PRIu64 ".%s",
		 (long long)now.tv_sec, now.tv_nsec / 1000, (long)getpid(), count, host))
		abort(); /* the parts are shorter */
}

static char *without_cr(const char *message, size_t len)
{
	char *text = xcalloc(len + 1, 1);
	char *at = text;

	for (size_t i = 0; i < len; i++) {
		if (message[i] != '\r')
			*at++ = message[i];
	}
	return text;
}

/* -- on a worker thread -- */

static bool write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		left -= (size_t)n;
	}
	return fsync(fd) == 0;
}

static bool sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	bool written;

	if (fd < 0)
		return false;
	written = write_all(fd, text);
	return close(fd) == 0 && written;
}

static bool deliver(const char *dir, const char *name, const char *text)
{
	char tmp[PATH_MAX], new[PATH_MAX], new_dir[PATH_MAX];
	int saved;

	if (!fmt(tmp, sizeof tmp, "%s/tmp/%s", dir, name) ||
	    !fmt(new_dir, sizeof new_dir, "%s/new", dir) ||
	    !fmt(new, sizeof new, "%s/%s", new_dir, name)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (write_file(tmp, text) && rename(tmp, new) == 0)
		return sync_directory(new_dir);
	saved = errno;
	unlink(tmp);
	errno = saved;
	return false;
}

static void deliver_work(uv_work_t *work)
{
	struct delivering *d = work->data;

	if (deliver(d->maildir->dir, d->name, d->text))
		return;
	d->result.verdict = VERDICT_DEFERRED;
	if (strerror_r(errno, d->result.detail, sizeof d->result.detail) != 0)
		d->result.detail[0] = '\0';
}

/* -- on the loop -- */

static void deliver_done(uv_work_t *work, int status)
{
	struct delivering *d = work->data;

	(void)status; /* nobody cancels */
	d->on_done(d->ctx, &d->result);
	secret_wipe(d->text, strlen(d->text));
	free(d->text);
	free(d);
}

static void maildir_start(struct transport *t, const struct letter *letter,
			  uint64_t timeout_ms, transport_done_fn *on_done, void *ctx)
{
	struct maildir *m = (struct maildir *)t;
	struct delivering *d = xcalloc(1, sizeof *d);

	(void)timeout_ms; /* a disk has none */
	d->work.data = d;
	d->maildir = m;
	d->text = without_cr(letter->message, letter->message_len);
	d->result.verdict = VERDICT_SENT;
	d->on_done = on_done;
	d->ctx = ctx;
	name_file(d, ++m->count);
	if (uv_queue_work(m->loop, &d->work, deliver_work, deliver_done) != 0)
		abort(); /* only without a function */
}

static void maildir_free(struct transport *t)
{
	struct maildir *m = (struct maildir *)t;

	free(m->dir);
	free(m);
}

static bool make_directory(const char *path)
{
	struct stat sb;

	if (mkdir(path, S_IRWXU) == 0)
		return true;
	if (errno != EEXIST || stat(path, &sb) != 0)
		return false;
	errno = ENOTDIR;
	return S_ISDIR(sb.st_mode);
}

static bool make_maildir(const char *dir)
{
	static const char *const parts[] = {"", "/tmp", "/new", "/cur"};
	char path[PATH_MAX];

	for (size_t i = 0; i < NELEMS(parts); i++) {
		if (!fmt(path, sizeof path, "%s%s", dir, parts[i]) ||
		    !make_directory(path))
			return false;
	}
	return true;
}

enum status transport_maildir_new(uv_loop_t *loop, const char *dir,
				  struct transport **out)
{
	static const struct transport_class class = {maildir_start, maildir_free};
	char shown[256];
	struct maildir *m;

	*out = NULL;
	if (!make_maildir(dir)) {
		log_error("maildir_refused", "dir=%s why=\"%s\"",
			  log_quote(shown, sizeof shown, slice_of(dir)), strerror(errno));
		return ST_IO;
	}
	m = xcalloc(1, sizeof *m);
	m->base.class = &class;
	m->loop = loop;
	m->dir = xstrdup(dir);
	*out = &m->base;
	return ST_OK;
}
