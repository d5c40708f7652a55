/* The room on one screen. */
#include <inttypes.h>

#include "ctl/printable.h"
#include "ctl/report_private.h"

static const char *const states[] = {[GATEWAY_WELL] = "well",
				     [GATEWAY_SILENT] = "silent",
				     [GATEWAY_DRAINING] = "draining"};
static const char *const kept[] = {[STATE_NOT_TOLD] = "not told",
				   [STATE_KEPT] = "kept",
				   [STATE_FULL] = "disk full",
				   [STATE_FORGETS] = "forgets"};

/* -- for people */

/* What an older broker or peer does not tell. */
static void print_version(struct slice version, uint64_t minor, FILE *out)
{
	printable_write(version.len > 0 ? version : S("older"), out);
	if (minor > 0)
		fprintf(out, " (bus 1.%" PRIu64 ")", minor);
}

static void print_gateways(const struct report *r, FILE *out)
{
	if (r->n_gateways == 0) {
		fputs("gateways   none\n", out);
		return;
	}
	fputs("\ngateway           clients     lag  behind  slowest  heard          up"
	      "             version\n",
	      out);
	for (size_t i = 0; i < r->n_gateways; i++) {
		const struct bus_gateway_status *g = &r->gateways[i];

		fprintf(out,
			"%016" PRIx64 "  %7" PRIu64 "  %6" PRIu64 "  %6" PRIu64
			"  %7" PRIu64 "  ",
			g->gateway, g->clients, g->lag, g->behind, g->slowest);
		report_print_duration_in(g->heard_ms, 13, out);
		report_print_duration_in(g->uptime_ms, 13, out);
		print_version(g->version, g->minor, out);
		fprintf(out, "%s%s\n", g->state == GATEWAY_WELL ? "" : ", ",
			g->state == GATEWAY_WELL ? "" : states[g->state]);
	}
}

static void print_mailers(const struct report *r, FILE *out)
{
	if (r->n_mailers == 0) {
		if (r->status.kept != STATE_NOT_TOLD)
			fputs("mailers    none\n", out);
		return;
	}
	fputs("\nmailer             leased  in hand  heard          version\n", out);
	for (size_t i = 0; i < r->n_mailers; i++) {
		const struct bus_mailer_status *m = &r->mailers[i];

		fprintf(out, "%016" PRIx64 "  %7" PRIu64 "  %7" PRIu64 "  ", m->mailer,
			m->leased, m->in_hand);
		report_print_duration_in(m->heard_ms, 13, out);
		print_version(m->version, 0, out);
		fputs(m->degraded ? ", no mail server can be used\n" : "\n", out);
	}
}

static void print_queues(const struct bus_status *s, FILE *out)
{
	if (s->kept == STATE_NOT_TOLD)
		return; /* an older broker */
	fprintf(out,
		"queues     %" PRIu64 " results for gateways, %" PRIu64
		" held questions of operators\n"
		"state      %s, %" PRIu64 " bytes; %" PRIu64 " commits of %" PRIu64
		" us on average, %" PRIu64 " failed\n",
		s->results, s->held, kept[s->kept], s->state_bytes, s->commits,
		s->commit_us, s->failures);
}

void report_print_status(const struct report *r, FILE *out)
{
	const struct bus_status *s = &r->status;

	fputs("broker     ", out);
	print_version(s->version, s->minor, out);
	fputs(", up ", out);
	report_print_duration(s->uptime_ms, out);
	fprintf(out,
		"\nroom       %" PRIu64 " people with %" PRIu64 " clients\n"
		"posts      newest %" PRIu64 ", %" PRIu64 " in history, epoch %016" PRIx64
		"\n"
		"accounts   %" PRIu64 " names, %" PRIu64 " sessions\n"
		"logins     %" PRIu64 " wait for their code, %" PRIu64 " letters",
		s->people, s->clients, s->newest, s->posts, s->epoch, s->names,
		s->sessions, s->logins, s->letters);
	if (s->oldest_letter_ms > 0) {
		fputs(", the oldest for ", out);
		report_print_duration(s->oldest_letter_ms, out);
	}
	fputc('\n', out);
	print_queues(s, out);
	print_gateways(r, out);
	print_mailers(r, out);
}

/* -- for programs */

static json_t *gateways_json(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_gateways; i++) {
		const struct bus_gateway_status *g = &r->gateways[i];
		json_t *o = json_object();

		json_object_set_new(o, "gateway", report_hexadecimal(g->gateway));
		json_object_set_new(o, "clients", report_number(g->clients));
		json_object_set_new(o, "lag", report_number(g->lag));
		json_object_set_new(o, "heard_ms", report_number(g->heard_ms));
		json_object_set_new(o, "version", report_string(g->version));
		json_object_set_new(o, "bus_minor", report_number(g->minor));
		json_object_set_new(o, "uptime_ms", report_number(g->uptime_ms));
		json_object_set_new(o, "connections", report_number(g->connections));
		json_object_set_new(o, "behind", report_number(g->behind));
		json_object_set_new(o, "slowest", report_number(g->slowest));
		json_object_set_new(o, "results", report_number(g->results));
		json_object_set_new(o, "state", json_string(states[g->state]));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *mailers_json(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_mailers; i++) {
		const struct bus_mailer_status *m = &r->mailers[i];
		json_t *o = json_object();

		json_object_set_new(o, "mailer", report_hexadecimal(m->mailer));
		json_object_set_new(o, "version", report_string(m->version));
		json_object_set_new(o, "heard_ms", report_number(m->heard_ms));
		json_object_set_new(o, "leased", report_number(m->leased));
		json_object_set_new(o, "in_hand", report_number(m->in_hand));
		json_object_set_new(o, "degraded", json_boolean(m->degraded != 0));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *state_json(const struct bus_status *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "kept", json_string(kept[s->kept]));
	json_object_set_new(o, "bytes", report_number(s->state_bytes));
	json_object_set_new(o, "commits", report_number(s->commits));
	json_object_set_new(o, "commit_us", report_number(s->commit_us));
	json_object_set_new(o, "failures", report_number(s->failures));
	return o;
}

json_t *report_status_json(const struct report *r)
{
	const struct bus_status *s = &r->status;
	json_t *o = json_object();

	json_object_set_new(o, "version", report_string(s->version));
	json_object_set_new(o, "uptime_ms", report_number(s->uptime_ms));
	json_object_set_new(o, "epoch", report_hexadecimal(s->epoch));
	json_object_set_new(o, "newest", report_number(s->newest));
	json_object_set_new(o, "posts", report_number(s->posts));
	json_object_set_new(o, "people", report_number(s->people));
	json_object_set_new(o, "clients", report_number(s->clients));
	json_object_set_new(o, "names", report_number(s->names));
	json_object_set_new(o, "sessions", report_number(s->sessions));
	json_object_set_new(o, "logins", report_number(s->logins));
	json_object_set_new(o, "letters", report_number(s->letters));
	json_object_set_new(o, "gateways", gateways_json(r));
	json_object_set_new(o, "bus_minor", report_number(s->minor));
	json_object_set_new(o, "oldest_letter_ms", report_number(s->oldest_letter_ms));
	json_object_set_new(o, "results", report_number(s->results));
	json_object_set_new(o, "held", report_number(s->held));
	json_object_set_new(o, "state", state_json(s));
	json_object_set_new(o, "mailers", mailers_json(r));
	return o;
}
