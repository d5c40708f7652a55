/* Whoever is connected and not known to NNG's socket is a stranger. */
#include "common/bus_pipes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/bus_hangup.h"
#include "common/bus_sockaddr.h"
#include "common/log.h"
#include "common/memory.h"

enum { LOOK_MS = 1000, KNOWN_FIRST = 16 };

struct bus_known {
	int pipe;
	nng_sockaddr remote;
};

/* -- those who got through; NNG's threads -- */

static void add(struct bus_pipes *p, nng_pipe pipe)
{
	struct bus_known k = {.pipe = nng_pipe_id(pipe)};

	if (nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &k.remote) != 0)
		return; /* it has gone */
	uv_mutex_lock(&p->lock);
	if (p->n == p->cap) {
		p->cap = p->cap == 0 ? KNOWN_FIRST : 2 * p->cap;
		p->known = xrealloc(p->known, p->cap * sizeof *p->known);
	}
	p->known[p->n++] = k;
	uv_mutex_unlock(&p->lock);
}

static void drop(struct bus_pipes *p, int pipe)
{
	uv_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n; i++) {
		if (p->known[i].pipe == pipe) {
			p->known[i] = p->known[--p->n];
			break;
		}
	}
	uv_mutex_unlock(&p->lock);
}

static void on_pipe(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
	struct bus_pipes *p = arg;

	if (event == NNG_PIPE_EV_ADD_PRE) {
		add(p, pipe);
		return;
	}
	drop(p, nng_pipe_id(pipe));
	if (p->on_lost != NULL)
		p->on_lost(p->ctx, nng_pipe_id(pipe));
}

bool bus_pipes_has(struct bus_pipes *p, int pipe)
{
	bool found = false;

	uv_mutex_lock(&p->lock);
	for (size_t i = 0; !found && i < p->n; i++)
		found = p->known[i].pipe == pipe;
	uv_mutex_unlock(&p->lock);
	return found;
}

static bool is_known(struct bus_pipes *p, const nng_sockaddr *remote)
{
	bool found = false;

	uv_mutex_lock(&p->lock);
	for (size_t i = 0; !found && i < p->n; i++)
		found = bus_sockaddr_is(&p->known[i].remote, remote);
	uv_mutex_unlock(&p->lock);
	return found;
}

/* -- those who do not; the loop -- */

static void turn_away(struct bus_pipes *p, const struct bus_stranger *s, uint64_t now_ms)
{
	char peer[BUS_PEER_SIZE];
	uint64_t times;

	if (!bus_hangup_one(s->fd, &s->remote))
		return; /* it went by itself */
	p->turned_away++;
	bus_sockaddr_text(&s->remote, peer);
	times = complaints_add(&p->complaints, slice_of(peer), now_ms);
	if (times > 0)
		log_warn("bus_stranger", "peer=%s url=%s times=%" PRIu64 " why=\"%s\"",
			 peer, p->at->url, times,
			 now_ms - s->since_ms < BUS_STRANGER_MS
				 ? "too many at once that have not shown who they are"
				 : "did not show in time who it is");
}

static void look_at(void *ctx, int fd, const nng_sockaddr *remote)
{
	struct bus_pipes *p = ctx;
	uint64_t now_ms = uv_now(p->watch.loop);
	struct bus_stranger over;

	if (!is_known(p, remote) &&
	    bus_strangers_see(&p->strangers, fd, remote, now_ms, &over))
		turn_away(p, &over, now_ms);
}

static void on_watch(uv_timer_t *watch)
{
	struct bus_pipes *p = watch->data;
	nng_sockaddr local;

	if (nng_listener_get_addr(p->listener, NNG_OPT_LOCADDR, &local) != 0)
		return;
	bus_strangers_look(&p->strangers);
	(void)bus_hangup_each(&local, look_at, p);
}

void bus_pipes_init(struct bus_pipes *p, uv_loop_t *loop, const struct bus_address *at)
{
	if (uv_mutex_init(&p->lock) != 0 || uv_timer_init(loop, &p->watch) != 0 ||
	    !bus_hangup_prepare())
		abort(); /* out of descriptors before the first one was used */
	p->at = at;
	p->watch.data = p;
	uv_timer_start(&p->watch, on_watch, LOOK_MS, LOOK_MS);
	uv_unref((uv_handle_t *)&p->watch);
}

int bus_pipes_open(struct bus_pipes *p, nng_socket s, bus_lost_fn *on_lost, void *ctx)
{
	int rv = nng_pipe_notify(s, NNG_PIPE_EV_ADD_PRE, on_pipe, p);

	p->on_lost = on_lost;
	p->ctx = ctx;
	if (rv == 0)
		rv = nng_pipe_notify(s, NNG_PIPE_EV_REM_POST, on_pipe, p);
	return rv;
}

void bus_pipes_set_listener(struct bus_pipes *p, nng_listener listener)
{
	p->listener = listener;
}

void bus_pipes_close(struct bus_pipes *p, uv_close_cb on_closed, void *owner)
{
	uv_mutex_destroy(&p->lock);
	free(p->known);
	p->watch.data = owner;
	uv_close((uv_handle_t *)&p->watch, on_closed);
}
