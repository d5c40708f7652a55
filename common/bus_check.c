/* One pass over the bytes with an explicit stack of "how many values are still due at this
 * level": no recursion, no allocation, and each length is compared with what is left before
 * the cursor moves.  Format bytes: the msgpack specification. */
#include "common/bus_check.h"

#include <stdint.h>

struct cursor {
	const unsigned char *at;
	size_t left;
	enum status st; /* the first error sticks */
};

static uint64_t take_number(struct cursor *c, size_t width)
{
	uint64_t value = 0;

	if (c->st != ST_OK || c->left < width) {
		c->st = c->st != ST_OK ? c->st : ST_SHORT;
		return 0;
	}
	for (size_t i = 0; i < width; i++)
		value = value << 8 | c->at[i];
	c->at += width;
	c->left -= width;
	return value;
}

static void skip_string(struct cursor *c, uint64_t len)
{
	if (c->st != ST_OK)
		return;
	if (len > BUS_CHECK_STRING) {
		c->st = ST_LONG;
	} else if (len > c->left) {
		c->st = ST_SHORT;
	} else {
		c->at += len;
		c->left -= (size_t)len;
	}
}

/* Reads one value without its children; returns how many children follow. */
static uint64_t take_value(struct cursor *c)
{
	uint64_t tag = take_number(c, 1);
	uint64_t children = 0;

	if (tag <= 0x7f || tag == 0xc2 || tag == 0xc3)
		; /* positive fixint, false, true */
	else if (tag >= 0x90 && tag <= 0x9f)
		children = tag & 0x0f;
	else if (tag == 0xdc || tag == 0xdd)
		children = take_number(c, tag == 0xdc ? 2 : 4);
	else if (tag >= 0xa0 && tag <= 0xbf)
		skip_string(c, tag & 0x1f);
	else if (tag >= 0xd9 && tag <= 0xdb)
		skip_string(c, take_number(c, (size_t)1 << (tag - 0xd9)));
	else if (tag >= 0xcc && tag <= 0xcf)
		take_number(c, (size_t)1 << (tag - 0xcc));
	else
		c->st = ST_TYPE;

	if (c->st == ST_OK && children > BUS_CHECK_ARRAY)
		c->st = ST_LONG;
	if (c->st == ST_OK && children > c->left) /* a value takes a byte at least */
		c->st = ST_SHORT;
	return c->st == ST_OK ? children : 0;
}

enum status bus_check(struct slice frame, size_t max)
{
	struct cursor c = {(const unsigned char *)frame.ptr, frame.len, ST_OK};
	uint64_t due[BUS_CHECK_DEPTH + 1] = {1}; /* values still expected, by level */
	size_t level = 0;

	if (frame.len > max)
		return ST_LONG;
	while (c.st == ST_OK) {
		uint64_t children;

		while (due[level] == 0) {
			if (level == 0)
				return c.left == 0 ? ST_OK : ST_TRAILING;
			level--;
		}
		due[level]--;
		children = take_value(&c);
		if (children == 0)
			continue;
		if (level == BUS_CHECK_DEPTH)
			return ST_DEPTH;
		due[++level] = children;
	}
	return c.st;
}
