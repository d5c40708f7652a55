/* The control endpoint: what operators ask and tell. */
#include <inttypes.h>
#include <string.h>

#include "broker/bot.h"
#include "broker/broker_private.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/utf8.h"
#include "common/version.h"

struct answer {
	struct broker *b;
	struct bus_writer *w;
	struct bus_call *call; /* NULL: answered elsewhere */
};

static void add_person(void *ctx, uint64_t person, size_t clients)
{
	struct answer *a = ctx;
	const struct name_claim *who = names_by_id(a->b->room->names, person);
	struct bus_msg m = {.kind = BUS_PERSON, .u.person = {.clients = clients}};

	if (who == NULL || broker_is_answer_full(a->w))
		return;
	m.u.person.name = slice_of(who->name);
	bus_writer_add(a->w, &m);
}

/* False: it was not kept. */
static bool on_say(struct answer *a, const struct bus_ask *m)
{
	enum status st;

	store_begin(a->b->store);
	st = bot_say(a->b->room, m->text, m->id, broker_time());
	if (st == ST_OK)
		entrance_operator_acted(a->b->entrance, S("said something to the room"),
					broker_time());
	if (!broker_commit(a->b))
		return false;
	if (st == ST_EXISTS) /* the answer was late or lost, and it was asked again */
		st = ST_OK;
	broker_add_told(a->w, st == ST_OK,
			st == ST_OK ? S("said")
			: st == ST_FULL
				? S("the disk is full: nothing new can be stored")
				: S("a text is not empty and has no control characters"));
	return true;
}

static const char *act_text(enum status st, enum control_verb verb)
{
	switch (st) {
	case ST_OK:
		return verb == CONTROL_KICK ? "out of the room, and signed out"
					    : "signed out, and the name is free";
	case ST_DENIED:
		return "this name is reserved: nobody has it";
	case ST_FULL:
		return "the disk is full: nothing new can be stored";
	default:
		return "nobody has this name";
	}
}

/* An act on the person of a name.  False: it was not kept. */
static bool on_act(struct answer *a, enum control_verb verb, struct slice name)
{
	struct entrance *e = a->b->entrance;
	struct slice shown = utf8_clip(name, NAME_MAX_BYTES);
	struct room_time t = broker_time();
	char what[NAME_MAX_BYTES + 16];
	enum status st;

	if (!fmt(what, sizeof what, "%s %.*s",
		 verb == CONTROL_KICK ? "kicked" : "released", SLICE_ARGS(shown)))
		what[0] = '\0';
	store_begin(a->b->store);
	st = verb == CONTROL_KICK ? entrance_kick(e, name, t)
				  : entrance_release(e, name, t);
	if (st == ST_OK)
		entrance_operator_acted(e, slice_of(what), t);
	if (!broker_commit(a->b))
		return false;
	if (st == ST_OK)
		log_info("operator", "act=%s", verb == CONTROL_KICK ? "kick" : "release");
	broker_add_told(a->w, st == ST_OK, slice_of(act_text(st, verb)));
	return true;
}

static void add_story(void *ctx, const struct trail_row *row)
{
	struct answer *a = ctx;
	struct bus_msg m = {.kind = BUS_STORY,
			    .u.story = {.time_ms = row->time_ms,
					.kind = row->kind,
					.times = row->times,
					.reference = slice_of(row->reference),
					.email = slice_of(row->email),
					.network = slice_of(row->network),
					.gateway = row->gateway,
					.detail = slice_of(row->detail),
					.state = row->state,
					.attempt = row->attempt,
					.code = row->code}};

	if (!broker_is_answer_full(a->w))
		bus_writer_add(a->w, &m);
}

