/* What operators ask of bans, on the control endpoint: kept first, then told. */
#include <string.h>

#include "broker/broker_private.h"
#include "common/log.h"
#include "common/memory.h"

bool broker_change_bans(struct broker *b, struct bus_writer *w, const struct bus_ask *m)
{
	struct ban_order order = {
		.value = m->text, .for_ms = m->for_ms, .reason = m->reason};
	struct room_time t = broker_time();
	bool is_ban = m->verb == CONTROL_BAN;
	const char *why;
	enum status st;

	if (m->what < BAN_NAME || m->what >= BAN_KINDS) {
		broker_add_told(w, false,
				S("this broker knows no ban of that kind: it is older"));
		return true;
	}
	order.kind = (enum ban_kind)m->what;
	store_begin(b->store);
	st = is_ban ? entrance_ban(b->entrance, &order, t, &why)
		    : entrance_unban(b->entrance, &order, t, &why);
	if (!broker_commit(b))
		return false;
	if (st == ST_OK)
		log_info("operator", "act=%s kind=%s", is_ban ? "ban" : "unban",
			 ban_kind_name(m->what));
	broker_add_told(w, st == ST_OK, slice_of(why));
	return true;
}

struct listing {
	struct broker *b;
	struct bus_writer *w;
	char text[ADDRESS_SIZE]; /* wanted in the value; empty: whatever it is */
	uint64_t wall_ms;
	uint64_t left; /* that found no room in the frame */
};

static void list(void *ctx, const struct ban *ban)
{
	struct listing *l = ctx;
	struct bus_msg m = {.kind = BUS_BANNED,
			    .u.banned = {.what = ban->kind,
					 .value = slice_of(ban->value),
					 .since_ms = ban->since_ms,
					 .until_ms = ban->until_ms,
					 .reason = slice_of(ban->reason),
					 .by_option = ban->id == 0}};

	if (ban_is_over(ban, l->wall_ms) || strstr(ban->value, l->text) == NULL)
		return;
	if (broker_is_answer_full(l->w))
		l->left++;
	else
		bus_writer_add(l->w, &m);
}

void broker_list_bans(struct broker *b, struct bus_writer *w, struct slice text)
{
	struct listing l = {.b = b, .wall_ms = broker_time().wall_ms};
	struct bus_writer *rows = bus_writer_new();
	char told[128] = "";

	l.w = rows;
	/* What is longer than any value is in none. */
	if (fmt(l.text, sizeof l.text, "%.*s", SLICE_ARGS(text)))
		bans_each(b->room->bans, list, &l);
	if (l.left > 0 &&
	    !fmt(told, sizeof told,
		 "%llu more are not listed: say what to look for, bans TEXT",
		 (unsigned long long)l.left))
		told[0] = '\0';
	broker_add_told(w, true, slice_of(told));
	bus_writer_append(w, rows);
	bus_writer_free(&rows);
}
