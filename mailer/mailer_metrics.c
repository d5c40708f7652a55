/* The table, and nothing else: the mailer keeps the numbers itself. */
#include "mailer/mailer_metrics.h"

#include <stddef.h>

#include "common/attr.h"

static const char *const attempt_names[MAILER_STATES] = {
#define X(symbol, name) [MAIL_##symbol] = name,
	MAIL_STATES(X)
#undef X
};

#define METRIC_STRUCT struct mailer_metrics
static const struct metric table[] = {
#define COUNTER METRIC_ROW_COUNTER
#define GAUGE METRIC_ROW_GAUGE
#define COUNTERS METRIC_ROW_COUNTERS
#define HISTOGRAM METRIC_ROW_HISTOGRAM
#include "mailer/mailer_metrics.def"
#undef COUNTER
#undef GAUGE
#undef COUNTERS
#undef HISTOGRAM
};
#undef METRIC_STRUCT

void mailer_metrics_write(const struct mailer_metrics *m, FILE *out)
{
	metrics_write(table, NELEMS(table), m, out);
}
