/* One row each of the option tables, and what they mean together. */
#include "common/bus_options.h"

#include "common/certificate.h"
#include "common/config_secret.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/memory.h"

enum { SHOWN_CAP = 128 };

struct asking {
	const struct config_program *program;
	const struct config_source *source;
};

#define REFUSE(a, ...) (config_complain((a)->program, (a)->source, __VA_ARGS__), false)

static bool find_url(const struct asking *a, const struct bus_settings *s,
		     enum bus_endpoint endpoint, char url[BUS_URL_CAP])
{
	const char *given = s->endpoints[endpoint];
	char shown[SHOWN_CAP];
	bool good =
		given != NULL
			? bus_url_is_valid(given) && fmt(url, BUS_URL_CAP, "%s", given)
			: bus_endpoint_url(s->url, endpoint, url, BUS_URL_CAP) == ST_OK;

	if (good)
		return true;
	return REFUSE(
		a, "%s is not a bus address: tcp://HOST:PORT or tls+tcp://HOST:PORT is",
		log_quote(shown, sizeof shown, slice_of(given != NULL ? given : s->url)));
}

struct ca {
	const char *option, *file;
};

/* Whose signature counts there. */
static struct ca find_ca(const struct bus_settings *s, enum bus_endpoint endpoint,
			 enum bus_peer peer)
{
	if (peer == BUS_PEER_LISTENS)
		return (struct ca){"--bus-ca", s->ca};
	switch (endpoint) {
	case ENDPOINT_MAIL:
		return (struct ca){"--mailer-ca", s->mailer_ca};
	case ENDPOINT_CONTROL:
		return (struct ca){"--control-ca", s->control_ca};
	case ENDPOINT_EVENTS:
	case ENDPOINT_COMMANDS:
	case ENDPOINT_COUNT:
		break;
	}
	return (struct ca){"--gateway-ca", s->gateway_ca};
}

static bool check_file(const struct asking *a, const char *option, const char *file,
		       enum config_file_kind kind, enum certificate_use use)
{
	char shown[SHOWN_CAP];
	const char *why;

	if (config_file_check(file, kind, &why) == ST_OK &&
	    certificate_check(file, use, daemon_wall_ms(), &why) == ST_OK)
		return true;
	return REFUSE(a, "%s: %s: %s", option,
		      log_quote(shown, sizeof shown, slice_of(file)), why);
}

static bool check_tls(const struct asking *a, const struct bus_settings *s,
		      const struct ca *ca, const char *url)
{
	if (s->cert == NULL)
		return REFUSE(a, "%s is TLS: --bus-cert FILE is required", url);
	if (ca->file == NULL)
		return REFUSE(a, "%s is TLS: %s FILE is required", url, ca->option);
	return check_file(a, "--bus-cert", s->cert, CONFIG_FILE_PRIVATE,
			  CERTIFICATE_SHOWN) &&
	       check_file(a, ca->option, ca->file, CONFIG_FILE_PUBLIC,
			  CERTIFICATE_TRUSTED);
}

bool bus_option_resolve(const struct config_program *program,
			const struct config_source *source, const struct bus_settings *s,
			enum bus_endpoint endpoint, enum bus_peer peer,
			struct bus_address *out)
{
	struct asking a = {program, source};
	struct ca ca = find_ca(s, endpoint, peer);

	*out = (struct bus_address){.ca = ca.file, .cert = s->cert};
	if (!find_url(&a, s, endpoint, out->url))
		return false;
	if (bus_url_is_tls(out->url) && !check_tls(&a, s, &ca, out->url))
		return false;
	if (bus_option_is_insecure(out) && !s->insecure)
		return REFUSE(&a,
			      "%s would leave this machine in clear: use tls+tcp://, or "
			      "--insecure-bus on a network that nobody else can reach",
			      out->url);
	out->ends = bus_ends_new();
	return true;
}

bool bus_option_is_insecure(const struct bus_address *at)
{
	return !bus_url_is_tls(at->url) && !bus_url_is_loopback(at->url);
}

void bus_option_warn(const struct bus_address *at)
{
	if (bus_option_is_insecure(at))
		log_warn("bus_insecure",
			 "url=%s why=\"whoever is on the way can read it and take part\"",
			 at->url);
}
