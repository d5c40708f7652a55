/* What the command line left unset: for each option the environment is asked first, then the file,
 * and then the table's fallback counts. */
#include "common/config_private.h"

#include <assert.h>
#include <stdlib.h>

#include "common/config_name.h"
#include "common/config_value.h"
#include "common/memory.h"

/* An empty variable counts as not set: so compose files pass on what is absent. */
static const char *variable(const struct config_loading *l, const char *name)
{
	const char *value = l->source->env(name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

static enum config_outcome load_variable(struct config_loading *l,
					 const struct config_option *o)
{
	char name[CONFIG_NAME_CAP];
	char file_name[CONFIG_NAME_CAP];
	const char *file = NULL;
	const char *value;

	config_name_environment(o, "", name);
	value = variable(l, name);
	if (o->kind == CONFIG_SECRET) {
		config_name_environment(o, "_FILE", file_name);
		file = variable(l, file_name);
	}
	if (value != NULL && file != NULL) {
		CONFIG_COMPLAIN(l, "%s and %s are both set; set one of them", name,
				file_name);
		return CONFIG_BAD;
	}
	if (value == NULL && file == NULL)
		return CONFIG_RUN;

	*config_origin_of(l, o) = CONFIG_FROM_ENVIRONMENT;
	if (file != NULL)
		return config_load_secret(l, o, file_name, file);
	if (config_value_set(o, l->target, value) == ST_OK)
		return CONFIG_RUN;
	config_complain_of_value(l, o, name, value);
	return CONFIG_BAD;
}

static enum status add_items(const struct config_option *o, void *target,
			     const char *value)
{
	struct slice rest = slice_of(value), item;
	enum status st = ST_OK;
	bool more = rest.len > 0;

	while (more && st == ST_OK) {
		more = slice_cut(rest, ',', &item, &rest);
		st = config_value_append(o, target, config_value_keep(slice_trim(item)));
	}
	return st;
}

static enum config_outcome load_entry(struct config_loading *l,
				      const struct config_entry *e)
{
	const struct config_option *o = e->option;
	char where[CONFIG_SHOWN_CAP + CONFIG_NAME_CAP];
	enum status st;

	if (!fmt(where, sizeof where, "%.100s:%u: %s%s", l->file_path, e->line, o->name,
		 e->form == CONFIG_FORM_FILE ? "-file" : ""))
		where[sizeof where - 1] = '\0';
	*config_origin_of(l, o) = CONFIG_FROM_FILE;
	if (e->form == CONFIG_FORM_FILE)
		return config_load_secret(l, o, where, e->value);
	st = o->kind == CONFIG_LIST ? add_items(o, l->target, e->value)
				    : config_value_set(o, l->target, e->value);
	if (st == ST_OK)
		return CONFIG_RUN;
	config_complain_of_value(l, o, where, o->kind == CONFIG_SECRET ? "" : e->value);
	return CONFIG_BAD;
}

static enum config_outcome load_entries(struct config_loading *l,
					const struct config_option *o)
{
	enum config_outcome outcome = CONFIG_RUN;

	for (size_t i = 0; outcome == CONFIG_RUN && i < l->file.n; i++) {
		if (l->file.entries[i].option == o)
			outcome = load_entry(l, &l->file.entries[i]);
	}
	return outcome;
}

static enum config_outcome load_option(struct config_loading *l,
				       const struct config_option *o)
{
	enum config_outcome outcome;
	enum status st;

	if (*config_origin_of(l, o) != CONFIG_FROM_DEFAULT)
		return CONFIG_RUN;
	outcome = load_variable(l, o);
	if (outcome != CONFIG_RUN || *config_origin_of(l, o) != CONFIG_FROM_DEFAULT)
		return outcome;
	outcome = load_entries(l, o);
	if (outcome != CONFIG_RUN || *config_origin_of(l, o) != CONFIG_FROM_DEFAULT)
		return outcome;

	if (o->fallback != NULL) {
		st = config_value_set(o, l->target, o->fallback);
		assert(st == ST_OK); /* the table contradicts itself */
	}
	return CONFIG_RUN;
}

enum config_outcome config_load_rest(struct config_loading *l)
{
	enum config_outcome outcome = CONFIG_RUN;

	if (l->file_path == NULL)
		l->file_path = variable(l, l->program->config_variable != NULL
						   ? l->program->config_variable
						   : CONFIG_VARIABLE);
	if (l->file_path != NULL &&
	    config_file_read(l->file_path, l->program, l->source, &l->file) != ST_OK)
		return CONFIG_BAD;
	for (size_t i = 0; outcome == CONFIG_RUN && i < l->program->n_options; i++)
		outcome = load_option(l, &l->program->options[i]);
	return outcome;
}
