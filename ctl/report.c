/* The frame is read completely first, so that what is printed is a whole answer; then one of
 * two printers per verb writes it. */
#include "ctl/report.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/memory.h"
#include "ctl/printable.h"
#include "ctl/report_bans.h"
#include "ctl/report_private.h"
#include "ctl/story.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* -- reading; names point into the frame */

/* ST_FULL: more messages than any broker of ours puts into a frame. */
static enum status take(struct report *r, const struct bus_msg *m)
{
	if (m->kind == BUS_STATUS && !r->has_status) {
		r->status = m->u.status;
		r->has_status = true;
		return ST_OK;
	}
	if (m->kind == BUS_GATEWAY_STATUS) {
		if (r->n_gateways == NELEMS(r->gateways))
			return ST_FULL;
		r->gateways[r->n_gateways++] = m->u.gateway_status;
		return ST_OK;
	}
	if (m->kind == BUS_MAILER_STATUS) {
		if (r->n_mailers == NELEMS(r->mailers))
			return ST_FULL;
		r->mailers[r->n_mailers++] = m->u.mailer_status;
		return ST_OK;
	}
	if (m->kind == BUS_CLIENT_STATUS) {
		if (r->n_clients == NELEMS(r->clients))
			return ST_FULL;
		r->clients[r->n_clients++] = m->u.client_status;
		return ST_OK;
	}
	if (m->kind == BUS_PERSON) {
		if (r->n_people == NELEMS(r->people))
			return ST_FULL;
		r->people[r->n_people++] = m->u.person;
		return ST_OK;
	}
	if (m->kind == BUS_STORY) {
		if (r->n_stories == NELEMS(r->stories))
			return ST_FULL;
		r->stories[r->n_stories++] = m->u.story;
		return ST_OK;
	}
	if (m->kind == BUS_BANNED) {
		if (r->n_bans == NELEMS(r->bans))
			return ST_FULL;
		r->bans[r->n_bans++] = m->u.banned;
		return ST_OK;
	}
	return ST_PROTOCOL;
}

static enum status read_messages(struct bus_reader *reader, struct report *r)
{
	struct bus_msg m;
	enum status st = bus_reader_next(reader, BUS_BROKER, BUS_CONTROL, &m);

	if (st != ST_OK)
		return st == ST_END ? ST_SHORT : st;
	if (m.kind != BUS_TOLD)
		return ST_PROTOCOL;
	r->told = m.u.told;
	while (st == ST_OK) {
		st = bus_reader_next(reader, BUS_BROKER, BUS_CONTROL, &m);
		if (st == ST_OK)
			st = take(r, &m);
	}
	return st == ST_END ? ST_OK : st;
}

/* -- for people */

void report_print_duration(uint64_t ms, FILE *out)
{
	if (ms >= DAY)
		fprintf(out, "%" PRIu64 " d %" PRIu64 " h", ms / DAY, ms % DAY / HOUR);
	else if (ms >= HOUR)
		fprintf(out, "%" PRIu64 " h %" PRIu64 " min", ms / HOUR,
			ms % HOUR / MINUTE);
	else if (ms >= MINUTE)
		fprintf(out, "%" PRIu64 " min %" PRIu64 " s", ms / MINUTE,
			ms % MINUTE / SECOND);
	else if (ms >= SECOND)
		fprintf(out, "%" PRIu64 " s", ms / SECOND);
	else
		fprintf(out, "%" PRIu64 " ms", ms);
}

void report_print_duration_in(uint64_t ms, int width, FILE *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		abort(); /* out of memory */
	report_print_duration(ms, f);
	fclose(f);
	fprintf(out, "%-*s  ", width, text);
	free(text);
}

/* The name stands last: it may be as wide as it likes. */
static void print_who(const struct report *r, FILE *out)
{
	fputs("clients  name\n", out);
	for (size_t i = 0; i < r->n_people; i++) {
		fprintf(out, "%7" PRIu64 "  ", r->people[i].clients);
		printable_write(r->people[i].name, out);
		fputs(r->people[i].clients == 0 ? "  (just left)\n" : "\n", out);
	}
}

static void print_said(const struct report *r, FILE *out)
{
	(void)r;
	fputs("said\n", out);
}