/* False: that it was asked could not be kept. */
static bool on_why(struct answer *a, struct slice reference)
{
	struct slice shown = utf8_clip(reference, 16);
	char what[64];

	if (!fmt(what, sizeof what, "asked why %.*s", SLICE_ARGS(shown)))
		what[0] = '\0';
	store_begin(a->b->store);
	entrance_operator_acted(a->b->entrance, slice_of(what), broker_time());
	if (!broker_commit(a->b))
		return false;
	broker_add_told(a->w, true, S(""));
	if (entrance_story(a->b->entrance, reference, add_story, a) > 0)
		return true;
	bus_writer_clear(a->w);
	broker_add_told(a->w, false, S("no login with this reference is remembered"));
	return true;
}

static bool has_key(const struct broker *b, const struct bus_ask *m)
{
	char key[2 * SECRET_SIZE + 1];
	bool same;

	secret_to_hex(&b->options->control_key, key);
	same = secret_text_equal(m->key, slice_of(key));
	secret_wipe(key, sizeof key);
	return same;
}

static void refuse(struct broker *b, const struct bus_call *call, const char *why)
{
	struct broker_complaint x = broker_complain(&b->refused_control, call);

	if (x.times > 0)
		log_warn("control_refused", "peer=%s times=%" PRIu64 " why=\"%s\"",
			 x.peer, x.times, why);
}

/* False: nothing is to be answered. */
static bool on_ask(struct answer *a, const struct bus_ask *m)
{
	if (!has_key(a->b, m)) {
		a->b->metrics.control[CONTROL_REFUSED]++;
		refuse(a->b, a->call, "wrong key");
		broker_add_told(a->w, false, S("the control key is not this broker's"));
		return true;
	}
	a->b->metrics.control[CONTROL_ANSWERED]++;
	switch ((enum control_verb)m->verb) {
	case CONTROL_STATUS:
		broker_add_told(a->w, true, S(""));
		broker_add_status(a->b, a->w);
		return true;
	case CONTROL_WHO:
		broker_add_told(a->w, true, S(""));
		presence_each(a->b->room->presence, add_person, a);
		return true;
	case CONTROL_SAY:
		return on_say(a, m);
	case CONTROL_WHY:
		return on_why(a, m->text);
	case CONTROL_KICK:
	case CONTROL_RELEASE:
		return on_act(a, (enum control_verb)m->verb, m->text);
	case CONTROL_BAN:
	case CONTROL_UNBAN:
		return broker_change_bans(a->b, a->w, m);
	case CONTROL_BANS:
		broker_list_bans(a->b, a->w, m->text);
		return true;
	case CONTROL_BACKUP:
		broker_begin_backup(a->b, a->call, m->text);
		a->call = NULL; /* it will be answered */
		return false;
	case CONTROL_CLIENTS:
		broker_ask_clients(a->b, a->call);
		a->call = NULL; /* the same */
		return false;
	case CONTROL_DRAIN:
		return broker_drain(a->b, a->w, m->text);
	case CONTROL_TAIL:
		if (broker_hold_tail(a->b, a->call, m)) {
			a->call = NULL; /* the same */
			return false;
		}
		broker_add_told(a->w, false, S("as many follow the room as may"));
		return true;
	}
	broker_add_told(a->w, false,
			S("this broker does not know that request: it is older"));
	return true;
}

void broker_on_control(void *ctx, struct bus_call *call, struct slice frame)
{
	struct broker *b = ctx;
	struct answer a = {b, bus_writer_new(), call};
	struct bus_reader *r;
	struct bus_msg m;
	enum status st = bus_reader_new(frame, &r);

	if (st == ST_OK)
		st = bus_reader_only(r, BUS_CONTROL, BUS_BROKER, &m);
	b->metrics.skipped += bus_reader_skipped(r);
	if (st != ST_OK) {
		b->metrics.refused[ENDPOINT_CONTROL]++;
		refuse(b, call, status_text(st));
		bus_answer(call, S(""));
	} else if (on_ask(&a, &m.u.ask)) {
		bus_answer(call, bus_writer_frame(a.w));
		broker_flush(b);
	} else if (a.call != NULL) {
		bus_answer(call, S("")); /* not kept: plumectl asks again */
	}
	bus_writer_free(&a.w);
	bus_reader_free(&r);
}
