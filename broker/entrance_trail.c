/* What happens at the entrance, written down: each act becomes a row of the trail. */
#include <stdlib.h>
#include <string.h>

#include "broker/entrance_private.h"
#include "common/memory.h"
#include "common/utf8.h"

static void put_detail(struct trail_row *row, struct slice detail)
{
	detail = utf8_clip(detail, TRAIL_DETAIL_SIZE - 1);
	if (!fmt(row->detail, sizeof row->detail, "%.*s", SLICE_ARGS(detail)))
		row->detail[0] = '\0';
	/* It is one line, here and in the store. */
	for (char *c = row->detail; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
}

/* What is a network already is none that address_truncate() knows. */
static void put_network(struct trail_row *row, struct slice address)
{
	if (address.len == 0)
		return;
	address_truncate(address, row->network);
	if (strcmp(row->network, "unknown") == 0 &&
	    !fmt(row->network, sizeof row->network, "%.*s", SLICE_ARGS(address)))
		row->network[0] = '\0';
}

void entrance_note(struct entrance *e, enum trail_kind kind, const struct login *login,
		   struct slice address, struct slice detail, const char *flood)
{
	struct trail_row row = {
		.kind = kind, .login = login_number(login), .gateway = login->gateway};

	memcpy(row.reference, login->reference, sizeof row.reference);
	memcpy(row.email, login->email, sizeof row.email);
	put_network(&row, address);
	put_detail(&row, detail);
	trail_add(e->trail, &row, flood, e->t.wall_ms);
}

void entrance_note_letter(struct entrance *e, const struct letter *letter,
			  const struct bus_report *m)
{
	struct login login = {.ticket = letter->ticket};
	struct trail_row row = {.kind = TRAIL_LETTER,
				.login = login_number(&login),
				.gateway = letter->gateway,
				.state = m->state,
				.attempt = m->attempt,
				.code = m->code};

	memcpy(row.reference, letter->reference, sizeof row.reference);
	memcpy(row.email, letter->email, sizeof row.email);
	put_detail(&row, m->detail);
	trail_add(e->trail, &row, NULL, e->t.wall_ms);
}

void entrance_note_banned(struct entrance *e, const struct entrance_asker *a,
			  const struct ban *ban)
{
	struct trail_row row = {.kind = TRAIL_BANNED, .gateway = a->g->id};
	char detail[TRAIL_DETAIL_SIZE], flood[NETWORK_SIZE + 24];
	struct slice name = utf8_clip(a->name, NAME_MAX_BYTES);

	if (a->login != NULL) {
		row.login = login_number(a->login);
		memcpy(row.reference, a->login->reference, sizeof row.reference);
		memcpy(row.email, a->login->email, sizeof row.email);
	}
	put_network(&row, a->address);
	if (!fmt(detail, sizeof detail, "by %s%s%.*s", ban_kind_name(ban->kind),
		 name.len > 0 ? ", as " : "", SLICE_ARGS(name)) ||
	    !fmt(flood, sizeof flood, "%s %s", ban_kind_name(ban->kind), row.network))
		abort(); /* both are long enough */
	put_detail(&row, slice_of(detail));
	trail_add(e->trail, &row, flood, e->t.wall_ms);
}

void entrance_note_act(struct entrance *e, struct slice what, const struct ban *ban)
{
	struct trail_row row = {.kind = TRAIL_OPERATOR};
	struct slice address;

	if (ban->kind == BAN_ADDRESS)
		memcpy(row.email, ban->value, sizeof row.email);
	if (ban->kind == BAN_NETWORK) {
		slice_cut(slice_of(ban->value), '/', &address, &(struct slice){0});
		put_network(&row, address);
	}
	put_detail(&row, what);
	trail_add(e->trail, &row, NULL, e->t.wall_ms);
}

void entrance_operator_acted(struct entrance *e, struct slice what, struct room_time t)
{
	struct trail_row row = {.kind = TRAIL_OPERATOR};

	e->t = t;
	put_detail(&row, what);
	trail_add(e->trail, &row, NULL, t.wall_ms);
}

size_t entrance_story(const struct entrance *e, struct slice reference, trail_fn *each,
		      void *ctx)
{
	return trail_story(e->trail, reference, each, ctx);
}

uint64_t entrance_happened(const struct entrance *e, enum trail_kind kind)
{
	return trail_happened(e->trail, kind);
}