static void print_why(const struct report *r, FILE *out)
{
	story_print(r->stories, r->n_stories, out);
}

/* -- for programs */

static json_t *who_json(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_people; i++)
		json_array_append_new(
			list,
			json_pack("{so so}", "name", report_string(r->people[i].name),
				  "clients", report_number(r->people[i].clients)));
	return json_pack("{so}", "people", list);
}

static json_t *said_json(const struct report *r)
{
	(void)r;
	return json_pack("{sb}", "said", 1);
}

static json_t *why_json(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_stories; i++) {
		const struct bus_story *x = &r->stories[i];
		json_t *o = json_object();

		json_object_set_new(o, "time_ms", report_number(x->time_ms));
		json_object_set_new(o, "kind", json_string(trail_kind_name(x->kind)));
		json_object_set_new(o, "times", report_number(x->times));
		json_object_set_new(o, "reference", report_string(x->reference));
		json_object_set_new(o, "email", report_string(x->email));
		json_object_set_new(o, "network", report_string(x->network));
		json_object_set_new(o, "gateway", report_hexadecimal(x->gateway));
		json_object_set_new(o, "detail", report_string(x->detail));
		if (x->kind == TRAIL_LETTER) {
			json_object_set_new(
				o, "state",
				json_string(mail_state_name((enum mail_state)x->state)));
			json_object_set_new(o, "attempt", report_number(x->attempt));
			json_object_set_new(o, "code", report_number(x->code));
		}
		json_array_append_new(list, o);
	}
	return json_pack("{so}", "story", list);
}

/* -- acts: what the broker says of them is all there is to say */

static void print_done(const struct report *r, FILE *out)
{
	printable_write(r->told.text, out);
	fputc('\n', out);
}

static json_t *done_json(const struct report *r)
{
	return json_pack("{sb so}", "done", 1, "text", report_string(r->told.text));
}

static void print_bans(const struct report *r, FILE *out)
{
	report_bans_print(r->bans, r->n_bans, r->told.text, out);
}

static json_t *bans_json(const struct report *r)
{
	return report_bans_json(r->bans, r->n_bans, r->told.text);
}

/* -- which of them */

static const struct {
	void (*print)(const struct report *r, FILE *out);
	json_t *(*json)(const struct report *r);
} printers[] = {
	[CONTROL_STATUS] = {report_print_status, report_status_json},
	[CONTROL_WHO] = {print_who, who_json},
	[CONTROL_SAY] = {print_said, said_json},
	[CONTROL_WHY] = {print_why, why_json},
	[CONTROL_KICK] = {print_done, done_json},
	[CONTROL_RELEASE] = {print_done, done_json},
	[CONTROL_BACKUP] = {print_done, done_json},
	[CONTROL_CLIENTS] = {report_print_clients, report_clients_json},
	[CONTROL_DRAIN] = {print_done, done_json},
	[CONTROL_BAN] = {print_done, done_json},
	[CONTROL_UNBAN] = {print_done, done_json},
	[CONTROL_BANS] = {print_bans, bans_json},
};

static enum status print_report(const struct report *r, enum control_verb verb,
				enum report_form form, FILE *out, FILE *err)
{
	json_t *json;

	if (!r->told.done) {
		printable_write(r->told.text, err);
		fputc('\n', err);
		return ST_DENIED;
	}
	if (verb == CONTROL_STATUS && !r->has_status)
		return ST_SHORT;
	if (form == REPORT_TEXT) {
		printers[verb].print(r, out);
		return ST_OK;
	}
	json = printers[verb].json(r);
	report_write_json(json, JSON_INDENT(2), out);
	return ST_OK;
}

enum status report_print(struct slice frame, enum control_verb verb,
			 enum report_form form, FILE *out, FILE *err)
{
	struct report *r = xcalloc(1, sizeof *r);
	struct bus_reader *reader;
	enum status st = bus_reader_new(frame, &reader);

	if (st == ST_OK)
		st = read_messages(reader, r);
	if (st == ST_OK)
		st = print_report(r, verb, form, out, err);
	bus_reader_free(&reader);
	free(r);
	return st;
}
