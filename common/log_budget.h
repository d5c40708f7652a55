/* log_budget.h - how many lines may be logged, so that no stranger fills a disk by what is said of them.
 *
 * Errors have a bucket of their own, as large as that of all other levels together: a flood of the one leaves the
 * other its lines.  Each gives LOG_BUDGET_BURST_S seconds' worth of lines at once, then lines_per_s. */
#ifndef COMMON_LOG_BUDGET_H
#define COMMON_LOG_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bucket.h"

enum { LOG_BUDGET_BURST_S = 5, LOG_BUDGET_RATE_MOST = 1000000 };

/* All zero: no bound. */
struct log_budget {
	struct bucket_rule rule; /* here in microseconds */
	struct bucket errors, others;
};

/* From now on; 0: no bound, at most LOG_BUDGET_RATE_MOST.  Another rate begins with full buckets. */
void log_budget_set(struct log_budget *b, uint64_t lines_per_s);
/* May a line be written now?  If so, it counts. */
bool log_budget_take(struct log_budget *b, bool is_error, uint64_t now_us);

#endif
