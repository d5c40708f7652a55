/* applicant.h - somebody who asks for a login code, with all that was checked about them. */
#ifndef BROKER_APPLICANT_H
#define BROKER_APPLICANT_H

#include "broker/address.h"
#include "broker/names.h"
#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/secret.h"
#include "common/slice.h"

struct applicant {
	struct slice name;        /* as it is shown: in its own memory */
	char typed[ADDRESS_SIZE]; /* the address as given, for the envelope */
	char normal[ADDRESS_SIZE], budget[ADDRESS_SIZE]; /* its forms of address.h */
	char network[NETWORK_SIZE];
	char truncated[NETWORK_SIZE]; /* for the record */
	struct secret_hash
		owner; /* keyed hash of the address in its form for comparison */
	/* Keys of the mail budgets: of the address without case and tag, of the network. */
	struct secret_hash address_key, network_key;
	char shown[NAME_MAX_BYTES + 1];
};

/* Why somebody may not be called so; REASON_NONE: they may. */
enum reason applicant_refusal(enum names_answer answer);
/* Fills *out; the reason says why they may not ask, REASON_NONE that they may. */
enum reason applicant_check(const struct bus_hello *m, const struct names *names,
			    const struct name_keyer *keyer, const struct secret *secret,
			    struct applicant *out) ATTR_USE_RESULT;

#endif
