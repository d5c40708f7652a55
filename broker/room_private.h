/* room_private.h - what room.c (posts), room_gateways.c (who carries them), room_history.c (how long they are
 * kept) and room_people.c (who is here) share. */
#ifndef BROKER_ROOM_PRIVATE_H
#define BROKER_ROOM_PRIVATE_H

#include "broker/room.h"

/* One more client of the person; the room hears of it if they were absent. */
void room_enter(struct room *r, uint64_t person, struct room_time t);
/* What keeps this person from speaking; NULL: nothing. */
const struct ban *room_mute_of(const struct room *r, const struct name_claim *who,
			       struct room_time t);
/* Who was not heard from for too long is silent; for much longer, gone. */
void room_watch_gateways(struct room *r, struct room_time t);
/* Whose grace is over leaves. */
void room_expire_people(struct room *r, struct room_time t);
/* Other bounds from now on, within a transaction: posts beyond them are forgotten, on the disk too. */
void room_set_history(struct room *r, const struct history_bounds *bounds);

#endif
