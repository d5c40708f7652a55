/* The sender is a child process, so that its CPU time is its own.  It keeps the last blocks of frames in a
 * ring: no socket is more than a ring ahead of another. */
#define _GNU_SOURCE /* SOCK_NONBLOCK, MSG_NOSIGNAL */
#include "tests/bench/floor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/memory.h"
#include "tests/bench/crowd.h"
#include "tests/bench/process.h"

enum { BLOCKS = 256, FRAME_ROOM = 1024, SEND_BUFFER = 128 << 10 };

struct sender {
	const struct floor_options *options;
	int *sockets;
	uint64_t *sent; /* bytes, of each socket */
	char *blocks[BLOCKS];
	size_t block_len; /* the same for all */
	uint64_t made;    /* blocks */
};

/* A frame as a gateway writes it, of always the same length. */
static size_t write_frame(const struct sender *s, char *out, uint64_t seq)
{
	char json[FRAME_ROOM], stamp[LEDGER_STAMP + 1] = "";
	int len;

	ledger_stamp(stamp, process_clock());
	len = snprintf(
		json, sizeof json,
		"{\"type\":1,\"user\":{\"name\":\"b123456n100\"},\"text\":\"%s%*s\","
		"\"seq\":1%09llu,\"ts\":1700000000000,\"id\":\"123456-%04llx\"}",
		stamp, (int)(s->options->bytes - LEDGER_STAMP), "",
		(unsigned long long)seq, (unsigned long long)(seq & 0xffff));
	out[0] = (char)FRAMES_TEXT;
	out[1] = 126;
	out[2] = (char)(len >> 8);
	out[3] = (char)(len & 0xff);
	memcpy(out + 4, json, (size_t)len);
	return 4 + (size_t)len;
}

static void make_block(struct sender *s)
{
	char *p = s->blocks[s->made % BLOCKS];
	size_t len = 0;

	for (size_t i = 0; i < s->options->per_send; i++)
		len += write_frame(s, p + len, s->made * s->options->per_send + i);
	s->block_len = len;
	s->made++;
}

/* One send() if this socket lacks something; false: it is blocked. */
static bool send_one(struct sender *s, size_t i)
{
	uint64_t block = s->sent[i] / s->block_len, at = s->sent[i] % s->block_len;
	ssize_t n;

	if (block >= s->made)
		return true;
	n = send(s->sockets[i], s->blocks[block % BLOCKS] + at, s->block_len - (size_t)at,
		 MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		_exit(0); /* the readers have what they need */
	if (n > 0)
		s->sent[i] += (uint64_t)n;
	return n > 0;
}

/* The slowest socket's position in blocks. */
static uint64_t slowest(const struct sender *s)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < s->options->clients; i++) {
		if (s->sent[i] / s->block_len < least)
			least = s->sent[i] / s->block_len;
	}
	return least;
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

_Noreturn static void run_sender(struct sender *s)
{
	uint64_t begin = process_clock(), end = begin + s->options->seconds_ms * 1000000;
	uint64_t period = s->options->rate == 0
				  ? 0
				  : 1000000000 * s->options->per_send / s->options->rate;

	for (size_t i = 0; i < BLOCKS; i++)
		s->blocks[i] = xcalloc(s->options->per_send, FRAME_ROOM);
	while (process_clock() < end) {
		size_t blocked = 0;

		if (s->made == 0 || slowest(s) + BLOCKS > s->made + 1)
			make_block(s);
		for (size_t i = 0; i < s->options->clients; i++)
			blocked += !send_one(s, i);
		if (period > 0)
			sleep_until(begin + s->made * period);
		else if (blocked == s->options->clients)
			sleep_until(process_clock() + 100000);
	}
	while (slowest(s) < s->made) { /* everybody gets all of it */
		for (size_t i = 0; i < s->options->clients; i++)
			(void)send_one(s, i);
	}
	pause();
	_exit(0);
}

/* Connected pairs: theirs[i] for the sender, the other end for client i. */
static enum status connect_pairs(struct crowd *w, int *theirs)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1, size = SEND_BUFFER;

	if (listener < 0 || bind(listener, (struct sockaddr *)&a, len) != 0 ||
	    listen(listener, 16) != 0 ||
	    getsockname(listener, (struct sockaddr *)&a, &len) != 0)
		return ST_IO;
	for (size_t i = 0; i < w->options.clients; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || connect(fd, (struct sockaddr *)&a, len) != 0)
			return ST_IO;
		theirs[i] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (theirs[i] < 0)
			return ST_IO;
		setsockopt(theirs[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		setsockopt(theirs[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
		client_adopt(&w->clients[i], w->poll, fd);
		w->inside++;
	}
	close(listener);
	return ST_OK;
}

static void measure(struct crowd *w, pid_t child, const struct floor_options *o,
		    struct floor_result *out)
{
	struct processes p = {.n = 1, .pids = {child}};
	struct process_cpu before = processes_cpu(&p), used;
	uint64_t begin = process_clock(), end = begin + o->seconds_ms * 1000000;

	crowd_measure(w);
	while (process_clock() < end)
		crowd_turn(w, 10000000);
	used = process_cpu_since(processes_cpu(&p), before);
	out->seconds = (double)(process_clock() - begin) / 1e9;
	out->deliveries = (double)w->ledger->deliveries;
	if (out->deliveries > 0) {
		out->user_us = used.user_us / out->deliveries;
		out->system_us = used.system_us / out->deliveries;
	}
	crowd_settle(w, 5000);
	out->last = w->ledger->last;
	out->wrong = w->ledger->lost + w->ledger->doubled + crowd_behind(w);
}

enum status floor_run(const struct floor_options *o, struct floor_result *out)
{
	struct crowd_options crowd_options = {
		.clients = o->clients, .people = 1, .samples = o->samples};
	struct sender s = {.options = o};
	struct crowd *w;
	enum status st = crowd_new(&crowd_options, &w);
	pid_t child;

	memset(out, 0, sizeof *out);
	if (st != ST_OK)
		return st;
	s.sockets = xcalloc(o->clients, sizeof *s.sockets);
	s.sent = xcalloc(o->clients, sizeof *s.sent);
	st = connect_pairs(w, s.sockets);
	child = st == ST_OK ? fork() : -1;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (o->apart)
			process_leave_cpu();
		run_sender(&s);
	}
	for (size_t i = 0; i < o->clients; i++) {
		if (s.sockets[i] > 0)
			close(s.sockets[i]);
	}
	if (child > 0) {
		measure(w, child, o, out);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	crowd_free(&w);
	free(s.sockets);
	free(s.sent);
	return child > 0 ? ST_OK : ST_IO;
}
