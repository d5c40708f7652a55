/* calendar.c - years are counted from the 1st of March: so the day that some of them lack is their last. */
#include "common/calendar.h"

enum {
	DAY = 24 * 60 * 60,
	TO_1970 = 719468, /* days from the 1st of March of the year 0 */
	ERA = 146097,     /* days of 400 years, after which the calendar repeats */
	CENTURY = 36524,  /* and of those of them that end without such a day */
	FOUR = 1461,
	YEAR = 365,
};

void calendar_of(uint64_t unix_s, struct calendar *out)
{
	unsigned days = (unsigned)(unix_s / DAY) + TO_1970;
	unsigned rest = (unsigned)(unix_s % DAY);
	unsigned eras = days / ERA, of_era = days % ERA;
	unsigned centuries = of_era / CENTURY - of_era / (ERA - 1);
	unsigned of_century = of_era - centuries * CENTURY;
	unsigned fours = of_century / FOUR, of_four = of_century % FOUR;
	unsigned years = of_four / YEAR - of_four / (FOUR - 1);
	unsigned day = of_four - years * YEAR;
	unsigned month = (5 * day + 2) / 153; /* of which five have 153 days */

	*out = (struct calendar){
		.year = eras * 400 + centuries * 100 + fours * 4 + years + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = day - (153 * month + 2) / 5 + 1,
		.hour = rest / 3600,
		.minute = rest / 60 % 60,
		.second = rest % 60,
	};
}
