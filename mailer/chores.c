/* Two timers that are asked instead of ringing. */
#include "mailer/chores.h"

#include "mailer/audit.h"

enum {
	HEAD_EVERY_MS = 10 * 60 * 1000,
	RETAIN_EVERY_MS = 60 * 60 * 1000,
	RETAIN_AGAIN_MS = 100, /* letters are written in between */
};

void chores_init(struct chores *c, uint64_t keep_ms)
{
	*c = (struct chores){.keep_ms = keep_ms};
}

void chores_set_keep(struct chores *c, uint64_t keep_ms)
{
	if (keep_ms == c->keep_ms)
		return;
	c->keep_ms = keep_ms;
	c->retain_ms = 0;
}

void chores_turn(struct chores *c, struct audit *a, uint64_t now_ms, uint64_t wall_ms)
{
	if (now_ms >= c->head_ms) {
		audit_export_head(a);
		c->head_ms = now_ms + HEAD_EVERY_MS;
	}
	if (now_ms >= c->retain_ms) {
		bool more = c->keep_ms != 0 && wall_ms > c->keep_ms &&
			    audit_retain(a, wall_ms - c->keep_ms, wall_ms);

		c->retain_ms = now_ms + (more ? RETAIN_AGAIN_MS : RETAIN_EVERY_MS);
	}
}

uint64_t chores_next_ms(const struct chores *c)
{
	return c->head_ms < c->retain_ms ? c->head_ms : c->retain_ms;
}
