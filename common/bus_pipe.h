/* bus_pipe.h - the one connection of a socket that dials: is it there, and how it is ended.  Only
 * common/bus_*.c includes this. */
#ifndef COMMON_BUS_PIPE_H
#define COMMON_BUS_PIPE_H

#include <stdbool.h>
#include <stdint.h>

#include <nng/nng.h>
#include <uv.h>

struct bus_address;
struct bus_end;

/* Written by NNG's threads.  The watch tells who waits for a connection in vain, and then has it dialled
 * anew: NNG 1.5.2 sets no end to a handshake of TLS. */
struct bus_pipe {
	uv_mutex_t lock;
	nng_pipe pipe; /* id 0: none */
	struct bus_end *end;
	uv_timer_t watch;
	bool refuses;    /* a connection that comes now would be of a dialler that goes */
	unsigned absent; /* looks of the watch in a row that found none */
	unsigned due;    /* at how many of them it is dialled anew */
	int over;        /* id of the connection that was hung up last, */
	unsigned overs;  /* how often again, */
	uint64_t over_ms; /* and since when */
	const struct bus_address *at;
};

void bus_pipe_init(struct bus_pipe *p, uv_loop_t *loop, const struct bus_address *at);
/* Begins to follow the socket's connection; returns NNG's error. */
int bus_pipe_open(struct bus_pipe *p, nng_socket s);
bool bus_pipe_is_there(struct bus_pipe *p);
/* There was a reason to be without a connection: the watch begins to count again. */
void bus_pipe_be_patient(struct bus_pipe *p);
/* The dialler will go: a connection that it makes now is refused.  True when there is none yet. */
bool bus_pipe_refuse(struct bus_pipe *p);
/* Connections are welcome again. */
void bus_pipe_accept(struct bus_pipe *p);
/* Hangs the connection up (common/bus_hangup.h), so that NNG dials anew.  Asked for again, it closes what NNG
 * has not noticed to be over (in TLS, where an error of sending is lost between two receives).  When that
 * was asked for again and again for BUS_PATIENCE_MS, and the same connection is still there, NNG is stuck,
 * and the process is ended. */
void bus_pipe_redial(struct bus_pipe *p);
/* The socket is closed; on_closed(watch) is called later, its watch.data is owner. */
void bus_pipe_close(struct bus_pipe *p, uv_close_cb on_closed, void *owner);

#endif
