/* The frame is read completely first, so that what is printed is a whole answer; then one of
 * two printers per verb writes it.  The
 * report*.c are the only files of ctl/ that know the JSON library. */
#include "ctl/report.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include <jansson.h>

#include "common/memory.h"
#include "ctl/printable.h"
#include "ctl/report_bans.h"
#include "ctl/story.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

struct report {
	struct bus_told told;
	struct bus_status status;
	bool has_status;
	struct bus_gateway_status gateways[BUS_FRAME_MESSAGES_MAX];
	size_t n_gateways;
	struct bus_person people[BUS_FRAME_MESSAGES_MAX];
	size_t n_people;
	struct bus_story stories[BUS_FRAME_MESSAGES_MAX];
	size_t n_stories;
	struct bus_banned bans[BUS_FRAME_MESSAGES_MAX];
	size_t n_bans;
};

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

static void print_duration(uint64_t ms, FILE *out)
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

static void print_gateways(const struct report *r, FILE *out)
{
	if (r->n_gateways == 0) {
		fputs("gateways   none\n", out);
		return;
	}
	fputs("\ngateway           clients     lag  heard\n", out);
	for (size_t i = 0; i < r->n_gateways; i++) {
		const struct bus_gateway_status *g = &r->gateways[i];

		fprintf(out, "%016" PRIx64 "  %7" PRIu64 "  %6" PRIu64 "  ", g->gateway,
			g->clients, g->lag);
		print_duration(g->heard_ms, out);
		fputs(" ago\n", out);
	}
}

static void print_status(const struct report *r, FILE *out)
{
	const struct bus_status *s = &r->status;

	fputs("broker     ", out);
	printable_write(s->version, out);
	fputs(", up ", out);
	print_duration(s->uptime_ms, out);
	fprintf(out,
		"\nroom       %" PRIu64 " people with %" PRIu64 " clients\n"
		"posts      newest %" PRIu64 ", %" PRIu64 " in history, epoch %016" PRIx64
		"\n"
		"accounts   %" PRIu64 " names, %" PRIu64 " sessions\n"
		"logins     %" PRIu64 " wait for their code, %" PRIu64 " letters\n",
		s->people, s->clients, s->newest, s->posts, s->epoch, s->names,
		s->sessions, s->logins, s->letters);
	print_gateways(r, out);
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

/* JSON's integers are signed here; no count of ours gets there. */
static json_t *number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* Numbers of all 64 bits are strings: many readers of JSON have only doubles. */
static json_t *hexadecimal(uint64_t value)
{
	char text[17];

	if (!fmt(text, sizeof text, "%016" PRIx64, value))
		return NULL; /* cannot be: 64 bits are 16 digits */
	return json_string(text);
}

static json_t *string(struct slice text)
{
	return json_stringn(text.ptr, text.len);
}

static json_t *gateways_json(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_gateways; i++) {
		const struct bus_gateway_status *g = &r->gateways[i];

		json_array_append_new(list,
				      json_pack("{so so so so}", "gateway",
						hexadecimal(g->gateway), "clients",
						number(g->clients), "lag", number(g->lag),
						"heard_ms", number(g->heard_ms)));
	}
	return list;
}

static json_t *status_json(const struct report *r)
{
	const struct bus_status *s = &r->status;
	json_t *o = json_object();

	json_object_set_new(o, "version", string(s->version));
	json_object_set_new(o, "uptime_ms", number(s->uptime_ms));
	json_object_set_new(o, "epoch", hexadecimal(s->epoch));
	json_object_set_new(o, "newest", number(s->newest));
	json_object_set_new(o, "posts", number(s->posts));
	json_object_set_new(o, "people", number(s->people));
	json_object_set_new(o, "clients", number(s->clients));
	json_object_set_new(o, "names", number(s->names));
	json_object_set_new(o, "sessions", number(s->sessions));
	json_object_set_new(o, "logins", number(s->logins));
	json_object_set_new(o, "letters", number(s->letters));
	json_object_set_new(o, "gateways", gateways_json(r));
	return o;
}

static json_t *who_json(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_people; i++)
		json_array_append_new(
			list, json_pack("{so so}", "name", string(r->people[i].name),
					"clients", number(r->people[i].clients)));
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

		json_object_set_new(o, "time_ms", number(x->time_ms));
		json_object_set_new(o, "kind", json_string(trail_kind_name(x->kind)));
		json_object_set_new(o, "times", number(x->times));
		json_object_set_new(o, "reference", string(x->reference));
		json_object_set_new(o, "email", string(x->email));
		json_object_set_new(o, "network", string(x->network));
		json_object_set_new(o, "gateway", hexadecimal(x->gateway));
		json_object_set_new(o, "detail", string(x->detail));
		if (x->kind == TRAIL_LETTER) {
			json_object_set_new(
				o, "state",
				json_string(mail_state_name((enum mail_state)x->state)));
			json_object_set_new(o, "attempt", number(x->attempt));
			json_object_set_new(o, "code", number(x->code));
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
	return json_pack("{sb so}", "done", 1, "text", string(r->told.text));
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
	[CONTROL_STATUS] = {print_status, status_json},
	[CONTROL_WHO] = {print_who, who_json},
	[CONTROL_SAY] = {print_said, said_json},
	[CONTROL_WHY] = {print_why, why_json},
	[CONTROL_KICK] = {print_done, done_json},
	[CONTROL_RELEASE] = {print_done, done_json},
	[CONTROL_BACKUP] = {print_done, done_json},
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
	json_dumpf(json, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(json);
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
