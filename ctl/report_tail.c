/* The room as it goes on, a line for each thing that is told of it. */
#include "ctl/report_tail.h"

#include "ctl/printable.h"
#include "ctl/report_private.h"

static void write_line(json_t *line, FILE *out)
{
	report_write_json(line, JSON_COMPACT, out);
}

static void write_post(const struct bus_line *m, FILE *out)
{
	static const char *const events[] = {
		[POST_TEXT] = "text", [POST_ENTERED] = "entered", [POST_LEFT] = "left"};
	json_t *o = json_object();

	json_object_set_new(o, "seq", report_number(m->seq));
	json_object_set_new(o, "time_ms", report_number(m->time_ms));
	json_object_set_new(o, "event", json_string(events[m->event]));
	json_object_set_new(o, "name", report_string(m->name));
	json_object_set_new(o, "text", report_string(m->text));
	json_object_set_new(o, "mark", report_string(m->mark));
	write_line(o, out);
}

/* Posts from p->after + 1 to last are not there any more. */
static void write_hole(struct tail_place *p, uint64_t last, FILE *out)
{
	if (last <= p->after)
		return;
	write_line(json_pack("{s{so so}}", "hole", "first", report_number(p->after + 1),
			     "last", report_number(last)),
		   out);
	p->after = last;
}

static void begin(struct tail_place *p, const struct bus_tail *m, FILE *out)
{
	if (p->epoch != 0) {
		write_line(json_pack("{so}", "room", report_hexadecimal(m->epoch)), out);
		p->after = m->first - 1;
	} else if (!p->has_after) {
		p->after = m->newest;
	}
	p->epoch = m->epoch;
}

static enum status read_lines(struct tail_place *p, struct bus_reader *r, FILE *out)
{
	struct bus_msg m;
	enum status st;

	while ((st = bus_reader_next(r, BUS_BROKER, BUS_CONTROL, &m)) == ST_OK) {
		if (m.kind != BUS_LINE || m.u.line.seq <= p->after)
			return ST_PROTOCOL;
		write_hole(p, m.u.line.seq - 1, out);
		write_post(&m.u.line, out);
		p->after = m.u.line.seq;
	}
	return st == ST_END ? ST_OK : st;
}

static enum status hear(struct tail_place *p, struct bus_reader *r, FILE *out, FILE *err)
{
	struct bus_msg m;
	enum status st = bus_reader_next(r, BUS_BROKER, BUS_CONTROL, &m);

	if (st != ST_OK || m.kind != BUS_TOLD)
		return st == ST_OK ? ST_PROTOCOL : st;
	if (!m.u.told.done) {
		printable_write(m.u.told.text, err);
		fputc('\n', err);
		return ST_DENIED;
	}
	st = bus_reader_next(r, BUS_BROKER, BUS_CONTROL, &m);
	if (st != ST_OK || m.kind != BUS_TAIL)
		return st == ST_OK ? ST_PROTOCOL : st;
	if (m.u.tail.epoch != p->epoch)
		begin(p, &m.u.tail, out);
	else
		write_hole(p, m.u.tail.first - 1, out);
	return read_lines(p, r, out);
}

enum status report_tail(struct tail_place *p, struct slice frame, FILE *out, FILE *err)
{
	struct bus_reader *r;
	enum status st = bus_reader_new(frame, &r);

	if (st == ST_OK)
		st = hear(p, r, out, err);
	bus_reader_free(&r);
	return st;
}
