/* The one connection of a socket that dials. */
#include "common/bus_pipe.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/bus.h"
#include "common/bus_end.h"
#include "common/bus_hangup.h"
#include "common/log.h"

/* Redials of one connection. A process that was stopped for long, and NNG's threads with it, meets one. */
enum { STUCK_AFTER = 3 };
/* Looks of the watch before a second dialler, and between two later ones at most. */
enum { LOOKS_FIRST = 3, LOOKS_APART = 16 };

bool bus_pipe_is_there(struct bus_pipe *p)
{
	bool is_there;

	uv_mutex_lock(&p->lock);
	is_there = nng_pipe_id(p->pipe) > 0;
	uv_mutex_unlock(&p->lock);
	return is_there;
}

/* More and more seldom, because to find out a name or a way may take its time. */
static void dial_anew(struct bus_pipe *p)
{
	p->due += p->due < LOOKS_APART ? p->due : LOOKS_APART;
	if (bus_pipe_refuse(p))
		bus_end_dial_anew(p->end);
	else
		bus_pipe_accept(p); /* it came this moment */
}

/* NNG dials on and on and tells nobody why it fails: so we tell that it does. */
static void on_watch(uv_timer_t *watch)
{
	struct bus_pipe *p = watch->data;

	if (bus_pipe_is_there(p)) {
		if (p->absent > 1)
			log_info("bus_connected", "url=%s", p->at->url);
		bus_pipe_be_patient(p);
		return;
	}
	if (++p->absent == 2) /* once for each absence, and not for a short one */
		log_warn("bus_unconnected", "url=%s why=\"%s\"", p->at->url,
			 bus_url_is_tls(p->at->url)
				 ? "nobody there, or the certificates are not "
				   "accepted: authority, name plume-broker, dates"
				 : "nobody there, or it is not plain tcp");
	if (p->absent >= p->due)
		dial_anew(p);
}

void bus_pipe_be_patient(struct bus_pipe *p)
{
	p->absent = 0;
	p->due = LOOKS_FIRST;
}

bool bus_pipe_refuse(struct bus_pipe *p)
{
	bool is_there;

	uv_mutex_lock(&p->lock);
	is_there = nng_pipe_id(p->pipe) > 0;
	p->refuses = true;
	uv_mutex_unlock(&p->lock);
	return !is_there;
}

void bus_pipe_accept(struct bus_pipe *p)
{
	uv_mutex_lock(&p->lock);
	p->refuses = false;
	uv_mutex_unlock(&p->lock);
}

void bus_pipe_init(struct bus_pipe *p, uv_loop_t *loop, const struct bus_address *at)
{
	if (uv_mutex_init(&p->lock) != 0 || uv_timer_init(loop, &p->watch) != 0)
		abort(); /* before anything was opened */
	p->at = at;
	bus_pipe_be_patient(p);
	p->watch.data = p;
	uv_timer_start(&p->watch, on_watch, BUS_PATIENCE_MS / 2, BUS_PATIENCE_MS / 2);
	uv_unref((uv_handle_t *)&p->watch);
}

void bus_pipe_close(struct bus_pipe *p, uv_close_cb on_closed, void *owner)
{
	uv_mutex_destroy(&p->lock);
	p->watch.data = owner;
	uv_close((uv_handle_t *)&p->watch, on_closed);
}

/* A connection that is refused before it was added has had nothing read from it, so that it can be closed. */
static void on_pipe(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
	struct bus_pipe *p = arg;
	bool is_refused = false;

	uv_mutex_lock(&p->lock);
	if (event == NNG_PIPE_EV_ADD_PRE) {
		is_refused = p->refuses;
		if (!is_refused)
			p->pipe = pipe;
	} else if (nng_pipe_id(p->pipe) == nng_pipe_id(pipe)) {
		p->pipe = (nng_pipe)NNG_PIPE_INITIALIZER;
	}
	uv_mutex_unlock(&p->lock);
	if (is_refused)
		nng_pipe_close(pipe);
}

int bus_pipe_open(struct bus_pipe *p, nng_socket s)
{
	int rv = nng_pipe_notify(s, NNG_PIPE_EV_ADD_PRE, on_pipe, p);

	if (rv == 0)
		rv = nng_pipe_notify(s, NNG_PIPE_EV_REM_POST, on_pipe, p);
	return rv;
}

/* Asked for again, and the connection that was hung up is still there. */
static void insist(struct bus_pipe *p, nng_pipe pipe, enum hangup hangup)
{
	if (++p->overs >= STUCK_AFTER &&
	    uv_now(p->watch.loop) - p->over_ms >= BUS_PATIENCE_MS) {
		log_error("bus_stuck",
			  "url=%s why=\"NNG keeps a connection that is over\"",
			  p->at->url);
		_exit(1); /* it would stay deaf: the next start can do better */
	}
	if (hangup == HANGUP_GONE)
		nng_pipe_close(pipe); /* long enough since: nothing reads from it */
}

void bus_pipe_redial(struct bus_pipe *p)
{
	enum hangup hangup;
	nng_pipe pipe;

	uv_mutex_lock(&p->lock);
	pipe = p->pipe;
	uv_mutex_unlock(&p->lock);
	if (nng_pipe_id(pipe) <= 0)
		return; /* NNG dials already */
	hangup = bus_hangup_pipe(pipe);
	if (hangup == HANGUP_UNABLE)
		return;
	if (p->over == nng_pipe_id(pipe)) {
		insist(p, pipe, hangup);
		return;
	}
	p->over = nng_pipe_id(pipe);
	p->over_ms = uv_now(p->watch.loop);
	p->overs = 0;
}
