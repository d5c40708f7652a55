/* Numbers that the mailer has anyway are looked up when they are asked for; so is its health. */
#include "mailer/mailer_metrics.h"

#include <stddef.h>

#include "common/attr.h"
#include "mailer/desk.h"
#include "mailer/mailer_private.h"

static const char *const attempt_names[MAILER_STATES] = {
#define X(symbol, name) [MAIL_##symbol] = name,
	MAIL_STATES(X)
#undef X
};

#define METRIC_STRUCT struct mailer_metrics
static const struct metric table[] = {
#define METRICS "mailer/mailer_metrics.def"
#include "common/metric_rows.inc"
};

void mailer_metrics_attempt(struct mailer_metrics *m, enum mail_state state)
{
	m->attempts[state]++;
}

bool mailer_is_ready(const struct mailer *m, const char **why)
{
	*why = m->shut ? "the audit log cannot be written"
	       : m->degraded
		       ? "degraded: the last attempt found no mail server that could be used"
		       : "the broker's mail desk is not connected";
	return !m->shut && !m->degraded && desk_is_connected(m->desk);
}

void mailer_write_metrics(struct mailer *m, FILE *out)
{
	m->metrics.connected = desk_is_connected(m->desk);
	m->metrics.writable = !m->shut;
	m->metrics.degraded = m->degraded;
	m->metrics.in_hand = m->n_errands;
	m->metrics.sending = m->n_sending;
	m->metrics.refused = m->refusals.refused;
	m->metrics.skipped = m->refusals.skipped;
	metrics_write(table, NELEMS(table), &m->metrics, out);
}
