/* complaints.h - what is said in the log about peers that break the rules: once per peer and minute, with
 * how often it happened.
 *
 * Bound: COMPLAINTS_PEERS peers are told apart; a further one takes the place of the one complained
 * about longest ago. */
#ifndef COMMON_COMPLAINTS_H
#define COMMON_COMPLAINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"

enum { COMPLAINTS_PEERS = 32, COMPLAINTS_PEER_MAX = 64, COMPLAINTS_EVERY_MS = 60000 };

struct complaint {
	char peer[COMPLAINTS_PEER_MAX];
	uint64_t times; /* since it was last said */
	uint64_t said_ms;
	bool is_used;
};

/* All zero: nobody was complained about. */
struct complaints {
	struct complaint peers[COMPLAINTS_PEERS];
};

/* One complaint more about this peer (clipped to COMPLAINTS_PEER_MAX - 1 bytes).  How often since it was last
 * said, when it is time to say it; 0: it is counted only. */
uint64_t complaints_add(struct complaints *c, struct slice peer, uint64_t now_ms);

#endif
