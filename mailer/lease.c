/* Half of what is left, without a margin; and if that is much less than could be had, ask first. */
#include "mailer/lease.h"

enum { MARGIN_MS = 1000 }; /* for what the system does in between */

static uint64_t usable(uint64_t left_ms, uint64_t margin_ms)
{
	return left_ms > margin_ms ? (left_ms - margin_ms) / 2 : 0;
}

void lease_confirm(struct lease *l, uint64_t sent_ms)
{
	if (l->until_ms < sent_ms + l->length_ms)
		l->until_ms = sent_ms + l->length_ms;
}

uint64_t lease_time(const struct lease *l, uint64_t most_ms, uint64_t now_ms)
{
	uint64_t margin = l->length_ms / 10 < MARGIN_MS ? l->length_ms / 10 : MARGIN_MS;
	uint64_t left = l->until_ms > now_ms ? l->until_ms - now_ms : 0;
	uint64_t time = usable(left, margin);
	uint64_t worth = usable(l->length_ms, margin) * 4 / 5;

	if (worth > most_ms)
		worth = most_ms;
	if (time == 0 || time < worth)
		return 0;
	return time < most_ms ? time : most_ms;
}
