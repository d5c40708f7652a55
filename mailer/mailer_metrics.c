/* Numbers that the mailer has anyway are looked up when they are asked for; so is its health. */
#include "mailer/mailer_metrics.h"

#include <stddef.h>

#include "common/attr.h"
#include "mailer/audit.h"
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

/* Small enough to be a number for those who have only doubles. */
static uint64_t head_number(const struct secret_hash *link)
{
	uint64_t n = 0;

	for (int i = 0; i < 6; i++)
		n = n << 8 | link->bytes[i];
	return n;
}

/* What cannot be read at the moment stays as it was. */
static void look_at_audit(struct mailer *m)
{
	struct audit_head head;

	if (audit_head(m->setup.audit, &head) != ST_OK)
		return;
	m->metrics.audit_rows = (uint64_t)head.id;
	m->metrics.audit_head = head_number(&head.link);
}

void mailer_write_metrics(struct mailer *m, FILE *out)
{
	look_at_audit(m);
	m->metrics.connected = desk_is_connected(m->desk);
	m->metrics.writable = !m->shut;
	m->metrics.degraded = m->degraded;
	m->metrics.in_hand = m->n_errands;
	m->metrics.sending = m->n_sending;
	m->metrics.refused = m->refusals.refused;
	m->metrics.skipped = m->refusals.skipped;
	metrics_write(table, NELEMS(table), &m->metrics, out);
}
