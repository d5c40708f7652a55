/* test_bus_msg.c - every kind goes there and back at its limits; what is not as the table says
 * does not. */
#include "common/bus_msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/version.h"

#define MINOR "\x02"
_Static_assert(BUS_MINOR == 2, "and the bytes say so");

#define BYTES(literal) ((struct slice){(literal), sizeof(literal) - 1})

/* -- messages made from the tables */

enum limit { LEAST, MOST };

static char long_text[65536]; /* filled by main(): larger than any field */

static void fill_field(struct bus_msg *m, const struct bus_field *f, enum limit limit)
{
	uint64_t value = limit == LEAST ? f->lo : f->hi;
	struct slice text = {long_text, value};
	bool flag = limit == MOST;
	char *field = (char *)m + f->offset;

	if (f->type == BUS_U64)
		memcpy(field, &value, sizeof value);
	else if (f->type == BUS_STR)
		memcpy(field, &text, sizeof text);
	else
		memcpy(field, &flag, sizeof flag);
}

static struct bus_msg message_of(const struct bus_kind_info *k, enum limit limit)
{
	struct bus_msg m = {.kind = k->kind};

	for (size_t i = 0; i < k->n_fields; i++)
		fill_field(&m, &k->fields[i], limit);
	return m;
}

static bool field_is_equal(const struct bus_msg *a, const struct bus_msg *b,
			   const struct bus_field *f)
{
	static const size_t sizes[] = {
		[BUS_U64] = sizeof(uint64_t), [BUS_BLN] = sizeof(bool)};
	const char *left = (const char *)a + f->offset,
		   *right = (const char *)b + f->offset;
	struct slice s, t;

	if (f->type != BUS_STR)
		return memcmp(left, right, sizes[f->type]) == 0;
	memcpy(&s, left, sizeof s);
	memcpy(&t, right, sizeof t);
	return slice_equal(s, t);
}

static void assert_equal(const struct bus_kind_info *k, const struct bus_msg *a,
			 const struct bus_msg *b)
{
	assert_int_equal(a->kind, b->kind);
	for (size_t i = 0; i < k->n_fields; i++) {
		if (!field_is_equal(a, b, &k->fields[i]))
			fail_msg("%s.%s", k->name, k->fields[i].name);
	}
}

/* Opens a frame that must be one. */
static struct bus_reader *open_frame(struct slice frame)
{
	struct bus_reader *r;

	assert_int_equal(bus_reader_new(frame, &r), ST_OK);
	assert_non_null(r);
	return r;
}

/* What reading the frame's first message between these roles says. */
static enum status read_first(struct slice frame, enum bus_role from, enum bus_role to)
{
	struct bus_reader *r;
	struct bus_msg m;
	enum status st = bus_reader_new(frame, &r);

	if (st == ST_OK)
		st = bus_reader_next(r, from, to, &m);
	bus_reader_free(&r);
	return st;
}

/* -- there and back */

static void round_trip(const struct bus_kind_info *k, enum limit limit)
{
	struct bus_msg sent = message_of(k, limit), got;
	struct bus_writer *w = bus_writer_new(), *again = bus_writer_new();
	struct bus_reader *r;

	bus_writer_add(w, &sent);
	r = open_frame(bus_writer_frame(w));
	assert_int_equal(bus_reader_next(r, k->from, k->to, &got), ST_OK);
	assert_equal(k, &sent, &got);
	bus_writer_add(again, &got);
	assert_true(slice_equal(bus_writer_frame(w), bus_writer_frame(again)));
	assert_int_equal(bus_reader_next(r, k->from, k->to, &got), ST_END);
	assert_int_equal(bus_reader_next(r, k->from, k->to, &got), ST_END);
	bus_reader_free(&r);
	bus_writer_free(&w);
	bus_writer_free(&again);
}

static void every_kind_goes_there_and_back_at_its_limits(void **state)
{
	size_t n;
	const struct bus_kind_info *kinds = bus_kinds(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		round_trip(&kinds[i], LEAST);
		round_trip(&kinds[i], MOST);
	}
}

