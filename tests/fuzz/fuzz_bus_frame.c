/* A frame of the bus: what the check refuses is not read, what is read can be written, passes the check,
 * and is read again as the same. */
#include <assert.h>

#include "common/bus_check.h"
#include "common/bus_msg.h"
#include "tests/fuzz/fuzz.h"

static const struct {
	enum bus_role from, to;
} ways[] = {{BUS_GATEWAY, BUS_BROKER}, {BUS_BROKER, BUS_GATEWAY},
	    {BUS_MAILER, BUS_BROKER},  {BUS_BROKER, BUS_MAILER},
	    {BUS_CONTROL, BUS_BROKER}, {BUS_BROKER, BUS_CONTROL}};

/* Reads all that is good of the frame into w. */
static enum status copy(struct slice frame, enum bus_role from, enum bus_role to,
			struct bus_writer *w)
{
	struct bus_reader *r;
	struct bus_msg m;
	enum status st = bus_reader_new(frame, &r);

	while (st == ST_OK && (st = bus_reader_next(r, from, to, &m)) == ST_OK)
		bus_writer_add(w, &m); /* asserts that each field is within its limits */
	bus_reader_free(&r);
	return st;
}

static void agrees_with_the_check(struct slice frame)
{
	struct bus_reader *r;
	enum status checked = bus_check(frame, BUS_FRAME_MAX);
	enum status read = bus_reader_new(frame, &r);

	assert((read == ST_OK) == (r != NULL));
	assert(checked == ST_OK || read == checked);
	bus_reader_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bus_writer *once,
		*twice; /* kept: making them is the dearest part */
	struct slice frame = fuzz_slice(data, size);

	if (once == NULL) {
		once = bus_writer_new();
		twice = bus_writer_new();
	}
	agrees_with_the_check(frame);
	assert(size <= 4096 || bus_check(frame, 4096) != ST_OK);
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		bus_writer_clear(once);
		bus_writer_clear(twice);
		(void)copy(frame, ways[i].from, ways[i].to, once);
		assert(copy(bus_writer_frame(once), ways[i].from, ways[i].to, twice) ==
		       ST_END);
		assert(slice_equal(bus_writer_frame(once), bus_writer_frame(twice)));
		assert(bus_check(bus_writer_frame(once), BUS_FRAME_MAX) == ST_OK);
	}
	return 0;
}
