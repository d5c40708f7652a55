/* lease.h - for how long a letter is ours, and so for how long an attempt to send it may last.
 *
 * Pure.  The broker lets another mailer take a letter when its lease ends; a lease begins anew with each
 * report that the broker answers "known".  An attempt must be over before that, with everything that
 * can delay its end: curl may take its time twice (once for the letter, once for QUIT). */
#ifndef MAILER_LEASE_H
#define MAILER_LEASE_H

#include <stdint.h>

struct lease {
	uint64_t length_ms;
	uint64_t until_ms; /* 0: not confirmed yet */
};

/* The broker answered "known" to a report that was first sent at sent_ms. */
void lease_confirm(struct lease *l, uint64_t sent_ms);
/* How long an attempt begun now may last, at most most_ms; 0: the lease must be confirmed
 * first. */
uint64_t lease_time(const struct lease *l, uint64_t most_ms, uint64_t now_ms);

#endif
