/* The log is a file, so that nobody has to read it for the child to go on. */
#define _GNU_SOURCE /* memmem */
#include "tests/bench/child.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/process.h"

enum { READY_MS = 60000 };

static const struct timespec moment = {0, 200000};

static bool is_ready(int log)
{
	char text[8192];
	ssize_t n = pread(log, text, sizeof text, 0);

	return n > 0 && memmem(text, (size_t)n, "event=ready", 11) != NULL;
}

enum status child_start(char *const *argv, const char *log, int *pid_out,
			uint64_t *ready_ns_out)
{
	int fd = open(log, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint64_t begin = process_clock();
	pid_t pid = fd < 0 ? -1 : fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	while (pid > 0 && !is_ready(fd)) {
		if (waitpid(pid, NULL, WNOHANG) != 0 ||
		    process_clock() - begin > READY_MS * UINT64_C(1000000))
			pid = -1;
		nanosleep(&moment, NULL);
	}
	*ready_ns_out = process_clock() - begin;
	if (fd >= 0)
		close(fd);
	*pid_out = pid;
	return pid > 0 ? ST_OK : ST_IO;
}

void child_end(int pid, int number)
{
	kill(pid, number);
	waitpid(pid, NULL, 0);
}
