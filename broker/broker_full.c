/* A full disk: the room goes back to what the journal has, takes nothing new, and goes on by
 * itself when there is room again.  Meanwhile who comes, goes or reads is followed in memory only. */
#include "broker/broker_private.h"
#include "common/log.h"

enum status broker_begin_full(struct broker *b)
{
	enum status st;

	log_error("state_full",
		  "state=%s why=\"no room on the disk: new posts are refused\"",
		  b->options->state);
	store_suspend(b->store, false);
	entrance_free(&b->entrance);
	room_free(&b->room);
	st = broker_load(b, true);
	if (st != ST_OK &&
	    st != ST_FULL) /* it tidies up at its end, for which there is no room */
		return st;
	store_suspend(b->store, true);
	return ST_OK;
}

static void put_client(void *ctx, struct gateway *g, struct client *client)
{
	store_put_client(ctx, g->id, client);
}

static void put_gateway(void *ctx, struct gateway *g)
{
	store_put_gateway(ctx, g);
	store_put_silence(ctx, g->id, g->silent_ms);
	gateway_each_client(g, put_client, ctx);
}

static void put_present(void *ctx, uint64_t person, size_t clients)
{
	(void)clients;
	store_put_present(ctx, person);
}

void broker_end_full(struct broker *b)
{
	store_suspend(b->store, false);
	store_begin(b->store);
	/* What a reload changed meanwhile, and a load that found the disk full. */
	store_put_epoch(b->store, b->room->epoch);
	room_trim_store(b->room);
	store_drop_attached(b->store);
	gateways_each(b->room->gateways, put_gateway, b->store);
	presence_each(b->room->presence, put_present, b->store);
	if (store_commit(b->store) != ST_OK) {
		store_suspend(b->store, true);
		return;
	}
	b->room->is_full = false;
	store_settle(b->store); /* what was forgotten meanwhile is nowhere any more */
	log_info("state_writable", "state=%s", b->options->state);
}