static void the_table_contradicts_itself_nowhere(void **state)
{
	size_t n;
	const struct bus_kind_info *kinds = bus_kinds(&n);

	(void)state;
	assert_true(n >= 32);
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(bus_kind_info((uint64_t)kinds[i].kind), &kinds[i]);
		assert_true(kinds[i].n_fields > 0 && kinds[i].from != kinds[i].to);
		assert_true(kinds[i].from == BUS_BROKER || kinds[i].to == BUS_BROKER);
		for (size_t j = 0; j < kinds[i].n_fields; j++) {
			const struct bus_field *f = &kinds[i].fields[j];

			assert_true(f->lo <= f->hi);
			assert_true(f->type != BUS_STR || f->hi <= sizeof long_text);
		}
	}
	assert_null(bus_kind_info(0));
	assert_null(bus_kind_info(UINT64_MAX));
	assert_string_equal(bus_kind_name(BUS_SAY), "say");
}

static void messages_of_a_frame_keep_their_order(void **state)
{
	struct bus_writer *w = bus_writer_new();
	struct bus_msg m = {.kind = BUS_GONE};
	struct bus_reader *r;

	(void)state;
	for (uint64_t i = 1; i <= BUS_FRAME_MESSAGES_MAX; i++) {
		m.u.gone.client = i;
		bus_writer_add(w, &m);
	}
	assert_int_equal(bus_writer_count(w), BUS_FRAME_MESSAGES_MAX);
	r = open_frame(bus_writer_frame(w));
	for (uint64_t i = 1; i <= BUS_FRAME_MESSAGES_MAX; i++) {
		assert_int_equal(bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &m), ST_OK);
		assert_int_equal(m.u.gone.client, i);
	}
	assert_int_equal(bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &m), ST_END);
	bus_reader_free(&r);
	bus_writer_free(&w);
}

static void bytes_on_the_wire_are_the_documented_ones(void **state)
{
	const struct bus_msg heartbeat = {
		.kind = BUS_BATCH, .u.batch = {.gateway = 3, .number = 7, .newest = 42}};
	const struct bus_msg say = {
		.kind = BUS_SAY,
		.u.say = {.client = 300, .id = S("a1"), .text = S("h\xc3\xa9")}};
	const struct bus_msg accepted = {
		.kind = BUS_ACCEPTED,
		.u.accepted = {
			.client = 1, .id = S(""), .seq = UINT64_MAX, .again = true}};
	struct bus_writer *w = bus_writer_new();

	(void)state;
	assert_true(slice_equal(bus_writer_frame(w), BYTES("\x92\x01" MINOR)));
	bus_writer_add(w, &heartbeat);
	assert_true(slice_equal(bus_writer_frame(w),
				BYTES("\x93\x01" MINOR "\x96\x01\x03\x07\x2a\xa0\x00")));
	bus_writer_add(w, &say);
	assert_true(
		slice_equal(bus_writer_frame(w),
			    BYTES("\x94\x01" MINOR "\x96\x01\x03\x07\x2a\xa0\x00"
				  "\x94\x0e\xcd\x01\x2c\xa2\x61\x31\xa3\x68\xc3\xa9")));
	bus_writer_clear(w);
	bus_writer_add(w, &accepted);
	assert_true(
		slice_equal(bus_writer_frame(w),
			    BYTES("\x93\x01" MINOR "\x95\x22\x01\xa0\xcf\xff\xff\xff\xff"
				  "\xff\xff\xff\xff\xc3")));
	bus_writer_free(&w);
}

