/* bus_hangup.h - ends connections of NNG from below, as if the peer had hung up.
 *
 * nng_pipe_close() and nng_listener_close() end a connection at once, and then NNG 1.5.2 may wait for
 * ever, and with it every later end of a connection in the process: when its thread has read the length
 * of a frame and not yet the rest (tests/unit/common/test_bus_hangup.c, where one of ten or so does it;
 * NNG's issue 1813).  A socket that is shut for reading gives NNG what has arrived and then the end.
 * Only common/bus_*.c includes this. */
#ifndef COMMON_BUS_HANGUP_H
#define COMMON_BUS_HANGUP_H

#include <stdbool.h>

#include <nng/nng.h>

/* The connection of pipe, which must have an id; all that listener accepted.  False: nothing was done,
 * because no descriptor was free to look for them. */
bool bus_hangup_pipe(nng_pipe pipe);
bool bus_hangup_listener(nng_listener listener);

#endif
