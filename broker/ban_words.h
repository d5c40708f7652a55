/* ban_words.h - bans and words: what operators name, and what people are told. */
#ifndef BROKER_BAN_WORDS_H
#define BROKER_BAN_WORDS_H

#include "broker/bans.h"
#include "broker/name_keys.h"
#include "common/attr.h"

struct config_list;
struct name_claim;

enum {
	BAN_WORDS_SIZE = 400, /* with the terminator */
	/* Wider networks are a slip of the pen, narrower ones than /64 keep nobody out. */
	BAN_V4_WIDEST = 8,
	BAN_V6_WIDEST = 16,
	BAN_V6_NARROWEST = 64,
};

/* Fills in value, numbers and network of *ban, whose kind is NAME, ADDRESS or NETWORK.  A single IPv6 address is
 * taken for its /64.  Anything else: *why says what is wrong, a constant text. */
enum status ban_read(struct ban *ban, struct slice value, const struct name_keyer *keyer,
		     const struct secret *secret, const char **why) ATTR_USE_RESULT;
/* "network:192.0.2.0/24", with its kind, as options have it. */
enum status ban_read_option(struct ban *ban, struct slice text,
			    const struct name_keyer *keyer, const struct secret *secret,
			    const char **why) ATTR_USE_RESULT;

/* The first of these options that is none, and why not; NULL: all of them are good. */
const char *ban_first_bad(const struct config_list *options, const char **why);

/* Of a name's keys, and of the address of somebody. */
struct ban_numbers ban_numbers_of_name(const struct name_keys *keys);
struct ban_numbers ban_numbers_of(const struct name_claim *who);

enum reason ban_reason(const struct ban *ban);
/* What those are told whom it keeps out, with what is left of it and the operator's reason. */
void ban_words(const struct ban *ban, uint64_t wall_ms, char out[BAN_WORDS_SIZE]);
/* "2 d 3 h", rounded up. */
enum { BAN_SPAN_SIZE = 48 };
void ban_span(uint64_t ms, char out[BAN_SPAN_SIZE]);

#endif