static void a_writer_can_be_emptied_and_appended(void **state)
{
	const struct bus_msg gone = {.kind = BUS_GONE, .u.gone = {.client = 5}};
	struct bus_writer *a = bus_writer_new(), *b = bus_writer_new();
	size_t empty = bus_writer_size(a);

	(void)state;
	bus_writer_add(a, &gone);
	bus_writer_add(b, &gone);
	bus_writer_append(a, b);
	assert_int_equal(bus_writer_count(a), 2);
	assert_true(slice_equal(bus_writer_frame(a),
				BYTES("\x94\x01" MINOR "\x92\x0f\x05\x92\x0f\x05")));
	bus_writer_wipe(a);
	assert_int_equal(bus_writer_count(a), 0);
	assert_int_equal(bus_writer_size(a), empty);
	bus_writer_append(a, b);
	assert_true(slice_equal(bus_writer_frame(a), bus_writer_frame(b)));
	bus_writer_free(&a);
	bus_writer_free(&b);
	bus_writer_free(&b);
	bus_writer_free(NULL);
	bus_reader_free(NULL);
}

/* -- what is refused */

static void a_message_in_the_wrong_direction_is_refused(void **state)
{
	static const enum bus_role roles[] = {BUS_GATEWAY, BUS_BROKER, BUS_MAILER,
					      BUS_CONTROL};
	size_t n;
	const struct bus_kind_info *kinds = bus_kinds(&n);
	struct bus_writer *w = bus_writer_new();

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct bus_msg m = message_of(&kinds[i], LEAST);

		bus_writer_clear(w);
		bus_writer_add(w, &m);
		for (size_t j = 0; j < NELEMS(roles) * NELEMS(roles); j++) {
			enum bus_role from = roles[j / NELEMS(roles)];
			enum bus_role to = roles[j % NELEMS(roles)];
			bool right = from == kinds[i].from && to == kinds[i].to;

			assert_int_equal(read_first(bus_writer_frame(w), from, to),
					 right ? ST_OK : ST_PROTOCOL);
		}
	}
	bus_writer_free(&w);
}

struct frame_case {
	struct slice frame;
	enum status expected;
};

static void read_all_cases(const struct frame_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum status st = read_first(cases[i].frame, BUS_GATEWAY, BUS_BROKER);

		if (st != cases[i].expected)
			fail_msg("case %zu: %s", i, status_text(st));
	}
}

static void a_message_of_another_shape_is_refused(void **state)
{
	const struct frame_case cases[] = {
		/* SAY: kind 14, client, id, text */
		{BYTES("\x93\x01\x01\x94\x0e\x05\xa0\xa1x"), ST_OK},
		{BYTES("\x93\x01\x00\x93\x0e\x05\xa0"), ST_SHORT},
		{BYTES("\x93\x01\x00\x91\x0e"), ST_SHORT},
		{BYTES("\x93\x01\x00\x90"), ST_TYPE},
		{BYTES("\x93\x01\x00\x0e"), ST_TYPE},
		{BYTES("\x93\x01\x00\xa1x"), ST_TYPE},
		{BYTES("\x93\x01\x01\x94\xa1\x0e\x05\xa0\xa1x"), ST_TYPE}, /* kind */
		{BYTES("\x93\x01\x01\x94\x0e\xa1\x35\xa0\xa1x"), ST_TYPE}, /* number */
		{BYTES("\x93\x01\x01\x94\x0e\xc3\xa0\xa1x"), ST_TYPE},
		{BYTES("\x93\x01\x01\x94\x0e\x05\x00\xa1x"), ST_TYPE}, /* string */
		{BYTES("\x93\x01\x01\x94\x0e\x05\xa0\x90"), ST_TYPE},
		{BYTES("\x93\x01\x01\x94\x0e\x00\xa0\xa1x"), ST_RANGE}, /* client 0 */
		{BYTES("\x93\x01\x01\x94\x0e\x05\xa0\xa0"), ST_RANGE},  /* empty text */
		{BYTES("\x93\x01\x01\x94\x10\x00\x00\xcd\x01\xf5"), ST_RANGE}, /* 501 */
		{BYTES("\x93\x01\x01\x94\x0e\x05\xa0\xa1\xff"), ST_UTF8},
		{BYTES("\x93\x01\x01\x94\x0e\x05\xa0\xa2\xc0\x80"), ST_UTF8},
		{BYTES("\x93\x01\x01\x94\x0e\x05\xa0\xa3\xed\xa0\x80"), ST_UTF8},
		/* AUTH's boolean as a number */
		{BYTES("\x93\x01\x00\x97\x0b\x05\xa0\xa0\x00\x00\x01"), ST_TYPE},
		{BYTES("\x93\x01\x00\x97\x0b\x05\xa0\xa0\x00\x00\xc2"), ST_OK},
	};

	(void)state;
	read_all_cases(cases, NELEMS(cases));
}

