/* bus_msg.h - the messages of the bus: structs, strict decoder, encoder.
 *
 * All of it derives from bus_messages.def.  A frame is one NNG message: the version and a list of
 * messages, of which the first is the head.  Reading checks in this order: the raw bytes
 * (bus_check.h), msgpack, then each message against the table of its kind.  Unknown kinds
 * and trailing fields are a newer minor's: skipped and counted.  Another major is refused. */
#ifndef COMMON_BUS_MSG_H
#define COMMON_BUS_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

enum bus_role { BUS_GATEWAY, BUS_BROKER, BUS_MAILER, BUS_CONTROL };

/* clang-format off */
#define U64(m, f, lo, hi, doc)
#define STR(m, f, lo, hi, doc)
#define BLN(m, f, doc)
#define NEW(m, f, minor, lo, hi, doc)
#define NEWSTR(m, f, minor, lo, hi, doc)
#define END(m)
enum bus_kind {
#define MSG(M, m, number, from, to, doc) BUS_##M = number,
#include "common/bus_messages.def"
#undef MSG
};
#undef U64
#undef STR
#undef BLN
#undef NEW
#undef NEWSTR
#undef END

#define MSG(M, m, number, from, to, doc) struct bus_##m {
#define U64(m, f, lo, hi, doc) uint64_t f;
#define STR(m, f, lo, hi, doc) struct slice f;
#define BLN(m, f, doc) bool f;
#define NEW(m, f, minor, lo, hi, doc) uint64_t f;
#define NEWSTR(m, f, minor, lo, hi, doc) struct slice f;
#define END(m) };
#include "common/bus_messages.def"
#undef MSG
#undef U64
#undef STR
#undef BLN
#undef NEW
#undef NEWSTR
#undef END

struct bus_msg {
	enum bus_kind kind;
	union {
#define U64(m, f, lo, hi, doc)
#define STR(m, f, lo, hi, doc)
#define BLN(m, f, doc)
#define NEW(m, f, minor, lo, hi, doc)
#define NEWSTR(m, f, minor, lo, hi, doc)
#define END(m)
#define MSG(M, m, number, from, to, doc) struct bus_##m m;
#include "common/bus_messages.def"
#undef MSG
#undef U64
#undef STR
#undef BLN
#undef NEW
#undef NEWSTR
#undef END
	} u;
};
/* clang-format on */

/* What a letter's life looks like from outside; names are the browser protocol's. */
#define MAIL_STATES(X)          \
	X(QUEUED, "queued")     \
	X(TAKEN, "taken")       \
	X(SENT, "sent")         \
	X(DEFERRED, "deferred") \
	X(REFUSED, "refused")   \
	X(EXPIRED, "expired")   \
	X(WITHHELD, "withheld")
enum mail_state {
#define X(symbol, name) MAIL_##symbol,
	MAIL_STATES(X)
#undef X
};
const char *mail_state_name(enum mail_state state);

enum post_event { POST_TEXT, POST_ENTERED, POST_LEFT };
enum control_verb {
	CONTROL_STATUS,
	CONTROL_WHO,
	CONTROL_SAY,
	CONTROL_WHY,
	CONTROL_KICK,
	CONTROL_RELEASE,
	CONTROL_BACKUP,
	CONTROL_BAN,
	CONTROL_UNBAN,
	CONTROL_BANS,
	CONTROL_CLIENTS = 40,
	CONTROL_DRAIN,
	CONTROL_TAIL
};
enum gateway_state { GATEWAY_WELL, GATEWAY_SILENT, GATEWAY_DRAINING };
enum state_kept { STATE_NOT_TOLD, STATE_KEPT, STATE_FULL, STATE_FORGETS };

/* What a ban is of; names are those of plumectl and of the options. */
#define BAN_KINDS_LIST(X)        \
	X(NAME, 1, "name")       \
	X(PERSON, 2, "person")   \
	X(ADDRESS, 3, "address") \
	X(NETWORK, 4, "network") \
	X(MUTE, 5, "mute")
enum ban_kind {
#define X(symbol, number, name) BAN_##symbol = number,
	BAN_KINDS_LIST(X)
#undef X
		BAN_KINDS
};
/* "unknown" for what a newer broker has. */
const char *ban_kind_name(uint64_t kind);
/* 0: there is none of this name. */
uint64_t ban_kind_of(struct slice name);

