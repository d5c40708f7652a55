/* Fields of fixed width; days are counted by the rule of the Gregorian calendar. */
#include "mailer/moment.h"

#include <stdbool.h>

#include "common/attr.h"
#include "common/number.h"

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FIELDS };

static const struct {
	char before; /* what stands before it; '\0': nothing */
	size_t width;
	unsigned least, most;
} fields[FIELDS] = {
	[YEAR] = {'\0', 4, 1970, 9999}, [MONTH] = {'-', 2, 1, 12},
	[DAY] = {'-', 2, 1, 31},        [HOUR] = {'T', 2, 0, 23},
	[MINUTE] = {':', 2, 0, 59},     [SECOND] = {':', 2, 0, 59},
};

static bool cut_field(struct slice *s, int field, unsigned *out)
{
	size_t skip = fields[field].before != '\0' ? 1 : 0;

	if (s->len < skip + fields[field].width ||
	    (skip > 0 && s->ptr[0] != fields[field].before))
		return false;
	*out = 0;
	for (size_t i = skip; i < skip + fields[field].width; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(s->ptr[i] - '0');
	}
	s->ptr += skip + fields[field].width;
	s->len -= skip + fields[field].width;
	return true;
}

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30,
					     31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

static uint64_t days_since_1970(const unsigned value[FIELDS])
{
	uint64_t days = value[DAY] - 1;

	for (unsigned year = 1970; year < value[YEAR]; year++)
		days += is_leap(year) ? 366 : 365;
	for (unsigned month = 1; month < value[MONTH]; month++)
		days += days_of_month(value[YEAR], month);
	return days;
}

static enum status parse_date(struct slice text, uint64_t *out)
{
	unsigned value[FIELDS] = {0};
	int n = 0;

	while (n < FIELDS && cut_field(&text, n, &value[n]))
		n++;
	if (n >= MINUTE + 1 && text.len == 1 && text.ptr[0] == 'Z')
		text.len = 0;
	if (text.len > 0 || (n != DAY + 1 && n < MINUTE + 1))
		return ST_TYPE;
	for (int i = 0; i < n; i++) {
		if (value[i] < fields[i].least || value[i] > fields[i].most)
			return ST_RANGE;
	}
	if (value[DAY] > days_of_month(value[YEAR], value[MONTH]))
		return ST_RANGE;
	*out = (((days_since_1970(value) * 24 + value[HOUR]) * 60 + value[MINUTE]) * 60 +
		value[SECOND]) *
	       1000;
	return ST_OK;
}

enum status moment_parse(struct slice text, uint64_t now_ms, uint64_t *out)
{
	uint64_t ago;

	*out = 0;
	if (text.len > 0 && text.ptr[text.len - 1] >= 'a' &&
	    number_parse_duration(text, &ago) == ST_OK) {
		*out = ago < now_ms ? now_ms - ago : 0;
		return ST_OK;
	}
	return parse_date(text, out);
}
