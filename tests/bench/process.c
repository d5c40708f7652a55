/* /proc/PID/stat for time, /proc/PID/smaps_rollup for memory. */
#define _GNU_SOURCE /* sched_setaffinity */
#include "tests/bench/process.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/number.h"

uint64_t process_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static FILE *open_of(int pid, const char *name)
{
	char path[64];

	return fmt(path, sizeof path, "/proc/%d/%s", pid, name) ? fopen(path, "r") : NULL;
}

static bool cpu_of(int pid, struct process_cpu *out)
{
	char line[1024];
	FILE *f = open_of(pid, "stat");
	char *p = f != NULL ? fgets(line, sizeof line, f) : NULL;
	unsigned long long user, kernel;
	double us_per_tick = 1e6 / (double)sysconf(_SC_CLK_TCK);
	bool good;

	/* The second field is the name in brackets, which may hold anything; fields 14 and 15 count. */
	p = p != NULL ? strrchr(line, ')') : NULL;
	good = p != NULL &&
	       sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
		      &user, &kernel) == 2;
	if (f != NULL)
		fclose(f);
	if (good)
		*out = (struct process_cpu){(double)user * us_per_tick,
					    (double)kernel * us_per_tick};
	return good;
}

enum status processes_of(const struct config_list *items, struct processes *out)
{
	struct process_cpu cpu;
	uint64_t pid;

	*out = (struct processes){.n = 0};
	for (size_t i = 0; i < items->n && i < PROCESSES_MAX; i++) {
		if (number_parse(slice_of(items->items[i]), &pid) != ST_OK ||
		    pid > INT32_MAX || !cpu_of((int)pid, &cpu))
			return ST_TYPE;
		out->pids[out->n++] = (int)pid;
	}
	return ST_OK;
}

struct process_cpu processes_cpu(const struct processes *p)
{
	struct process_cpu sum = {0, 0}, one;

	for (size_t i = 0; i < p->n; i++) {
		if (cpu_of(p->pids[i], &one)) {
			sum.user_us += one.user_us;
			sum.system_us += one.system_us;
		}
	}
	return sum;
}

struct process_cpu process_cpu_since(struct process_cpu now, struct process_cpu then)
{
	return (struct process_cpu){now.user_us - then.user_us,
				    now.system_us - then.system_us};
}

uint64_t processes_memory(const struct processes *p)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p->n; i++) {
		char line[256];
		unsigned long long kib;
		FILE *f = open_of(p->pids[i], "smaps_rollup");

		while (f != NULL && fgets(line, sizeof line, f) != NULL) {
			if (sscanf(line, "Pss: %llu kB", &kib) == 1)
				sum += kib * 1024;
		}
		if (f != NULL)
			fclose(f);
	}
	return sum;
}

enum status process_keep_one_cpu(void)
{
	cpu_set_t all, one;
	size_t last = 0;

	if (sched_getaffinity(0, sizeof all, &all) != 0 || CPU_COUNT(&all) < 2)
		return ST_RANGE;
	for (size_t i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &all))
			last = i;
	}
	CPU_ZERO(&one);
	CPU_SET(last, &one);
	return sched_setaffinity(0, sizeof one, &one) == 0 ? ST_OK : ST_IO;
}

void process_leave_cpu(void)
{
	cpu_set_t mine, others;

	CPU_ZERO(&others);
	(void)sched_getaffinity(0, sizeof mine, &mine);
	for (size_t i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &mine))
			CPU_SET(i, &others);
	}
	/* The kernel leaves out those that are not ours. */
	(void)sched_setaffinity(0, sizeof others, &others);
}
