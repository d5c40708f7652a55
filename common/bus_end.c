/* A listener or a dialler of NNG and the TLS configuration that it was made with.  NNG keeps a
 * configuration for as long as it is used and lets nobody change it: other certificates are another
 * listener or dialler. */
#include "common/bus_end.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include <nng/supplemental/tls/tls.h>

#include "common/bus_hangup.h"
#include "common/bus_pipe.h"
#include "common/bus_pipes.h"
#include "common/log.h"
#include "common/memory.h"

/* What the certificate of the broker must say, whatever its host is called. */
#define SERVER_NAME "plume-broker"

enum {
	REBIND_TRIES = 100,
	REBIND_PAUSE_MS = 10, /* of the loop, while NNG lets go of port or connection */
	HANGUP_TRIES = 20,
};

struct bus_ends {
	struct bus_end *first;
};

struct bus_ends *bus_ends_new(void)
{
	return xcalloc(1, sizeof(struct bus_ends));
}

void bus_ends_free(struct bus_ends **ends)
{
	free(*ends);
	*ends = NULL;
}

/* -- TLS -- */

/* Gives NULL in *out for a URL without TLS. */
static int new_config(const struct bus_address *at, enum bus_way way,
		      nng_tls_config **out)
{
	bool server = way == BUS_LISTENS;
	int rv;

	*out = NULL;
	if (!bus_url_is_tls(at->url))
		return 0;
	rv = nng_tls_config_alloc(out,
				  server ? NNG_TLS_MODE_SERVER : NNG_TLS_MODE_CLIENT);
	if (rv == 0)
		rv = nng_tls_config_ca_file(*out, at->ca);
	if (rv == 0)
		rv = nng_tls_config_cert_key_file(*out, at->cert, NULL);
	if (rv == 0)
		rv = nng_tls_config_auth_mode(*out, NNG_TLS_AUTH_MODE_REQUIRED);
	/* Without a name NNG asks for none (measured): anybody's certificate would do. */
	if (rv == 0 && !server)
		rv = nng_tls_config_server_name(*out, SERVER_NAME);
	if (rv != 0 && *out != NULL) {
		nng_tls_config_free(*out);
		*out = NULL;
	}
	return rv;
}

static void free_config(nng_tls_config *c)
{
	if (c != NULL)
		nng_tls_config_free(c); /* NNG holds it for as long as it is used */
}

/* -- opening and closing -- */

static int start_listening(struct bus_end *e)
{
	int rv = nng_listener_create(&e->listener, e->socket, e->at->url);

	if (rv == 0 && e->config != NULL)
		rv = nng_listener_set_ptr(e->listener, NNG_OPT_TLS_CONFIG, e->config);
	if (rv == 0)
		rv = nng_listener_start(e->listener, 0);
	if (rv != 0 && nng_listener_id(e->listener) > 0) {
		nng_listener_close(e->listener);
		e->listener = (nng_listener)NNG_LISTENER_INITIALIZER;
	}
	bus_pipes_set_listener(e->pipes, e->listener);
	return rv;
}

static int start_dialling(struct bus_end *e)
{
	int rv = nng_dialer_create(&e->dialer, e->socket, e->at->url);

	if (rv == 0 && e->config != NULL)
		rv = nng_dialer_set_ptr(e->dialer, NNG_OPT_TLS_CONFIG, e->config);
	if (rv == 0)
		rv = nng_dialer_start(e->dialer, NNG_FLAG_NONBLOCK);
	return rv;
}

static int start(struct bus_end *e)
{
	return e->way == BUS_LISTENS ? start_listening(e) : start_dialling(e);
}

static int open_end(struct bus_end *e)
{
	int rv = new_config(e->at, e->way, &e->config);

	if (rv == 0)
		rv = start(e);
	if (rv == 0 && e->at->ends != NULL) {
		e->next = e->at->ends->first;
		e->at->ends->first = e;
	}
	return rv;
}

