/* The bus messages as tables: bus_messages.def is expanded into one array of fields per kind
 * and one array of kinds; reading and writing are loops over them. */
#include "common/bus_msg.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <msgpack.h>

#include "common/bus_check.h"
#include "common/memory.h"
#include "common/secret.h"
#include "common/utf8.h"
#include "common/version.h"

/* clang-format off */
#define MSG(M, m, number, from, to, doc) static const struct bus_field fields_##m[] = {
#define U64(m, f, lo, hi, doc) {#f, BUS_U64, offsetof(struct bus_msg, u.m.f), lo, hi, 0, doc},
#define STR(m, f, lo, hi, doc) {#f, BUS_STR, offsetof(struct bus_msg, u.m.f), lo, hi, 0, doc},
#define BLN(m, f, doc)         {#f, BUS_BLN, offsetof(struct bus_msg, u.m.f), 0, 1, 0, doc},
#define NEW(m, f, minor, lo, hi, doc) {#f, BUS_U64, offsetof(struct bus_msg, u.m.f), lo, hi, minor, doc},
#define NEWSTR(m, f, minor, lo, hi, doc) {#f, BUS_STR, offsetof(struct bus_msg, u.m.f), lo, hi, minor, doc},
#define END(m)                 {NULL, BUS_U64, 0, 0, 0, 0, NULL}};
#include "common/bus_messages.def"
#undef MSG
#undef U64
#undef STR
#undef BLN
#undef NEW
#undef NEWSTR
#undef END

