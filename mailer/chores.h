/* chores.h - what is done for the record from time to time, whatever letters do. */
#ifndef MAILER_CHORES_H
#define MAILER_CHORES_H

#include <stdint.h>

struct audit;

struct chores {
	uint64_t keep_ms; /* how long rows keep their contents; 0: for ever */
	uint64_t head_ms,
		retain_ms; /* when the chain's head is exported next, old rows erased */
};

/* All of them are due at once. */
void chores_init(struct chores *c, uint64_t keep_ms);
/* Another age; rows are looked at anew, at once. */
void chores_set_keep(struct chores *c, uint64_t keep_ms);
/* Does what is due. */
void chores_turn(struct chores *c, struct audit *a, uint64_t now_ms, uint64_t wall_ms);
/* When the next one is due. */
uint64_t chores_next_ms(const struct chores *c);

#endif
