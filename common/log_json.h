/* log_json.h - the pairs of a log line as members of a JSON object. */
#ifndef COMMON_LOG_JSON_H
#define COMMON_LOG_JSON_H

#include <stddef.h>

#include "common/slice.h"

/* Writes `,"key":"value"` for each key=value and key="value" of pairs into buf, as many of them as
 * fit whole, and returns their length.  Values are strings, whatever they look like; what is no
 * printable ASCII is written as \u00NN.  A word without = is left out.  Not terminated. */
size_t log_json(char *buf, size_t cap, struct slice pairs);

#endif
