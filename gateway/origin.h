/* origin.h - may a page of this origin open a WebSocket here (SECURITY W1)? */
#ifndef GATEWAY_ORIGIN_H
#define GATEWAY_ORIGIN_H

#include <stdbool.h>

#include "common/config.h"
#include "common/slice.h"

/* listed: the origins that may, compared exactly; when empty, that of
 * the host the request was made to, by http, or by https where a trusted proxy says that the page came so.
 * An absent (empty) origin is no browser's, and may. */
bool origin_is_allowed(const struct config_list *listed, struct slice origin,
		       struct slice host, bool by_https);

enum { ORIGIN_CAP = 288 };

/* Could a browser send it: http(s)://host, with a port that is not the scheme's own, in lower case and with
 * nothing behind, or null? */
bool origin_is_valid(struct slice origin);
/* What somebody meant who wrote that; false: who knows. */
bool origin_guess(struct slice typed, char out[ORIGIN_CAP]);

#endif
