/* calendar.h - dates of the Gregorian calendar in UTC, computed with neither lock nor memory: gmtime_r() takes
 * both, and the log has to tell the time where there is no memory left. */
#ifndef COMMON_CALENDAR_H
#define COMMON_CALENDAR_H

#include <stdint.h>

struct calendar {
	unsigned year, month, day; /* month and day from 1 */
	unsigned hour, minute, second;
};

/* unix_s: seconds since 1970 began, before the year 10000. */
void calendar_of(uint64_t unix_s, struct calendar *out);

#endif