static void a_string_over_its_limit_is_refused(void **state)
{
	/* HELLO with a name of 121 bytes. */
	char frame[160] = "\x93\x01\x01\x95\x0a\x05\xd9\x79";
	size_t len = 8;

	(void)state;
	memset(frame + len, 'n', 121);
	len += 121;
	memcpy(frame + len, "\xa0\xa0", 2);
	len += 2;
	assert_int_equal(read_first((struct slice){frame, len}, BUS_GATEWAY, BUS_BROKER),
			 ST_RANGE);
	frame[7] = 120;
	memmove(frame + 8 + 120, "\xa0\xa0", 2);
	assert_int_equal(
		read_first((struct slice){frame, len - 1}, BUS_GATEWAY, BUS_BROKER),
		ST_OK);
}

static void what_is_no_frame_is_refused(void **state)
{
	const struct frame_case cases[] = {
		{BYTES(""), ST_SHORT},
		{BYTES("\x90"), ST_SHORT},
		{BYTES("\x91\x01"), ST_SHORT},
		{BYTES("\x01"), ST_TYPE},
		{BYTES("\x92\xa1\x31\x00"), ST_TYPE},
		{BYTES("\x92\x01\xc3"), ST_TYPE},
		{BYTES("\x92\x01\x00\x00"), ST_TRAILING},
		{BYTES("\xdd\xff\xff\xff\xff"), ST_LONG},
		{BYTES("\x81\x01\x01"), ST_TYPE},
		{BYTES("\x92\x01\x01"), ST_END}, /* nothing in it, but a frame */
	};

	(void)state;
	read_all_cases(cases, NELEMS(cases));
}

/* -- other versions */

static void another_major_is_refused(void **state)
{
	const struct frame_case cases[] = {
		{BYTES("\x93\x00\x00\x92\x0f\x05"), ST_VERSION},
		{BYTES("\x93\x02\x00\x92\x0f\x05"), ST_VERSION},
		{BYTES("\x93\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x00\x92\x0f\x05"),
		 ST_VERSION},
		{BYTES("\x93\x01\x00\x92\x0f\x05"), ST_OK},
	};
	struct bus_reader *r = (void *)long_text;

	(void)state;
	assert_int_equal(BUS_MAJOR, 1);
	read_all_cases(cases, NELEMS(cases));
	assert_int_equal(bus_reader_new(cases[0].frame, &r), ST_VERSION);
	assert_null(r);
}

static void a_newer_minor_is_read_and_its_news_skipped(void **state)
{
	/* Minor 9: an unknown kind in front, GONE with two more fields, an unknown kind behind. */
	struct bus_reader *r = open_frame(BYTES("\x95\x01\x09"
						"\x93\xcd\x03\xe7\xa1x\x91\x01"
						"\x94\x0f\x05\xa1y\x92\x01\x02"
						"\x91\xcd\x03\xe8"));
	struct bus_msg m;

	(void)state;
	assert_int_equal(bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &m), ST_OK);
	assert_int_equal(m.kind, BUS_GONE);
	assert_int_equal(m.u.gone.client, 5);
	assert_int_equal(bus_reader_skipped(r), 1);
	assert_int_equal(bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &m), ST_END);
	assert_int_equal(bus_reader_skipped(r), 2);
	bus_reader_free(&r);
}

