/* presence.h - who is in the room: people, not tabs.
 *
 *          attach: "entered"            last client detaches
 *   absent ----------------> here ---------------------------> in grace
 *     ^                       ^                                  |   |
 *     |                       +---------- attach (silent) -------+   |
 *     +------------ grace is over, or signed out: "left" ------------+
 * Bound: as many as there are names (names.h).
 */
#ifndef BROKER_PRESENCE_H
#define BROKER_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct presence;

/* Least time between two notices that the same person is writing. */
enum { PRESENCE_TYPING_MS = 2000 };

/* grace_ms: how long a person without clients still counts as here. */
struct presence *presence_new(uint64_t grace_ms);
/* From now on, for those who are in theirs too. */
void presence_set_grace(struct presence *p, uint64_t grace_ms);
void presence_free(struct presence **p);

/* One more client of the person.  True: they were absent, so tell the room that they entered. */
bool presence_attach(struct presence *p, uint64_t person);
/* One client less; the last one starts the grace period. */
void presence_detach(struct presence *p, uint64_t person, uint64_t now_ms);
/* The broker itself did not run for so long: no grace went by. */
void presence_paused(struct presence *p, uint64_t ms, uint64_t now_ms);
/* A person who was here when the broker stopped: in grace from now. */
void presence_restore(struct presence *p, uint64_t person, uint64_t now_ms);

typedef void presence_fn(void *ctx, uint64_t person, size_t clients);
/* Everybody whose grace is over becomes absent; each() tells the room that they left. */
void presence_expire(struct presence *p, uint64_t now_ms, presence_fn *each, void *ctx);
/* The person becomes absent now, if they have no client: each() is called as if grace were over. */
void presence_leave(struct presence *p, uint64_t person, presence_fn *each, void *ctx);
/* May the room be told that this person is writing?  Yes once in PRESENCE_TYPING_MS. */
bool presence_may_type(struct presence *p, uint64_t person, uint64_t now_ms);
/* Everybody here or in grace, in the order of their coming. */
void presence_each(const struct presence *p, presence_fn *each, void *ctx);
/* People here or in grace. */
size_t presence_count(const struct presence *p);
/* Is this person here or in grace? */
bool presence_has(const struct presence *p, uint64_t person);
/* The clients of one person; 0 for who is not here. */
size_t presence_clients_of(const struct presence *p, uint64_t person);
/* Their clients in all. */
size_t presence_clients(const struct presence *p);

#endif
