/* Input is checked completely here, once: name, address, and whether the two go together. */
#include "broker/applicant.h"

enum reason applicant_refusal(enum names_answer answer)
{
	switch (answer) {
	case NAMES_FREE:
	case NAMES_OWN:
		return REASON_NONE;
	case NAMES_TAKEN:
		return REASON_NAME_TAKEN;
	case NAMES_TOO_MANY:
		return REASON_TOO_MANY_NAMES;
	case NAMES_FULL:
		break;
	}
	return REASON_ROOM_FULL;
}

static enum reason check_name(struct slice name, const struct names *names,
			      const struct name_keyer *keyer,
			      const struct secret_hash *owner)
{
	struct name_keys keys;
	struct name_claim *own;

	if (name_keys_of(keyer, name, &keys) != ST_OK)
		return REASON_BAD_NAME;
	return applicant_refusal(names_ask(names, &keys, owner, &own));
}

enum reason applicant_check(const struct bus_hello *m, const struct names *names,
			    const struct name_keyer *keyer, const struct secret *secret,
			    struct applicant *out)
{
	bool is_address = address_normalize(m->email, out->normal) == ST_OK;
	enum reason no;

	if (name_normalize(keyer, m->name, out->shown) != ST_OK)
		return REASON_BAD_NAME;
	out->name = slice_of(out->shown);
	out->owner = secret_hash(secret, "address", slice_of(out->normal));
	no = check_name(out->name, names, keyer, &out->owner);
	if (no == REASON_BAD_NAME || !is_address)
		return no == REASON_BAD_NAME ? no : REASON_BAD_ADDRESS;
	address_for_letter(m->email, out->normal, out->typed);
	address_for_budget(out->normal, out->budget);
	out->address_key = secret_hash(secret, "address budget", slice_of(out->budget));
	address_network(m->address, out->network);
	address_truncate(m->address, out->truncated);
	out->network_key = secret_hash(secret, "network", slice_of(out->network));
	return no;
}
