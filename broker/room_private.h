/* room_private.h - what room.c (posts, gateways) and room_people.c (who is here) share. */
#ifndef BROKER_ROOM_PRIVATE_H
#define BROKER_ROOM_PRIVATE_H

#include "broker/room.h"

/* One more client of the person; the room hears of it if they were absent. */
void room_enter(struct room *r, uint64_t person, struct room_time t);
/* What keeps this person from speaking; NULL: nothing. */
const struct ban *room_mute_of(const struct room *r, const struct name_claim *who,
			       struct room_time t);
/* Whose grace is over leaves. */
void room_expire_people(struct room *r, struct room_time t);

#endif
