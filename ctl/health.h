/* health.h - asks a process's admin address how it is, for where there is neither shell nor curl. */
#ifndef CTL_HEALTH_H
#define CTL_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/status.h"

enum { HEALTH_TEXT_CAP = 512 };

struct health {
	unsigned status;            /* of HTTP */
	char text[HEALTH_TEXT_CAP]; /* what it said, its first line, clipped */
};

/* GET path from address (HOST:PORT).  ST_RANGE: not HOST:PORT; ST_ABSENT: nobody there, or no
 * answer in time; ST_PROTOCOL: what answers is not HTTP. */
enum status health_ask(const char *address, const char *path, uint64_t timeout_ms,
		       struct health *out) ATTR_USE_RESULT;
/* Reads an answer of HTTP/1.x as far as it is needed here. */
enum status health_read(const char *answer, size_t len,
			struct health *out) ATTR_USE_RESULT;

#endif
