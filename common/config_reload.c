/* A second loading beside the first, and a comparison. */
#include "common/config_reload.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_value.h"
#include "common/log.h"

enum { WHY_CAP = 512 };

static bool is_live(const struct config_option *o, const char *const *live, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(o->name, live[i]) == 0)
			return true;
	}
	return false;
}

static enum status load(const struct config_program *program,
			const struct config_source *source, void *fresh)
{
	struct config_source quiet = *source;
	char *complaint = NULL, shown[WHY_CAP];
	enum config_outcome outcome;
	size_t len = 0;
	int operands;

	quiet.err = open_memstream(&complaint, &len);
	if (quiet.err == NULL)
		return ST_IO;
	outcome = config_load(program, &quiet, fresh, &operands);
	fclose(quiet.err);
	while (len > 0 && complaint[len - 1] == '\n')
		len--;
	if (outcome != CONFIG_RUN)
		log_error("reload_refused", "why=%s",
			  log_quote(shown, sizeof shown, (struct slice){complaint, len}));
	free(complaint);
	return outcome == CONFIG_RUN ? ST_OK : ST_DENIED;
}

enum status config_reload(const struct config_program *program,
			  const struct config_source *source, const char *const *live,
			  size_t n_live, const void *old, void *fresh)
{
	enum status st = load(program, source, fresh);

	for (size_t i = 0; st == ST_OK && i < program->n_options; i++) {
		const struct config_option *o = &program->options[i];

		if (config_value_is_equal(o, old, fresh))
			continue;
		if (is_live(o, live, n_live)) {
			log_info("reload_changed", "option=%s", o->name);
			continue;
		}
		config_value_copy(o, old, fresh);
		log_warn("reload_needs_restart", "option=%s", o->name);
	}
	return st;
}
