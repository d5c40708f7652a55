/* Locks of open file descriptions (OFD): POSIX's own end when a process closes any descriptor of the
 * file, and do not tell two users in one process apart. */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "mailer/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/memory.h"

enum { GATE = SLOTS_MAX }; /* the byte behind the slots */

struct slots {
	int fd;
	uint64_t ours;
};

static bool lock(struct slots *s, int how, short type, off_t byte)
{
	struct flock l = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
	int rc;

	do
		rc = fcntl(s->fd, how, &l);
	while (rc != 0 && errno == EINTR);
	return rc == 0;
}

enum status slots_open(const char *path, struct slots **out)
{
	struct slots *s = xcalloc(1, sizeof *s);

	*out = NULL;
	s->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (s->fd < 0) {
		free(s);
		return ST_IO;
	}
	*out = s;
	return ST_OK;
}

void slots_close(struct slots **s)
{
	if (s == NULL || *s == NULL)
		return;
	close((*s)->fd);
	free(*s);
	*s = NULL;
}

bool slots_take(struct slots *s, unsigned slot)
{
	if (!lock(s, F_OFD_SETLK, F_WRLCK, (off_t)slot))
		return false;
	s->ours |= UINT64_C(1) << slot;
	return true;
}

void slots_release(struct slots *s, unsigned slot)
{
	lock(s, F_OFD_SETLK, F_UNLCK, (off_t)slot);
	s->ours &= ~(UINT64_C(1) << slot);
}

bool slots_is_ours(const struct slots *s, unsigned slot)
{
	return (s->ours >> slot & 1) != 0;
}

bool slots_gate_alone(struct slots *s)
{
	return lock(s, F_OFD_SETLK, F_WRLCK, GATE);
}

enum status slots_gate_share(struct slots *s)
{
	return lock(s, F_OFD_SETLKW, F_RDLCK, GATE) ? ST_OK : ST_IO;
}