#define U64(m, f, lo, hi, doc)
#define STR(m, f, lo, hi, doc)
#define BLN(m, f, doc)
#define NEW(m, f, minor, lo, hi, doc)
#define NEWSTR(m, f, minor, lo, hi, doc)
#define END(m)
static const struct bus_kind_info kinds[] = {
#define MSG(M, m, number, from, to, doc) \
	{BUS_##M, #m, BUS_##from, BUS_##to, doc, fields_##m, NELEMS(fields_##m) - 1},
#include "common/bus_messages.def"
#undef MSG
};
#undef U64
#undef STR
#undef BLN
#undef NEW
#undef NEWSTR
#undef END
/* clang-format on */

const struct bus_kind_info *bus_kinds(size_t *n_out)
{
	*n_out = NELEMS(kinds);
	return kinds;
}

const struct bus_kind_info *bus_kind_info(uint64_t kind)
{
	for (size_t i = 0; i < NELEMS(kinds); i++) {
		if ((uint64_t)kinds[i].kind == kind)
			return &kinds[i];
	}
	return NULL;
}

const char *bus_kind_name(enum bus_kind kind)
{
	const struct bus_kind_info *info = bus_kind_info((uint64_t)kind);

	return info != NULL ? info->name : "unknown";
}

const char *mail_state_name(enum mail_state state)
{
	static const char *const names[] = {
#define X(symbol, name) [MAIL_##symbol] = name,
		MAIL_STATES(X)
#undef X
	};

	return (size_t)state < NELEMS(names) ? names[state] : "unknown";
}

static const char *const ban_kinds[] = {[0] = "unknown",
#define X(symbol, number, name) [BAN_##symbol] = name,
					BAN_KINDS_LIST(X)
#undef X
};

const char *ban_kind_name(uint64_t kind)
{
	return ban_kinds[kind < NELEMS(ban_kinds) ? kind : 0];
}

uint64_t ban_kind_of(struct slice name)
{
	uint64_t kind = NELEMS(ban_kinds) - 1;

	while (kind > 0 && !slice_equal(name, slice_of(ban_kinds[kind])))
		kind--;
	return kind;
}

static const struct {
	const char *name, *text;
} reasons[] = {
#define REASON(symbol, number, name, text) [number] = {name, text},
#include "common/reasons.def"
#undef REASON
};

const char *reason_name(uint64_t reason)
{
	return reasons[reason < NELEMS(reasons) ? reason : REASON_BAD_MESSAGE].name;
}

const char *reason_text(uint64_t reason)
{
	return reasons[reason < NELEMS(reasons) ? reason : REASON_BAD_MESSAGE].text;
}

static const struct {
	const char *name, *text;
} trail_kinds[] = {
	[0] = {"unknown", "something that a newer broker knows of"},
#define TRAIL_KIND(symbol, number, name, text) [number] = {name, text},
#include "common/trail_kinds.def"
#undef TRAIL_KIND
};

const char *trail_kind_name(uint64_t kind)
{
	return trail_kinds[kind < NELEMS(trail_kinds) ? kind : 0].name;
}

const char *trail_kind_text(uint64_t kind)
{
	return trail_kinds[kind < NELEMS(trail_kinds) ? kind : 0].text;
}

/* -- reading -- */

struct bus_reader {
	msgpack_unpacked unpacked;
	msgpack_object_array list; /* major, minor, messages */
	uint64_t minor;            /* of the peer */
	size_t at;
	size_t skipped;
};

/* Finds the version in front and leaves the reader before the first message. */
static enum status read_version(struct bus_reader *r)
{
	if (r->unpacked.data.type != MSGPACK_OBJECT_ARRAY)
		return ST_TYPE;
	r->list = r->unpacked.data.via.array;
	if (r->list.size < 2)
		return ST_SHORT;
	if (r->list.ptr[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
	    r->list.ptr[1].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return ST_TYPE;
	r->at = 2;
	r->minor = r->list.ptr[1].via.u64;
	return r->list.ptr[0].via.u64 == BUS_MAJOR ? ST_OK : ST_VERSION;
}

enum status bus_reader_new(struct slice frame, struct bus_reader **out)
{
	enum status st = bus_check(frame, BUS_FRAME_MAX);
	msgpack_unpack_return read;
	struct bus_reader *r;
	size_t used = 0;

	*out = NULL;
	if (st != ST_OK)
		return st;

	r = xcalloc(1, sizeof *r);
	msgpack_unpacked_init(&r->unpacked);
	read = msgpack_unpack_next(&r->unpacked, frame.ptr, frame.len, &used);
	if (read == MSGPACK_UNPACK_NOMEM_ERROR)
		memory_exhausted(frame.len);
	if (read != MSGPACK_UNPACK_SUCCESS || used != frame.len)
		st = ST_TYPE; /* bus_check() allows nothing msgpack refuses; still, ask */
	else
		st = read_version(r);

	if (st != ST_OK)
		bus_reader_free(&r);
	*out = r;
	return st;
}

void bus_reader_free(struct bus_reader **r)
{
	if (r == NULL || *r == NULL)
		return;
	msgpack_unpacked_destroy(&(*r)->unpacked);
	free(*r);
	*r = NULL;
}

static enum status read_field(const struct bus_field *f, const msgpack_object *o,
			      struct bus_msg *out)
{
	char *field = (char *)out + f->offset;

	switch (f->type) {
	case BUS_U64:
		if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
			return ST_TYPE;
		if (o->via.u64 < f->lo || o->via.u64 > f->hi)
			return ST_RANGE;
		memcpy(field, &o->via.u64, sizeof o->via.u64);
		return ST_OK;
	case BUS_BLN:
		if (o->type != MSGPACK_OBJECT_BOOLEAN)
			return ST_TYPE;
		memcpy(field, &o->via.boolean, sizeof o->via.boolean);
		return ST_OK;
	case BUS_STR: {
		struct slice s = {o->via.str.ptr, o->via.str.size};

		if (o->type != MSGPACK_OBJECT_STR)
			return ST_TYPE;
		if (s.len < f->lo || s.len > f->hi)
			return ST_RANGE;
		if (!utf8_is_valid(s))
			return ST_UTF8;
		memcpy(field, &s, sizeof s);
		return ST_OK;
	}
	}
	return ST_TYPE;
}

/* An older peer's message ends before the fields it does not know; those stay 0. */
static enum status read_message(const struct bus_reader *r,
				const struct bus_kind_info *info,
				const msgpack_object_array *values, struct bus_msg *out)
{
	size_t n = values->size - 1;

	out->kind = info->kind;
	for (size_t i = 0; i < info->n_fields; i++) {
		const struct bus_field *f = &info->fields[i];
		enum status st = ST_OK;

		if (i < n)
			st = read_field(f, &values->ptr[i + 1], out);
		else if (f->since <= r->minor)
			st = ST_SHORT;
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status bus_reader_next(struct bus_reader *r, enum bus_role from, enum bus_role to,
			    struct bus_msg *out)
{
	memset(out, 0, sizeof *out);
	while (r->at < r->list.size) {
		const msgpack_object *o = &r->list.ptr[r->at++];
		const struct bus_kind_info *info;

		if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size == 0 ||
		    o->via.array.ptr[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
			return ST_TYPE;
		info = bus_kind_info(o->via.array.ptr[0].via.u64);
		if (info == NULL) {
			r->skipped++;
			continue;
		}
		if (info->from != from || info->to != to)
			return ST_PROTOCOL;
		return read_message(r, info, &o->via.array, out);
	}
	return ST_END;
}

enum status bus_reader_only(struct bus_reader *r, enum bus_role from, enum bus_role to,
			    struct bus_msg *out)
{
	enum status st = bus_reader_next(r, from, to, out);
	struct bus_msg more;

	if (st != ST_OK)
		return st == ST_END ? ST_SHORT : st;
	st = bus_reader_next(r, from, to, &more);
	return st == ST_END ? ST_OK : st == ST_OK ? ST_TRAILING : st;
}

unsigned bus_reader_minor(const struct bus_reader *r)
{
	return r->minor > UINT16_MAX ? UINT16_MAX : (unsigned)r->minor;
}

size_t bus_reader_skipped(const struct bus_reader *r)
{
	return r == NULL ? 0 : r->skipped;
}

/* -- writing -- */

/* The array header of a frame is known only when all messages are; room for the longest one
 * (array 16, major, minor) is kept in front of the body. */
enum { HEAD_ROOM = 16 };

struct bus_writer {
	msgpack_sbuffer body;
	size_t count;
};

/* msgpack passes a failure on to nobody who looks: half a message would be the end of its frame. */
static int write_bytes(void *body, const char *bytes, size_t n)
{
	if (msgpack_sbuffer_write(body, bytes, n) != 0)
		memory_exhausted(n);
	return 0;
}

static void reserve_head(struct bus_writer *w)
{
	static const char room[HEAD_ROOM];

	(void)write_bytes(&w->body, room, sizeof room);
}

struct bus_writer *bus_writer_new(void)
{
	struct bus_writer *w = xcalloc(1, sizeof *w);

	msgpack_sbuffer_init(&w->body);
	reserve_head(w);
	return w;
}

void bus_writer_free(struct bus_writer **w)
{
	if (w == NULL || *w == NULL)
		return;
	msgpack_sbuffer_destroy(&(*w)->body);
	free(*w);
	*w = NULL;
}

static void write_field(msgpack_packer *p, const struct bus_field *f,
			const struct bus_msg *m)
{
	const char *field = (const char *)m + f->offset;

	switch (f->type) {
	case BUS_U64: {
		uint64_t value;

		memcpy(&value, field, sizeof value);
		assert(value >= f->lo && value <= f->hi);
		msgpack_pack_uint64(p, value);
		break;
	}
	case BUS_BLN: {
		bool value;

		memcpy(&value, field, sizeof value);
		if (value)
			msgpack_pack_true(p);
		else
			msgpack_pack_false(p);
		break;
	}
	case BUS_STR: {
		struct slice s;

		memcpy(&s, field, sizeof s);
		assert(s.len >= f->lo && s.len <= f->hi);
		msgpack_pack_str(p, s.len);
		msgpack_pack_str_body(p, s.len == 0 ? "" : s.ptr, s.len);
		break;
	}
	}
}

void bus_writer_add(struct bus_writer *w, const struct bus_msg *m)
{
	const struct bus_kind_info *info = bus_kind_info((uint64_t)m->kind);
	msgpack_packer p;

	assert(info != NULL && w->count < BUS_FRAME_MESSAGES_MAX);
	msgpack_packer_init(&p, &w->body, write_bytes);
	msgpack_pack_array(&p, info->n_fields + 1);
	msgpack_pack_uint64(&p, (uint64_t)info->kind);
	for (size_t i = 0; i < info->n_fields; i++)
		write_field(&p, &info->fields[i], m);
	w->count++;
}

size_t bus_writer_count(const struct bus_writer *w)
{
	return w->count;
}

size_t bus_writer_size(const struct bus_writer *w)
{
	return w->body.size;
}

void bus_writer_append(struct bus_writer *w, const struct bus_writer *src)
{
	assert(w->count + src->count <= BUS_FRAME_MESSAGES_MAX);
	(void)write_bytes(&w->body, src->body.data + HEAD_ROOM,
			  src->body.size - HEAD_ROOM);
	w->count += src->count;
}

void bus_writer_clear(struct bus_writer *w)
{
	msgpack_sbuffer_clear(&w->body);
	w->count = 0;
	reserve_head(w);
}

void bus_writer_wipe(struct bus_writer *w)
{
	secret_wipe(w->body.data, w->body.alloc);
	bus_writer_clear(w);
}

struct slice bus_writer_frame(struct bus_writer *w)
{
	msgpack_sbuffer head;
	msgpack_packer p;
	char *start;
	size_t len;

	msgpack_sbuffer_init(&head);
	msgpack_packer_init(&p, &head, write_bytes);
	msgpack_pack_array(&p, w->count + 2);
	msgpack_pack_uint64(&p, BUS_MAJOR);
	msgpack_pack_uint64(&p, BUS_MINOR);
	assert(head.size <= HEAD_ROOM);

	start = w->body.data + HEAD_ROOM - head.size;
	memcpy(start, head.data, head.size);
	len = w->body.size - HEAD_ROOM + head.size;
	msgpack_sbuffer_destroy(&head);
	return (struct slice){start, len};
}
