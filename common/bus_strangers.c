/* Places in which the strangers of the last look stand. */
#include "common/bus_strangers.h"

#include <stddef.h>

#include "common/bus_sockaddr.h"

void bus_strangers_look(struct bus_strangers *s)
{
	s->look++;
}

static bool is_free(const struct bus_strangers *s, const struct bus_stranger *place)
{
	return place->look == 0 || place->look + 1 < s->look;
}

/* Its own place, or a free one, or that of the one that has taken longest. */
static struct bus_stranger *place_of(struct bus_strangers *s, const nng_sockaddr *remote)
{
	struct bus_stranger *best = &s->places[0];

	for (size_t i = 0; i < BUS_STRANGERS_MAX; i++) {
		struct bus_stranger *place = &s->places[i];

		if (is_free(s, place)) {
			best = place;
			continue;
		}
		if (bus_sockaddr_is(&place->remote, remote))
			return place;
		if (!is_free(s, best) && place->since_ms < best->since_ms)
			best = place;
	}
	return best;
}

bool bus_strangers_see(struct bus_strangers *s, int fd, const nng_sockaddr *remote,
		       uint64_t now_ms, struct bus_stranger *over)
{
	struct bus_stranger *place = place_of(s, remote);
	bool was_free = is_free(s, place);

	*over = *place;
	if (was_free || !bus_sockaddr_is(&place->remote, remote)) {
		*place = (struct bus_stranger){*remote, fd, now_ms, s->look};
		return !was_free;
	}
	place->look = s->look;
	if (now_ms - place->since_ms < BUS_STRANGER_MS)
		return false;
	place->look = 0;
	return true;
}
