/* Each kind of ban has its reader and its sentence. */
#include "broker/ban_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "broker/names.h"
#include "common/config.h"
#include "common/memory.h"

/* -- from operators -- */

struct ban_numbers ban_numbers_of_name(const struct name_keys *keys)
{
	struct ban_numbers n;

	for (size_t i = 0; i < BAN_NUMBERS; i++)
		n.at[i] = secret_number(slice_of(keys->key[i]));
	return n;
}

struct ban_numbers ban_numbers_of(const struct name_claim *who)
{
	return (struct ban_numbers){{ban_number(&who->owner), who->folded}};
}

static enum status read_name(struct ban *ban, struct slice value,
			     const struct name_keyer *keyer, const char **why)
{
	struct name_keys keys;
	char shown[NAME_MAX_BYTES + 1];

	*why = "this is no name that anybody could have";
	if (name_normalize(keyer, value, shown) != ST_OK ||
	    name_keys_of(keyer, slice_of(shown), &keys) != ST_OK)
		return ST_RANGE;
	memcpy(ban->value, shown, strlen(shown) + 1);
	ban->numbers = ban_numbers_of_name(&keys);
	return ST_OK;
}

static enum status read_address(struct ban *ban, struct slice value,
				const struct secret *secret, const char **why)
{
	struct secret_hash owner, folded;
	char budget[ADDRESS_SIZE];

	*why = "this is no mail address; patterns are for --deny-address of plume-broker";
	if (address_normalize(value, ban->value) != ST_OK ||
	    strpbrk(ban->value, "*?") != NULL) /* such addresses are not met, slips are */
		return ST_RANGE;
	address_for_budget(ban->value, budget);
	owner = secret_hash(secret, "address", slice_of(ban->value));
	folded = secret_hash(secret, "address budget", slice_of(budget));
	ban->numbers = (struct ban_numbers){{ban_number(&owner), ban_number(&folded)}};
	return ST_OK;
}

static enum status read_network(struct ban *ban, struct slice value, const char **why)
{
	struct ip_network *n = &ban->network;

	*why = "this is no network: 192.0.2.0/24, 2001:db8::/48, or an address";
	if (ip_network_read(value, n) != ST_OK)
		return ST_RANGE;
	if (ip_network_is_v4(n)) {
		*why = "this network is too wide: /8 is the widest of IPv4";
		if (n->bits < IP_V4_BITS + BAN_V4_WIDEST)
			return ST_RANGE;
	} else {
		*why = "this network is too wide: /16 is the widest of IPv6";
		if (n->bits < BAN_V6_WIDEST)
			return ST_RANGE;
		*why = "this network is too narrow: who has an IPv6 address has its /64";
		if (n->bits > BAN_V6_NARROWEST &&
		    (n->bits != IP_ADDRESS_BITS || memchr(value.ptr, '/', value.len)))
			return ST_RANGE;
		if (n->bits > BAN_V6_NARROWEST)
			ip_network_cut(n, BAN_V6_NARROWEST);
	}
	ip_network_write(n, ban->value);
	return ST_OK;
}

enum status ban_read(struct ban *ban, struct slice value, const struct name_keyer *keyer,
		     const struct secret *secret, const char **why)
{
	ban->numbers = (struct ban_numbers){{0}};
	switch (ban->kind) {
	case BAN_NAME:
		return read_name(ban, value, keyer, why);
	case BAN_ADDRESS:
		return read_address(ban, value, secret, why);
	case BAN_NETWORK:
		return read_network(ban, value, why);
	case BAN_PERSON:
	case BAN_MUTE:
	case BAN_KINDS:
		break;
	}
	*why = "there are bans of a name, an address and a network";
	return ST_UNKNOWN;
}

enum status ban_read_option(struct ban *ban, struct slice text,
			    const struct name_keyer *keyer, const struct secret *secret,
			    const char **why)
{
	struct slice kind, value;

	slice_cut(text, ':', &kind, &value);
	*ban = (struct ban){.kind = (enum ban_kind)ban_kind_of(kind)};
	return ban_read(ban, value, keyer, secret, why);
}

const char *ban_first_bad(const struct config_list *options, const char **why)
{
	static const struct secret any;
	struct name_keyer *keyer;
	const char *bad = NULL;
	struct ban ban;

	*why = "";
	if (options->n == 0 || name_keyer_new(&keyer) != ST_OK)
		return NULL; /* without a keyer there is no broker, either */
	for (size_t i = 0; bad == NULL && i < options->n; i++) {
		if (ban_read_option(&ban, slice_of(options->items[i]), keyer, &any,
				    why) != ST_OK)
			bad = options->items[i];
	}
	name_keyer_free(&keyer);
	return bad;
}

/* -- to people -- */

enum reason ban_reason(const struct ban *ban)
{
	switch (ban->kind) {
	case BAN_NAME:
		return REASON_NAME_BANNED;
	case BAN_NETWORK:
		return REASON_NETWORK_BANNED;
	case BAN_MUTE:
		return REASON_MUTED;
	case BAN_PERSON:
	case BAN_ADDRESS:
	case BAN_KINDS:
		break;
	}
	return REASON_BANNED;
}

void ban_span(uint64_t ms, char out[BAN_SPAN_SIZE])
{
	static const struct {
		uint64_t s;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	uint64_t s = ms / 1000 + (ms % 1000 != 0), rest;
	size_t i = 0;
	bool fits;

	while (i < NELEMS(units) - 1 && s < units[i].s)
		i++;
	if (i + 1 < NELEMS(units)) { /* two units, of which the smaller is rounded up */
		rest = s % units[i].s;
		rest = rest / units[i + 1].s + (rest % units[i + 1].s != 0);
		if (rest * units[i + 1].s == units[i].s) {
			s += units[i].s;
			rest = 0;
		}
		fits = rest == 0 ? fmt(out, BAN_SPAN_SIZE, "%" PRIu64 " %s",
				       s / units[i].s, units[i].name)
				 : fmt(out, BAN_SPAN_SIZE,
				       "%" PRIu64 " %s %" PRIu64 " %s", s / units[i].s,
				       units[i].name, rest, units[i + 1].name);
	} else {
		fits = fmt(out, BAN_SPAN_SIZE, "%" PRIu64 " s", s);
	}
	if (!fits)
		abort(); /* two numbers fit */
}

void ban_words(const struct ban *ban, uint64_t wall_ms, char out[BAN_WORDS_SIZE])
{
	static const char *const begin[BAN_KINDS] = {
		[BAN_NAME] = "This name is banned here",
		[BAN_PERSON] = "You are banned from this room",
		[BAN_ADDRESS] = "You are banned from this room",
		[BAN_NETWORK] = "Your network is banned from this room",
		[BAN_MUTE] = "You are muted"};
	char left[BAN_SPAN_SIZE] = "";
	size_t len = strlen(ban->reason);
	/* A whole sentence has its own end. */
	bool is_ended = len > 0 && strchr(".!?", ban->reason[len - 1]) != NULL;
	uint64_t ms = ban->until_ms > wall_ms ? ban->until_ms - wall_ms : 0;

	if (ban->until_ms != 0)
		ban_span(ms, left);
	if (!fmt(out, BAN_WORDS_SIZE, "%s%s%s%s%s%s%s", begin[ban->kind],
		 left[0] != '\0' ? " for another " : "", left, len > 0 ? ": " : "",
		 ban->reason, is_ended ? "" : ".",
		 ban->kind == BAN_MUTE ? " This was not delivered." : ""))
		abort(); /* BAN_WORDS_SIZE is too small for its parts */
}
