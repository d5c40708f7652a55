/* crowd.h - all the clients of a run, their epoll, their logins.
 *
 * A person logs in once, with a code by mail (mailman.h), and is a client; clients beyond the number of
 * people resume a person's session, as further tabs do.  One thread; the only waiting is in
 * crowd_turn(). */
#ifndef TESTS_BENCH_CROWD_H
#define TESTS_BENCH_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>
#include <uv.h>

#include "common/attr.h"
#include "common/status.h"
#include "tests/bench/client.h"
#include "tests/bench/ledger.h"

struct bus_address;
enum {
	CROWD_TOKEN = 64,
	CROWD_GATEWAYS = 64,
	CROWD_QUIET_MS = 300, /* without a post: everybody has everything */
};

struct crowd_options {
	const struct config_list
		*gateways; /* HOST:PORT each; clients are dealt out in turn */
	const struct bus_address *mail; /* the mail endpoint */
	size_t clients, people, samples, window;
	size_t bytes; /* of a text */
	int receive_buffer;
};

struct person {
	char ticket[CROWD_TOKEN + 1], code[33], token[CROWD_TOKEN + 1], epoch[17];
	struct client *at; /* the client that logs in */
};

struct crowd {
	struct crowd_options options;
	int poll;
	uv_loop_t loop; /* of the bus only */
	struct client *clients;
	struct person *people;
	struct ledger *ledger;
	struct histogram entering; /* ns from dialling to the ack */
	char *buffer;
	struct {
		struct sockaddr_storage address;
		socklen_t len;
		char host[64];
	} gateways[CROWD_GATEWAYS];
	size_t n_gateways;
	uint32_t run;           /* random: names of this run */
	size_t inside, entered; /* now; ever */
	uint64_t ids;           /* of posts, ever */
	uint64_t posted, refused_fast, refused_busy, refused_else;
	uint64_t turned_away;         /* who came in and is to come again */
	uint64_t closed, closed_slow; /* by the gateway; with 1013 */
	uint64_t failed;              /* connections and logins */
	uint64_t activity_ns;         /* the last post that arrived */
};

/* Connects nobody yet.  Complains on stderr. */
enum status crowd_new(const struct crowd_options *options,
		      struct crowd **out) ATTR_USE_RESULT;
/* Lets clients first..first+n-1 in, options.window at a time; ST_IO: not all of them came in. */
enum status crowd_enter(struct crowd *w, size_t first, size_t n) ATTR_USE_RESULT;
/* Begins with one client: by login when its person has no session yet, else by resuming. */
void crowd_begin(struct crowd *w, struct client *c);
/* Waits for at most so long, and takes in what arrives. */
void crowd_turn(struct crowd *w, uint64_t wait_ns);
/* Until nothing has arrived for CROWD_QUIET_MS, at most so long. */
void crowd_settle(struct crowd *w, uint64_t most_ms);
/* This client says something. */
void crowd_post(struct crowd *w, struct client *c);
/* As many texts in one piece, so that they arrive together. */
void crowd_post_together(struct crowd *w, struct client *c, size_t n);
/* Starts a measurement: all who are inside are readers. */
void crowd_measure(struct crowd *w);
/* How many readers do not stand where the newest post is. */
size_t crowd_behind(const struct crowd *w);
void crowd_leave(struct crowd *w, struct client *c);
/* Whoever was let go resumes, the window at a time, until all are inside and stand at the newest post. */
void crowd_come_back(struct crowd *w, uint64_t most_ms);
/* Ends all connections; not for a crowd that takes mail. */
void crowd_free(struct crowd **w);

#endif
