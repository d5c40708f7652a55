/* number.c - digits, checked before each step so that nothing wraps around. */
#include "common/number.h"

#include <stdbool.h>
#include <stddef.h>

/* No unit at all means seconds: what people write without thinking. */
static const struct {
	struct slice name;
	uint64_t ms;
} units[] = {
	{{"", 0}, 1000},
	{{"ms", 2}, 1},
	{{"s", 1}, 1000},
	{{"m", 1}, UINT64_C(60) * 1000},
	{{"h", 1}, UINT64_C(60) * 60 * 1000},
	{{"d", 1}, UINT64_C(24) * 60 * 60 * 1000},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum status number_parse(struct slice s, uint64_t *out)
{
	uint64_t value = 0;
	bool fits = true;

	*out = 0;
	if (s.len == 0 || (s.len > 1 && s.ptr[0] == '0'))
		return ST_TYPE;

	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit;

		if (!is_digit(s.ptr[i]))
			return ST_TYPE; /* even when the digits before it were too many */
		digit = (uint64_t)(s.ptr[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			fits = false;
		if (fits)
			value = value * 10 + digit;
	}
	if (!fits)
		return ST_RANGE;

	*out = value;
	return ST_OK;
}

static enum status find_unit(struct slice name, uint64_t *ms)
{
	for (size_t i = 0; i < NELEMS(units); i++) {
		if (slice_equal(name, units[i].name)) {
			*ms = units[i].ms;
			return ST_OK;
		}
	}
	return ST_TYPE;
}

enum status number_parse_duration(struct slice s, uint64_t *out_ms)
{
	size_t digits = 0;
	uint64_t count = 0;
	uint64_t unit_ms = 0;
	enum status st;

	*out_ms = 0;
	while (digits < s.len && is_digit(s.ptr[digits]))
		digits++;

	/* Without digits there may be no text either, and NULL must not be moved. */
	if (digits == 0)
		return ST_TYPE;
	st = find_unit((struct slice){s.ptr + digits, s.len - digits}, &unit_ms);
	if (st != ST_OK)
		return st;
	st = number_parse((struct slice){s.ptr, digits}, &count);
	if (st != ST_OK)
		return st;
	if (count > UINT64_MAX / unit_ms)
		return ST_RANGE;

	*out_ms = count * unit_ms;
	return ST_OK;
}
