/* transport.h - how letters leave: one interface, three ways.
 *
 * A transport sends any number of letters at once; the slow part of each runs on a
 * worker thread of libuv, so the loop never waits for a server or a disk.  All
 * functions here are called, and call back, on the loop's thread. */
#ifndef MAILER_TRANSPORT_H
#define MAILER_TRANSPORT_H

#include <stdint.h>

#include <uv.h>

#include "common/attr.h"
#include "common/status.h"
#include "mailer/delivery.h"
#include "mailer/talk.h"
#include "mailer/transport_spec.h"

struct letter;
struct transport;

/* result is borrowed for the call. */
typedef void transport_done_fn(void *ctx, const struct delivery_result *result);

struct transport_class {
	void (*start)(struct transport *t, const struct letter *letter,
		      uint64_t timeout_ms, transport_done_fn *on_done, void *ctx);
	void (*free)(struct transport *t);
};

/* The first member of every transport. */
struct transport {
	const struct transport_class *class;
};

/* Begins one attempt, of timeout_ms at most (a server that does not even take our
 * leave can double it).  letter and t stay until on_done(), which is called exactly
 * once and never from in here. */
void transport_start(struct transport *t, const struct letter *letter,
		     uint64_t timeout_ms, transport_done_fn *on_done, void *ctx);
/* Frees *t and sets it to NULL; NULL and *t == NULL are fine.  No attempt may be on
 * its way. */
void transport_free(struct transport **t);

/* What the transports are made of; strings are borrowed, NULL where there is none. */
struct transport_settings {
	struct transport_spec spec;
	enum transport_tls tls; /* TLS_AUTO is resolved: transport_spec_check() */
	const char *smtp_user, *smtp_password, *smtp_ca;
	const char *mailgun_key, *mailgun_url;
	/* who hears the dialogue with the server, on its thread; NULL: nobody */
	void (*on_talk)(void *ctx, enum talk_who who, struct slice line);
	void *talk_ctx;
};

/* The transport that the settings name; they must have passed transport_spec_check().
 * The reason of a failure is logged. */
enum status transport_new(uv_loop_t *loop, const struct transport_settings *settings,
			  struct transport **out) ATTR_USE_RESULT;

/* The three of them; transport_new() chooses. */
enum status transport_maildir_new(uv_loop_t *loop, const char *dir,
				  struct transport **out) ATTR_USE_RESULT;
struct transport *transport_smtp_new(uv_loop_t *loop, const struct transport_settings *s);
struct transport *transport_mailgun_new(uv_loop_t *loop,
					const struct transport_settings *s);

#endif
