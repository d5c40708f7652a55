/* process.h - what other processes cost: CPU time and memory, as the kernel tells (proc(5)). */
#ifndef TESTS_BENCH_PROCESS_H
#define TESTS_BENCH_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/config.h"
#include "common/status.h"

enum { PROCESSES_MAX = 32 };

struct process_cpu {
	double user_us,
		system_us; /* the kernel measures their sum and estimates how it divides */
};

struct processes {
	size_t n;
	int pids[PROCESSES_MAX];
};

/* items: process numbers.  ST_TYPE: one is none, or does not run. */
enum status processes_of(const struct config_list *items,
			 struct processes *out) ATTR_USE_RESULT;
/* All of them together, since they began. */
struct process_cpu processes_cpu(const struct processes *p);
struct process_cpu process_cpu_since(struct process_cpu now, struct process_cpu then);
/* The share of memory that is theirs (PSS); 0 where the system does not tell. */
uint64_t processes_memory(const struct processes *p);

/* Nanoseconds of the monotonic clock. */
uint64_t process_clock(void);

/* Where sender and reader run decides what a send costs - half as much on one processor as on two -, and the
 * kernel moves both about.  This keeps the process to the last processor it may use; ST_RANGE: it
 * has no other. */
enum status process_keep_one_cpu(void) ATTR_USE_RESULT;
/* Goes to those that it, or who forked it, left with that. */
void process_leave_cpu(void);

#endif
