/* What an operator does to one person: out of the room, out of their name. */
#include "broker/entrance_private.h"

enum status entrance_find_person(const struct entrance *e, struct slice name,
				 struct name_claim **out)
{
	struct name_keys keys;

	*out = NULL;
	if (name_keys_of(e->keyer, name, &keys) != ST_OK)
		return ST_ABSENT;
	*out = names_find(e->room->names, &keys);
	if (*out == NULL)
		return ST_ABSENT;
	return (*out)->id < NAMES_FIRST_ID ? ST_DENIED : ST_OK;
}

enum status entrance_kick(struct entrance *e, struct slice name, struct room_time t)
{
	struct name_claim *claim;
	enum status st = entrance_find_person(e, name, &claim);

	if (st != ST_OK)
		return st;
	if (e->room->is_full) /* after a restart the sessions would be good again */
		return ST_FULL;
	entrance_end_person(e, claim, t);
	return ST_OK;
}

enum status entrance_release(struct entrance *e, struct slice name, struct room_time t)
{
	struct name_claim *claim;
	enum status st = entrance_find_person(e, name, &claim);

	if (st == ST_OK)
		st = entrance_kick(e, name, t);
	if (st != ST_OK)
		return st;
	store_drop_name(e->room->store, claim->id);
	names_release(e->room->names, claim);
	return ST_OK;
}
