/* bus.h - the sockets of the bus: four roles over NNG, delivered on the libuv loop.
 *
 * NNG runs its own threads.  They do two things here: put a message into an inbox, and wake the
 * loop; every callback below runs on the loop's thread, and every function is to be called
 * there.  Frames are bytes; bus_msg.h gives them meaning.  Frames over BUS_FRAME_MAX
 * are refused by every socket, which closes the connection they came over.
 *
 * URLs: tcp://HOST:PORT, and tls+tcp://HOST:PORT with certificates on both sides.  (ipc:// is
 * refused: with NNG 1.5.2 a peer that leaves while it connects ends the listener for good.) */
#ifndef COMMON_BUS_H
#define COMMON_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

/* The four endpoints, in the order of their ports. */
enum bus_endpoint {
	ENDPOINT_EVENTS,
	ENDPOINT_COMMANDS,
	ENDPOINT_MAIL,
	ENDPOINT_CONTROL,
	ENDPOINT_COUNT,
};

enum { BUS_URL_CAP = 256 };

struct bus_ends;
/* The sockets made at an address, for bus_renew(); lives as long as they do. */
struct bus_ends *bus_ends_new(void);
void bus_ends_free(struct bus_ends **ends);

/* Where an endpoint is and, in TLS, what each side shows.  Files are PEM.  All is borrowed for the
 * life of the sockets that are made with it. */
struct bus_address {
	char url[BUS_URL_CAP];
	const char *ca;   /* tls+tcp: who must have signed the other side's certificate */
	const char *cert; /* tls+tcp: our certificate and its key */
	struct bus_ends *ends; /* NULL: bus_renew() has nothing to do */
};

/* Can the certificates be used, where there are any?  Logs why not. */
enum bus_peer { BUS_PEER_DIALS, BUS_PEER_LISTENS };
enum status bus_certificates_check(const struct bus_address *at,
				   enum bus_peer peer) ATTR_USE_RESULT;
/* Reads the certificates anew, for every socket at the address: its connections end and come back
 * with the new ones.  To be checked before: what fails now leaves its socket without connections. */
enum status bus_renew(const struct bus_address *at) ATTR_USE_RESULT;

/* The URL of an endpoint whose first one is bus: its port moved up by the endpoint's place.
 * ST_RANGE: not a URL of the bus, or no port is left. */
enum status bus_endpoint_url(const char *bus, enum bus_endpoint endpoint, char *buf,
			     size_t cap) ATTR_USE_RESULT;
/* Is it a URL the bus takes? */
bool bus_url_is_valid(const char *url);
/* Of a valid one: is it TLS?  Does it stay on this machine? */
bool bus_url_is_tls(const char *url);
bool bus_url_is_loopback(const char *url);

/* -- publisher: listens; every subscriber gets every frame, or silently not -- */

struct bus_publisher;
enum status bus_publisher_new(uv_loop_t *loop, const struct bus_address *at,
			      struct bus_publisher **out) ATTR_USE_RESULT;
/* Connections that were ended because they did not show in time who they are. */
uint64_t bus_publisher_strangers(const struct bus_publisher *p);
void bus_publish(struct bus_publisher *p, struct slice frame);
void bus_publisher_free(struct bus_publisher **p);

/* -- subscriber: dials, and redials by itself; as a requester, it logs when there is no connection for
 * BUS_PATIENCE_MS, because NNG tells of a dial that fails to nobody -- */

struct bus_subscriber;
typedef void bus_frame_fn(void *ctx, struct slice frame);
enum status bus_subscriber_new(uv_loop_t *loop, const struct bus_address *at,
			       bus_frame_fn *on_frame, void *ctx,
			       struct bus_subscriber **out) ATTR_USE_RESULT;
/* Frames thrown away because the loop did not take them in time (BUS_INBOX_MAX bytes). */
uint64_t bus_subscriber_dropped(const struct bus_subscriber *s);
/* Is there a connection to the publisher, as far as TCP knows? */
bool bus_subscriber_is_connected(struct bus_subscriber *s);
/* Ends the connection, so that it is dialled anew: a link that died without a word (half-open TCP) is
 * noticed by nothing but silence. */
void bus_subscriber_redial(struct bus_subscriber *s);
void bus_subscriber_free(struct bus_subscriber **s);

enum { BUS_INBOX_MAX = 64 << 20, BUS_PATIENCE_MS = 5000 };

/* -- requester: dials; one request in flight, sent again until it is answered -- */

struct bus_requester;
/* on_answer: the next request may be sent from there. */
enum status bus_requester_new(uv_loop_t *loop, const struct bus_address *at,
			      bus_frame_fn *on_answer, void *ctx,
			      struct bus_requester **out) ATTR_USE_RESULT;
/* Copies frame.  Nothing may be in flight. */
void bus_request(struct bus_requester *r, struct slice frame);
bool bus_requester_is_waiting(const struct bus_requester *r);
/* Is there a connection to the other side, as far as TCP knows? */
bool bus_requester_is_connected(struct bus_requester *r);
/* After how long without an answer a request is sent again (BUS_RESEND_MS unless set): longer for
 * requests whose answer the other side may hold. */
void bus_requester_set_resend(struct bus_requester *r, int resend_ms);
/* As bus_subscriber_redial(); a request in flight is sent again over the new connection. */
void bus_requester_redial(struct bus_requester *r);
void bus_requester_free(struct bus_requester **r);

enum { BUS_RESEND_MS = 1000 };

/* -- replier: listens; each request is answered once, at any later time -- */

struct bus_replier;
struct bus_call; /* one request and the duty to answer it */
typedef void bus_call_fn(void *ctx, struct bus_call *call, struct slice frame);
/* calls: how many requests may be held at once; further ones wait in their sockets. */
enum status bus_replier_new(uv_loop_t *loop, const struct bus_address *at, size_t calls,
			    bus_call_fn *on_call, void *ctx,
			    struct bus_replier **out) ATTR_USE_RESULT;
/* Ends the call.  An empty frame gives no answer: the peer will ask again. */
void bus_answer(struct bus_call *call, struct slice frame);
/* The IP address of the peer that asks, as text; "gone" when it did not wait. */
enum { BUS_PEER_SIZE = 48 };
void bus_call_peer(const struct bus_call *c, char out[BUS_PEER_SIZE]);
/* Has the connection gone that this held call came over?  Its answer would reach nobody. */
bool bus_call_is_orphan(const struct bus_call *call);
/* As bus_publisher_strangers(). */
uint64_t bus_replier_strangers(const struct bus_replier *r);
/* Every held call must be answered first, or is dropped. */
void bus_replier_free(struct bus_replier **r);

#endif
