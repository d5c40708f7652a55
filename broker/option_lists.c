/* An item is read as by who will use it, and what is read is dropped. */
#include "broker/option_lists.h"

#include "broker/address_list.h"
#include "broker/ban_words.h"
#include "broker/name_keys.h"
#include "common/log.h"

struct checking {
	const struct config_program *program;
	const struct config_source *source;
};

static bool refuse(const struct checking *c, const char *option, const char *item,
		   const char *why)
{
	char quoted[NAME_MAX_BYTES * 4];

	config_complain(c->program, c->source, "--%s: %s: %s", option,
			log_quote(quoted, sizeof quoted, slice_of(item)), why);
	return false;
}

static bool are_bans(const struct checking *c, const struct config_list *l)
{
	const char *why, *bad = ban_first_bad(l, &why);

	return bad == NULL || refuse(c, "ban", bad, why);
}

static bool are_names(const struct checking *c, const struct config_list *l)
{
	struct name_keyer *keyer;
	bool good = name_keyer_new(&keyer) == ST_OK;

	for (size_t i = 0; good && i < l->n; i++) {
		struct name_keys keys;

		good = name_keys_of(keyer, slice_of(l->items[i]), &keys) == ST_OK ||
		       refuse(c, "reserve", l->items[i], "no name");
	}
	name_keyer_free(&keyer);
	return good;
}

static bool are_patterns(const struct checking *c, const char *option,
			 const struct config_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const char *why = address_pattern_why_not(l->items[i]);

		if (why != NULL)
			return refuse(c, option, l->items[i], why);
	}
	return true;
}

bool option_lists_are_good(const struct option_lists *l,
			   const struct config_program *program,
			   const struct config_source *source)
{
	const struct checking c = {program, source};

	return are_names(&c, l->reserved) && are_bans(&c, l->bans) &&
	       are_patterns(&c, "deny-address", l->deny) &&
	       are_patterns(&c, "allow-address", l->allow);
}