int bus_end_listen(struct bus_end *e, nng_socket socket, const struct bus_address *at,
		   struct bus_pipes *pipes)
{
	*e = (struct bus_end){
		.at = at, .socket = socket, .way = BUS_LISTENS, .pipes = pipes};
	return open_end(e);
}

int bus_end_dial(struct bus_end *e, nng_socket socket, const struct bus_address *at,
		 struct bus_pipe *pipe)
{
	*e = (struct bus_end){.at = at, .socket = socket, .way = BUS_DIALS, .pipe = pipe};
	pipe->end = e;
	return open_end(e);
}

/* Nothing is read from a connection that was refused, or from none: the dialler can be closed. */
static int replace_dialler(struct bus_end *e)
{
	nng_dialer_close(e->dialer);
	bus_pipe_accept(e->pipe);
	return start_dialling(e);
}

void bus_end_dial_anew(struct bus_end *e)
{
	int rv = replace_dialler(e);

	if (rv != 0)
		log_error("bus_dial_failed", "url=%s why=\"%s\"", e->at->url,
			  nng_strerror(rv));
}

void bus_end_close(struct bus_end *e)
{
	free_config(e->config);
	e->config = NULL;
	if (e->at == NULL || e->at->ends == NULL)
		return;
	for (struct bus_end **at = &e->at->ends->first; *at != NULL; at = &(*at)->next) {
		if (*at == e) {
			*at = e->next;
			break;
		}
	}
}

/* -- other certificates -- */

static void pause_a_little(void)
{
	nanosleep(&(struct timespec){.tv_nsec = REBIND_PAUSE_MS * 1000000L}, NULL);
}

/* A connection that is still there when its dialler is closed would be closed at once (common/bus_hangup.h). */
static void wait_for_hangup(struct bus_pipe *p)
{
	for (int i = 0; bus_pipe_is_there(p) && i < HANGUP_TRIES; i++)
		pause_a_little();
}

/* The old one is closed first, because two cannot have one port; its connections end before it, and
 * come back by themselves. */
static int replace(struct bus_end *e)
{
	int rv;

	if (e->way == BUS_DIALS) {
		(void)bus_pipe_refuse(e->pipe);
		bus_pipe_redial(e->pipe);
		bus_pipe_be_patient(e->pipe);
		wait_for_hangup(e->pipe);
		return replace_dialler(e);
	}
	bus_hangup_listener(e->listener);
	pause_a_little();
	nng_listener_close(e->listener);
	rv = start(e);
	for (int i = 0; rv == NNG_EADDRINUSE && i < REBIND_TRIES; i++) {
		pause_a_little();
		rv = start(e);
	}
	return rv;
}

enum status bus_certificates_check(const struct bus_address *at, enum bus_peer peer)
{
	nng_tls_config *config;
	int rv =
		new_config(at, peer == BUS_PEER_DIALS ? BUS_LISTENS : BUS_DIALS, &config);

	free_config(config);
	if (rv == 0)
		return ST_OK;
	log_error("bus_certificates_refused", "cert=%s ca=%s why=\"%s\"", at->cert,
		  at->ca, nng_strerror(rv));
	return ST_DENIED;
}

enum status bus_renew(const struct bus_address *at)
{
	enum status st = ST_OK;

	if (at->ends == NULL || !bus_url_is_tls(at->url))
		return ST_OK;
	for (struct bus_end *e = at->ends->first; e != NULL && st == ST_OK; e = e->next) {
		nng_tls_config *config;
		int rv = new_config(at, e->way, &config);

		if (rv == 0) {
			free_config(e->config);
			e->config = config;
			rv = replace(e);
		}
		if (rv != 0) {
			log_error("bus_renew_failed", "url=%s why=\"%s\"", at->url,
				  nng_strerror(rv));
			st = ST_IO;
		}
	}
	return st;
}
