/* advice.h - what an operator can do about a letter that did not leave. */
#ifndef MAILER_ADVICE_H
#define MAILER_ADVICE_H

#include "mailer/delivery.h"
#include "mailer/transport_spec.h"

/* Pure; a sentence or more, never NULL. */
const char *advice_on(enum transport_kind kind, const struct delivery_result *result);

#endif
