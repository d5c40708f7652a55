/* fanout.h - from the bus to the browsers: events in, the frame log, paced flushes.
 *
 * PUB is a hint, the numbers are the truth: posts enter the log strictly in seq order, each once; a
 * hole is repaired by asking the broker (SYNC), and nothing is given to a browser past a hole.
 * The first post after a quiet moment leaves at once; then there is at most one flush per interval, or
 * per twice the time a flush takes when that is longer. */
#ifndef GATEWAY_FANOUT_H
#define GATEWAY_FANOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "common/bus_msg.h"
#include "gateway/frame_log.h"

struct bus_address;
struct gateway;
struct fanout;

enum {
	FANOUT_LOG_BYTES = 4 << 20,
	FANOUT_LOG_FRAMES = 1 << 15,
	/* Posts asked for at the start, so that most who return are served from memory. */
	FANOUT_WARM_POSTS = 1000,
	/* How long an event may be later than the answer that tells of it, before it is asked for. */
	FANOUT_PATIENCE_MS = 100,
	/* After which a SYNC that was not answered is sent again. */
	FANOUT_SYNC_MS = 3000,
	/* Silence of the events, whose link the broker beats on several times a second, after which it is
	 * dialled anew. */
	FANOUT_SILENCE_MS = 2000,
};

/* Lives as long as the process. */
enum status fanout_new(uv_loop_t *loop, struct gateway *g, const struct bus_address *at,
		       uint64_t interval_ms, struct fanout **out) ATTR_USE_RESULT;
const struct frame_log *fanout_log(const struct fanout *f);

/* The broker's word on the room's numbers: begins anew when is_new says so. */
void fanout_on_results(struct fanout *f, const struct bus_results *m, bool is_new);
/* The head of an answer to the gateway's own SYNC, and each post of it. */
void fanout_on_synced(struct fanout *f, const struct bus_synced *m);
void fanout_on_post(struct fanout *f, const struct bus_post *m);
/* The end of an answer: what is still missing is asked for at once. */
void fanout_on_done(struct fanout *f);
/* Answers that were on their way will not come: what is missing is asked for anew. */
void fanout_forget_sync(struct fanout *f);
/* Did anything come over the events endpoint yet? */
bool fanout_hears(const struct fanout *f);
/* How long nothing came over it. */
uint64_t fanout_silence_ms(const struct fanout *f);
/* Frames of the bus that were thrown away before they got here. */
uint64_t fanout_dropped(const struct fanout *f);
/* Has the log everything the broker told of? */
bool fanout_is_whole(const struct fanout *f);
/* Are too many browsers too far behind (backpressure.h)? */
bool fanout_is_behind(const struct fanout *f);
/* Was everything in the log flushed? */
bool fanout_is_flushed(const struct fanout *f);
/* At the end of each loop turn: flushes, if there is something new and it is time. */
void fanout_turn(struct fanout *f);

#endif
