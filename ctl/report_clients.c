/* Which one is slow: all that the gateways named, in one order. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "ctl/printable.h"
#include "ctl/report_private.h"

static int compare(const void *left, const void *right)
{
	const struct bus_client_status *a = left, *b = right;

	if (a->lag != b->lag)
		return a->lag > b->lag ? -1 : 1;
	if (a->unsent != b->unsent)
		return a->unsent > b->unsent ? -1 : 1;
	if (a->gateway != b->gateway)
		return a->gateway < b->gateway ? -1 : 1;
	return a->client < b->client ? -1 : a->client > b->client ? 1 : 0;
}

/* A copy in order, which the caller frees. */
static struct bus_client_status *sorted(const struct report *r)
{
	struct bus_client_status *list = xcalloc(r->n_clients + 1, sizeof *list);

	memcpy(list, r->clients, r->n_clients * sizeof *list);
	qsort(list, r->n_clients, sizeof *list, compare);
	return list;
}

static void print_gateway(const struct bus_gateway_status *g, FILE *out)
{
	fprintf(out, "gateway %016" PRIx64 ": ", g->gateway);
	if (!g->told) {
		fprintf(out, "%" PRIu64 " clients; it did not tell: %s\n", g->clients,
			g->state == GATEWAY_SILENT ? "it is not heard"
			: g->version.len == 0      ? "it is older"
						   : "no answer in time");
		return;
	}
	fprintf(out,
		"%" PRIu64 " clients, %" PRIu64 " behind, the slowest by %" PRIu64
		" posts%s\n",
		g->clients, g->behind, g->slowest,
		g->state == GATEWAY_DRAINING ? "; it drains" : "");
}

void report_print_clients(const struct report *r, FILE *out)
{
	struct bus_client_status *list = sorted(r);

	for (size_t i = 0; i < r->n_gateways; i++)
		print_gateway(&r->gateways[i], out);
	if (r->n_gateways == 0)
		fputs("there is no gateway\n", out);
	if (r->n_clients > 0)
		fputs("\n    lag    unsent  connected    heard        gateway           name\n",
		      out);
	for (size_t i = 0; i < r->n_clients; i++) {
		const struct bus_client_status *c = &list[i];

		fprintf(out, "%7" PRIu64 "  %8" PRIu64 "  ", c->lag, c->unsent);
		report_print_duration_in(c->open_ms, 11, out);
		report_print_duration_in(c->silent_ms, 11, out);
		fprintf(out, "%016" PRIx64 "  ", c->gateway);
		printable_write(c->name.len > 0 ? c->name : S("(has left)"), out);
		fputc('\n', out);
	}
	free(list);
}

static json_t *client_json(const struct bus_client_status *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", report_string(c->name));
	json_object_set_new(o, "gateway", report_hexadecimal(c->gateway));
	json_object_set_new(o, "connection", report_number(c->client));
	json_object_set_new(o, "lag", report_number(c->lag));
	json_object_set_new(o, "unsent", report_number(c->unsent));
	json_object_set_new(o, "open_ms", report_number(c->open_ms));
	json_object_set_new(o, "silent_ms", report_number(c->silent_ms));
	return o;
}

json_t *report_clients_json(const struct report *r)
{
	struct bus_client_status *list = sorted(r);
	json_t *clients = json_array(), *gateways = json_array();

	for (size_t i = 0; i < r->n_gateways; i++) {
		const struct bus_gateway_status *g = &r->gateways[i];
		json_t *o = json_object();

		json_object_set_new(o, "gateway", report_hexadecimal(g->gateway));
		json_object_set_new(o, "told", json_boolean(g->told != 0));
		json_object_set_new(o, "clients", report_number(g->clients));
		json_object_set_new(o, "connections", report_number(g->connections));
		json_object_set_new(o, "behind", report_number(g->behind));
		json_object_set_new(o, "slowest", report_number(g->slowest));
		json_array_append_new(gateways, o);
	}
	for (size_t i = 0; i < r->n_clients; i++)
		json_array_append_new(clients, client_json(&list[i]));
	free(list);
	return json_pack("{so so}", "clients", clients, "gateways", gateways);
}
