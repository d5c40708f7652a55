/* bus_samples: one frame of every kind with fixed values, in hexadecimal.
 *
 * Each line is "NUMBER NAME HEX".  The values go round the borders of msgpack's
 * widths, field after field, clipped to the field's limits.  What it prints is kept in
 * tests/golden/bus-MAJOR.MINOR.hex, and decoded by another implementation in
 * tests/system/t16_bus_bytes.py.
 *
 *	bus_samples read < tests/golden/bus-1.0.hex
 *
 * decodes such lines, this minor's or an older one's, and says "NUMBER NAME STATUS" of each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/memory.h"

/* Around the borders of msgpack's widths. */
static const uint64_t numbers[] = {
	0,          1,     127,   128,        255,
	256,        65535, 65536, UINT32_MAX, (uint64_t)UINT32_MAX + 1,
	UINT64_MAX,
};
static const uint64_t lengths[] = {0, 1, 31, 32, 255, 256, 4000};

static uint64_t within(const struct bus_field *f, uint64_t value)
{
	if (value < f->lo)
		return f->lo;
	return value > f->hi ? f->hi : value;
}

/* Two-byte characters, and an ASCII one in front when the length is odd. */
static struct slice sample_text(uint64_t len)
{
	char *text = xcalloc(len + 1, 1);

	for (uint64_t i = 0; i < len; i++)
		text[i] = i % 2 == len % 2 ? '\xc3' : '\xa9';
	if (len % 2 == 1)
		text[0] = 'e';
	return (struct slice){text, len};
}

/* turns counts the fields of each type so far, over all kinds. */
static void fill(struct bus_msg *m, const struct bus_field *f, size_t turns[BUS_BLN + 1])
{
	char *field = (char *)m + f->offset;
	size_t turn = turns[f->type]++;

	switch (f->type) {
	case BUS_U64: {
		uint64_t value = within(f, numbers[turn % NELEMS(numbers)]);

		memcpy(field, &value, sizeof value);
		break;
	}
	case BUS_BLN: {
		bool value = turn % 2 == 1;

		memcpy(field, &value, sizeof value);
		break;
	}
	case BUS_STR: {
		struct slice text =
			sample_text(within(f, lengths[turn % NELEMS(lengths)]));

		memcpy(field, &text, sizeof text);
		break;
	}
	}
}

static void release(struct bus_msg *m, const struct bus_field *f)
{
	struct slice text;

	if (f->type != BUS_STR)
		return;
	memcpy(&text, (char *)m + f->offset, sizeof text);
	free((char *)(uintptr_t)text.ptr);
}

static void print_frame(const struct bus_kind_info *k, struct slice frame)
{
	printf("%d %s ", (int)k->kind, k->name);
	for (size_t i = 0; i < frame.len; i++)
		printf("%02x", (unsigned char)frame.ptr[i]);
	putchar('\n');
}

static size_t octets_of(const char *hex, char *out)
{
	size_t n = 0;
	unsigned value;

	for (; sscanf(hex + 2 * n, "%2x", &value) == 1; n++)
		out[n] = (char)value;
	return n;
}

static void read_frame(const char *name, struct slice frame)
{
	struct bus_reader *r;
	struct bus_msg m = {.kind = BUS_BATCH};
	enum status st = bus_reader_new(frame, &r);

	if (st == ST_OK) {
		size_t n;
		const struct bus_kind_info *k = bus_kinds(&n);

		while (n > 0 && strcmp(k->name, name) != 0) {
			k++;
			n--;
		}
		st = n > 0 ? bus_reader_next(r, k->from, k->to, &m) : ST_UNKNOWN;
	}
	printf("%d %s %s\n", (int)m.kind, name, status_text(st));
	bus_reader_free(&r);
}

static int read_samples(void)
{
	static char line[64 << 10], hex[64 << 10], frame[32 << 10];
	char name[64];

	while (fgets(line, sizeof line, stdin) != NULL) {
		if (sscanf(line, "%*d %63s %65535s", name, hex) != 2)
			return 1;
		read_frame(name, (struct slice){frame, octets_of(hex, frame)});
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "read") == 0)
		return read_samples();
	if (argc != 1)
		return 2;

	struct bus_writer *w = bus_writer_new();
	size_t n, turns[BUS_BLN + 1] = {0};
	const struct bus_kind_info *kinds = bus_kinds(&n);

	for (size_t i = 0; i < n; i++) {
		const struct bus_kind_info *k = &kinds[i];
		struct bus_msg m = {.kind = k->kind};

		for (size_t j = 0; j < k->n_fields; j++)
			fill(&m, &k->fields[j], turns);
		bus_writer_clear(w);
		bus_writer_add(w, &m);
		print_frame(k, bus_writer_frame(w));
		for (size_t j = 0; j < k->n_fields; j++)
			release(&m, &k->fields[j]);
	}
	bus_writer_free(&w);
	return 0;
}