static void a_frame_of_one_message_has_no_other(void **state)
{
	const struct frame_case cases[] = {
		{BYTES("\x93\x01\x00\x92\x0f\x05"), ST_OK},
		{BYTES("\x92\x01\x00"), ST_SHORT},
		{BYTES("\x94\x01\x00\x92\x0f\x05\x92\x0f\x05"), ST_TRAILING},
		{BYTES("\x94\x01\x09\x92\x0f\x05\x91\xcd\x03\xe8"), ST_OK}, /* unknown */
		{BYTES("\x94\x01\x00\x92\x0f\x05\x92\x0f\xc2"), ST_TYPE},
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct bus_reader *r = open_frame(cases[i].frame);
		struct bus_msg m;

		assert_int_equal(bus_reader_only(r, BUS_GATEWAY, BUS_BROKER, &m),
				 cases[i].expected);
		bus_reader_free(&r);
	}
}

/* -- damage */

/* A frame with each byte changed to each value, and each prefix of it: it is read as something or
 * refused, and what is read can be sent. */
static void damage_is_survived(void **state)
{
	static const char good[] =
		"\x94\x01\x01\x94\x01\x03\x07\x2a\x94\x0e\x05\xa2id\xa2hi";
	struct bus_writer *w = bus_writer_new();

	(void)state;
	for (size_t i = 0; i < (sizeof good - 1) * 256; i++) {
		char bytes[sizeof good];
		struct bus_reader *r;
		struct bus_msg m;

		memcpy(bytes, good, sizeof good);
		bytes[i / 256] = (char)(i % 256);
		bus_writer_clear(w);
		if (bus_reader_new((struct slice){bytes, sizeof good - 1}, &r) != ST_OK)
			continue;
		while (bus_reader_next(r, BUS_GATEWAY, BUS_BROKER, &m) == ST_OK)
			bus_writer_add(w, &m);
		bus_reader_free(&r);
		r = open_frame(bus_writer_frame(w));
		bus_reader_free(&r);
	}
	for (size_t len = 0; len < sizeof good - 1; len++)
		assert_int_equal(
			read_first((struct slice){good, len}, BUS_GATEWAY, BUS_BROKER),
			ST_SHORT);
	bus_writer_free(&w);
}

static void reasons_and_states_have_names(void **state)
{
	(void)state;
	assert_string_equal(reason_name(REASON_NAME_TAKEN), "name-taken");
	assert_string_equal(reason_name(255), "bad-message");
	assert_string_equal(reason_name(UINT64_MAX), "bad-message");
	assert_string_equal(reason_text(REASON_NONE), "");
	for (uint64_t i = 0; i <= REASON_SESSION_OLD; i++)
		assert_true(reason_name(i) != NULL && reason_text(i) != NULL);
	assert_string_equal(mail_state_name(MAIL_WITHHELD), "withheld");
	assert_string_equal(mail_state_name((enum mail_state)99), "unknown");
	assert_string_equal(trail_kind_name(TRAIL_CODE_WRONG), "code-wrong");
	assert_string_equal(trail_kind_name(0), "unknown");
	assert_string_equal(trail_kind_name(UINT64_MAX), "unknown");
	for (uint64_t i = 0; i <= TRAIL_ROWS_LOST; i++)
		assert_true(trail_kind_name(i) != NULL && trail_kind_text(i) != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_goes_there_and_back_at_its_limits),
		cmocka_unit_test(the_table_contradicts_itself_nowhere),
		cmocka_unit_test(messages_of_a_frame_keep_their_order),
		cmocka_unit_test(bytes_on_the_wire_are_the_documented_ones),
		cmocka_unit_test(a_writer_can_be_emptied_and_appended),
		cmocka_unit_test(a_message_in_the_wrong_direction_is_refused),
		cmocka_unit_test(a_message_of_another_shape_is_refused),
		cmocka_unit_test(a_string_over_its_limit_is_refused),
		cmocka_unit_test(what_is_no_frame_is_refused),
		cmocka_unit_test(another_major_is_refused),
		cmocka_unit_test(a_newer_minor_is_read_and_its_news_skipped),
		cmocka_unit_test(a_frame_of_one_message_has_no_other),
		cmocka_unit_test(damage_is_survived),
		cmocka_unit_test(reasons_and_states_have_names),
	};

	memset(long_text, 'x', sizeof long_text);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
