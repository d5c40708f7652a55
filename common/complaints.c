/* A short table that is searched from end to end: complaining is rare, or its price is deserved. */
#include "common/complaints.h"

#include <string.h>

static struct slice name_of(struct slice peer)
{
	if (peer.len > COMPLAINTS_PEER_MAX - 1)
		peer.len = COMPLAINTS_PEER_MAX - 1;
	return peer;
}

static struct complaint *place_for(struct complaints *c, struct slice peer)
{
	struct complaint *oldest = &c->peers[0];

	for (size_t i = 0; i < COMPLAINTS_PEERS; i++) {
		struct complaint *x = &c->peers[i];

		if (x->is_used && slice_equal(slice_of(x->peer), peer))
			return x;
		if (oldest->is_used && (!x->is_used || x->said_ms < oldest->said_ms))
			oldest = x;
	}
	*oldest = (struct complaint){.times = 0};
	if (peer.len > 0)
		memcpy(oldest->peer, peer.ptr, peer.len);
	return oldest;
}

uint64_t complaints_add(struct complaints *c, struct slice peer, uint64_t now_ms)
{
	struct complaint *x = place_for(c, name_of(peer));
	uint64_t times = ++x->times;

	if (x->is_used && now_ms - x->said_ms < COMPLAINTS_EVERY_MS)
		return 0;
	x->is_used = true;
	x->said_ms = now_ms;
	x->times = 0;
	return times;
}
