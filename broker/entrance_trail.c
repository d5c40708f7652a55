/* What happens at the entrance, written down: each act becomes a row of the trail. */
#include <stdlib.h>
#include <string.h>

#include "broker/entrance_private.h"
#include "common/memory.h"
#include "common/utf8.h"

/* What rows point to until the trail has copied them. */
struct texts {
	char network[NETWORK_SIZE], detail[TRAIL_DETAIL_SIZE];
};

static const char *put_detail(struct texts *x, struct slice detail)
{
	detail = utf8_clip(detail, TRAIL_DETAIL_SIZE - 1);
	if (!fmt(x->detail, sizeof x->detail, "%.*s", SLICE_ARGS(detail)))
		x->detail[0] = '\0';
	/* It is one line, here and in the store. */
	for (char *c = x->detail; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
	return x->detail;
}

/* What is a network already is none that address_truncate() knows. */
static const char *put_network(struct texts *x, struct slice address)
{
	if (address.len == 0)
		return "";
	address_truncate(address, x->network);
	if (strcmp(x->network, "unknown") == 0 &&
	    !fmt(x->network, sizeof x->network, "%.*s", SLICE_ARGS(address)))
		x->network[0] = '\0';
	return x->network;
}

void entrance_note(struct entrance *e, enum trail_kind kind, const struct login *login,
		   struct slice address, struct slice detail, const char *flood)
{
	struct texts x;
	struct trail_row row = {.kind = kind,
				.login = login_number(login),
				.gateway = login->gateway,
				.email = login->email,
				.network = put_network(&x, address),
				.detail = put_detail(&x, detail)};

	memcpy(row.reference, login->reference, sizeof row.reference);
	trail_add(e->trail, &row, flood, e->t.wall_ms);
}

void entrance_note_letter(struct entrance *e, const struct letter *letter,
			  const struct bus_report *m)
{
	struct login login = {.ticket = letter->ticket};
	struct texts x;
	struct trail_row row = {.kind = TRAIL_LETTER,
				.login = login_number(&login),
				.gateway = letter->gateway,
				.state = m->state,
				.attempt = m->attempt,
				.code = m->code,
				.email = letter->email,
				.detail = put_detail(&x, m->detail)};

	memcpy(row.reference, letter->reference, sizeof row.reference);
	trail_add(e->trail, &row, NULL, e->t.wall_ms);
}

void entrance_note_banned(struct entrance *e, const struct entrance_asker *a,
			  const struct ban *ban)
{
	char detail[TRAIL_DETAIL_SIZE], flood[NETWORK_SIZE + 24];
	struct slice name = utf8_clip(a->name, NAME_MAX_BYTES);
	struct texts x;
	struct trail_row row = {.kind = TRAIL_BANNED,
				.gateway = a->g->id,
				.network = put_network(&x, a->address)};

	if (a->login != NULL) {
		row.login = login_number(a->login);
		row.email = a->login->email;
		memcpy(row.reference, a->login->reference, sizeof row.reference);
	}
	if (!fmt(detail, sizeof detail, "by %s%s%.*s", ban_kind_name(ban->kind),
		 name.len > 0 ? ", as " : "", SLICE_ARGS(name)) ||
	    !fmt(flood, sizeof flood, "%s %s", ban_kind_name(ban->kind), row.network))
		abort(); /* both are long enough */
	row.detail = put_detail(&x, slice_of(detail));
	trail_add(e->trail, &row, flood, e->t.wall_ms);
}

void entrance_note_act(struct entrance *e, struct slice what, const struct ban *ban)
{
	struct slice address = S("");
	struct texts x;
	struct trail_row row = {.kind = TRAIL_OPERATOR, .detail = put_detail(&x, what)};

	if (ban->kind == BAN_ADDRESS)
		row.email = ban->value;
	if (ban->kind == BAN_NETWORK)
		slice_cut(slice_of(ban->value), '/', &address, &(struct slice){0});
	row.network = put_network(&x, address);
	trail_add(e->trail, &row, NULL, e->t.wall_ms);
}

void entrance_operator_acted(struct entrance *e, struct slice what, struct room_time t)
{
	struct texts x;
	struct trail_row row = {.kind = TRAIL_OPERATOR, .detail = put_detail(&x, what)};

	e->t = t;
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
