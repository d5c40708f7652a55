/* A second loading beside the first, with the checks of a start, and a comparison. */
#include "common/config_reload.h"

#include <stdlib.h>
#include <string.h>

#include "common/config_value.h"
#include "common/log.h"

enum { WHY_CAP = 512 };

static bool is_live(const struct config_reloading *r, const struct config_option *o)
{
	for (size_t i = 0; i < r->n_live; i++) {
		if (strcmp(o->name, r->live[i]) == 0)
			return true;
	}
	return false;
}

static bool would_start(const struct config_reloading *r,
			const struct config_source *quiet, void *fresh)
{
	int operands;

	return config_load(r->program, quiet, fresh, &operands) == CONFIG_RUN &&
	       r->check(fresh, quiet);
}

static enum status load(const struct config_reloading *r, void *fresh)
{
	struct config_source quiet = *r->source;
	char *complaint = NULL, shown[WHY_CAP];
	size_t len = 0;
	bool good;

	quiet.err = open_memstream(&complaint, &len);
	if (quiet.err == NULL)
		return ST_IO;
	good = would_start(r, &quiet, fresh);
	fclose(quiet.err);
	while (len > 0 && complaint[len - 1] == '\n')
		len--;
	if (!good)
		log_error("reload_refused", "why=%s",
			  log_quote(shown, sizeof shown, (struct slice){complaint, len}));
	free(complaint);
	return good ? ST_OK : ST_DENIED;
}

enum status config_reload(const struct config_reloading *r, const void *old, void *fresh)
{
	enum status st = load(r, fresh);

	for (size_t i = 0; st == ST_OK && i < r->program->n_options; i++) {
		const struct config_option *o = &r->program->options[i];

		if (config_value_is_equal(o, old, fresh))
			continue;
		if (is_live(r, o)) {
			log_info("reload_changed", "option=%s", o->name);
			continue;
		}
		config_value_copy(o, old, fresh);
		log_warn("reload_needs_restart", "option=%s", o->name);
	}
	return st;
}