enum reason {
#define REASON(symbol, number, name, text) REASON_##symbol = number,
#include "common/reasons.def"
#undef REASON
};
/* Name and sentence of a reason; an unknown number gives those of REASON_BAD_MESSAGE. */
const char *reason_name(uint64_t reason);
const char *reason_text(uint64_t reason);

enum trail_kind {
#define TRAIL_KIND(symbol, number, name, text) TRAIL_##symbol = number,
#include "common/trail_kinds.def"
#undef TRAIL_KIND
};
/* Name and sentence of a kind; "unknown" for one that a newer broker has. */
const char *trail_kind_name(uint64_t kind);
const char *trail_kind_text(uint64_t kind);

/* The tables themselves, for whoever describes or tests them. */
enum bus_field_type { BUS_U64, BUS_STR, BUS_BLN };
struct bus_field {
	const char *name;
	enum bus_field_type type;
	size_t offset;   /* in struct bus_msg */
	uint64_t lo, hi; /* of the value, or of the length in bytes */
	unsigned since;  /* the minor version that added it */
	const char *doc;
};
struct bus_kind_info {
	enum bus_kind kind;
	const char *name; /* "say" */
	enum bus_role from, to;
	const char *doc;
	const struct bus_field *fields;
	size_t n_fields;
};
const struct bus_kind_info *bus_kinds(size_t *n_out);
/* NULL: not a known kind. */
const struct bus_kind_info *bus_kind_info(uint64_t kind);
const char *bus_kind_name(enum bus_kind kind);

enum {
	BUS_FRAME_MAX = 512 << 10,     /* bytes; what every socket accepts at most */
	BUS_FRAME_MESSAGES_MAX = 1000, /* SECURITY B4: arrays of at most 1,024 */
};

/* -- reading -- */

struct bus_reader;

/* Borrows frame until bus_reader_free(); the messages' slices point into it.
 * *out is NULL on error.  ST_VERSION: another major. */
enum status bus_reader_new(struct slice frame, struct bus_reader **out) ATTR_USE_RESULT;
/* Frees *r and sets it to NULL; NULL and *r == NULL are fine. */
void bus_reader_free(struct bus_reader **r);
/* The next message from `from` to `to`; ST_END after the last.  A message in the wrong
 * direction, of wrong shape or out of range is an error, and the rest of the frame is not to
 * be trusted.  Unknown kinds are skipped. */
enum status bus_reader_next(struct bus_reader *r, enum bus_role from, enum bus_role to,
			    struct bus_msg *out) ATTR_USE_RESULT;
/* The only message of a frame that has one; what a newer minor adds is skipped.  ST_SHORT: there is none;
 * ST_TRAILING: there is another. */
enum status bus_reader_only(struct bus_reader *r, enum bus_role from, enum bus_role to,
			    struct bus_msg *out) ATTR_USE_RESULT;
/* The minor version that the peer speaks. */
unsigned bus_reader_minor(const struct bus_reader *r);
/* How many messages of unknown kinds were skipped so far; of NULL: none. */
size_t bus_reader_skipped(const struct bus_reader *r);

/* -- writing -- */

struct bus_writer;

struct bus_writer *bus_writer_new(void);
void bus_writer_free(struct bus_writer **w);
/* Appends a copy.  Fields must be within the table's limits: a breach is a bug and asserts,
 * so that what we send is what others accept. */
void bus_writer_add(struct bus_writer *w, const struct bus_msg *m);
/* Messages and bytes gathered. */
size_t bus_writer_count(const struct bus_writer *w);
size_t bus_writer_size(const struct bus_writer *w);
/* Appends the first bus_writer_count(src) messages of src. */
void bus_writer_append(struct bus_writer *w, const struct bus_writer *src);
/* Empties it; the memory is kept. */
void bus_writer_clear(struct bus_writer *w);
/* The same, and what was in the memory is overwritten. */
void bus_writer_wipe(struct bus_writer *w);
/* The whole frame: borrowed until the writer is next changed or freed. */
struct slice bus_writer_frame(struct bus_writer *w);

#endif
