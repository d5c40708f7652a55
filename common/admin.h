/* admin.h - what a process says of itself over HTTP, on an address for its operator.
 *
 *   GET /livez    200 while the loop turns; 503 when it did not answer within ADMIN_LIVE_MS
 *   GET /readyz   200 when the process can do its work; else 503 and why, as text
 *   GET /metrics  its numbers, for Prometheus
 *
 * Other paths are 404, other methods 405.  libmicrohttpd serves on threads of its own, but every
 * answer is made by the loop: so who asks learns whether the loop is alive, and nothing is shared.
 * Bounds: ADMIN_CONNECTIONS at a time, each of ADMIN_IDLE_S seconds of silence at most. */
#ifndef COMMON_ADMIN_H
#define COMMON_ADMIN_H

#include <stdbool.h>
#include <stdio.h>

#include <uv.h>

#include "common/attr.h"
#include "common/status.h"

enum {
	ADMIN_CONNECTIONS = 32,
	ADMIN_IDLE_S = 15,
	/* How long the loop may take: liveness is patient, because its failure kills. */
	ADMIN_LIVE_MS = 10000,
	ADMIN_READY_MS = 2000,
	ADMIN_METRICS_MS = 5000,
};

/* Both are called on the loop.  *why is a constant text, for false. */
typedef bool admin_ready_fn(void *ctx, const char **why);
typedef void admin_metrics_fn(void *ctx, FILE *out);

struct admin_setup {
	uv_loop_t *loop;
	const char *address; /* HOST:PORT; port 0: a free one */
	admin_ready_fn *is_ready;
	admin_metrics_fn *metrics;
	void *ctx;
};

struct admin;

bool admin_address_is_valid(const char *address);
/* Lives as long as the process.  Logs what is wrong, but not that the
 * address is taken (ST_BUSY). */
enum status admin_new(const struct admin_setup *setup,
		      struct admin **out) ATTR_USE_RESULT;
/* HOST:PORT, with the port that was taken. */
const char *admin_address(const struct admin *a);

#endif
