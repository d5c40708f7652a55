/* browser_json.h - the browser protocol's JSON: strict reading, and writing by hand.
 *
 * Reading refuses what RFC 8259 refuses and more (SECURITY W7): duplicate keys, invalid UTF-8, lone
 * surrogates, NUL in strings, numbers out of range, anything nested deeper than BROWSER_DEPTH. */
#ifndef GATEWAY_BROWSER_JSON_H
#define GATEWAY_BROWSER_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/slice.h"
#include "common/status.h"

enum { BROWSER_DEPTH = 8 };

/* clang-format off */
#define STR(m, f, key, most) struct slice f;
#define NEED STR
#define U64(m, f, key, most) uint64_t f;
#define BLN(m, f, key) bool f;
#define END(m) char end; }; /* a message may have no field, a struct may not */
#define MSG(M, m, type) struct browser_##m {
#include "gateway/browser_messages.def"
#undef MSG
#undef STR
#undef NEED
#undef U64
#undef BLN
#undef END

#define STR(m, f, key, most)
#define NEED STR
#define U64(m, f, key, most)
#define BLN(m, f, key)
#define END(m)
enum browser_type {
#define MSG(M, m, type) BROWSER_##M = type,
#include "gateway/browser_messages.def"
#undef MSG
};

struct browser_msg {
	enum browser_type type;
	void *tree; /* owns the strings */
	union {
#define MSG(M, m, type) struct browser_##m m;
#include "gateway/browser_messages.def"
#undef MSG
	} u;
};
#undef STR
#undef NEED
#undef U64
#undef BLN
#undef END
/* clang-format on */

/* Reads one frame.  ST_UNKNOWN: JSON, but of a type we do not know.  ST_LONG: a field is over its limit.
 * On any status browser_msg_free() is due; on ST_LONG the message's other fields are filled. */
enum status browser_read(struct slice frame, struct browser_msg *out) ATTR_USE_RESULT;
void browser_msg_free(struct browser_msg *m);

/* -- writing: each function appends one JSON object to text -- */

/* A growing buffer; zero it to begin, and browser_out_fini() it at the end. */
struct browser_out {
	char *ptr;
	size_t len, cap;
};
struct slice browser_out_slice(const struct browser_out *t);
void browser_out_clear(struct browser_out *t);
void browser_out_fini(struct browser_out *t);

void browser_write_post(struct browser_out *t, const struct bus_post *m);
/* A private line: a text without seq. */
void browser_write_line(struct browser_out *t, struct slice name, struct slice text);
/* For a current client with the token and the numbers, or for a legacy one without. */
void browser_write_ack(struct browser_out *t, const struct bus_admitted *m,
		       uint64_t epoch);
void browser_write_legacy_ack(struct browser_out *t, struct slice name);
/* text: for people, instead of the reason's own sentence; empty: that one. */
void browser_write_reset(struct browser_out *t, uint64_t reason, struct slice text);
void browser_write_may_not_enter(struct browser_out *t, struct slice name,
				 uint64_t reason, struct slice text);
void browser_write_waiting(struct browser_out *t, const struct bus_waiting *m,
			   struct slice ticket);
/* retry_ms 0: not said. */
void browser_write_refused(struct browser_out *t, const struct bus_refused *m);
/* notice: "bus-lost", "bus-back", "moving". */
void browser_write_notice(struct browser_out *t, const char *notice, const char *text,
			  uint64_t retry_ms);
void browser_write_accepted(struct browser_out *t, const struct bus_accepted *m);
void browser_write_typing(struct browser_out *t, const struct bus_typing *m);
void browser_write_signed_out(struct browser_out *t, uint64_t reason, struct slice text);
/* Who is here: the beginning, then each of the people, the first one told so, then the end. */
void browser_write_here(struct browser_out *t);
void browser_write_here_person(struct browser_out *t, const struct bus_present *m,
			       bool is_first);
void browser_write_here_end(struct browser_out *t, bool more);

#endif
