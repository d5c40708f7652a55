/* config_name.c - every written form is made by one function, and finding or suggesting
 * an option is a walk over all forms of all options. */
#include "common/config_name.h"

#include <assert.h>
#include <string.h>

#include "common/memory.h"

const char *const config_builtin_names[CONFIG_NBUILTINS] = {
	[CONFIG_HELP] = "help",
	[CONFIG_VERSION] = "version",
	[CONFIG_CHECK_CONFIG] = "check-config",
	[CONFIG_FILE] = "config",
	[CONFIG_HELP_MDOC] = "help-mdoc",
};

bool config_name_write(const struct config_option *o, enum config_form form,
		       char buf[CONFIG_NAME_CAP])
{
	static const char *const formats[CONFIG_NFORMS][2] = {
		[CONFIG_FORM_PLAIN] = {"", ""},
		[CONFIG_FORM_NO] = {"no-", ""},
		[CONFIG_FORM_FILE] = {"", "-file"},
	};
	bool has[CONFIG_NFORMS] = {
		[CONFIG_FORM_PLAIN] = o->kind != CONFIG_SECRET,
		[CONFIG_FORM_NO] = o->kind == CONFIG_FLAG,
		[CONFIG_FORM_FILE] = o->kind == CONFIG_SECRET,
	};
	bool fits = fmt(buf, CONFIG_NAME_CAP, "%s%s%s", formats[form][0], o->name,
			formats[form][1]);

	assert(fits);
	return has[form];
}

void config_name_environment(const struct config_option *o, const char *suffix,
			     char buf[CONFIG_NAME_CAP])
{
	bool fits = fmt(buf, CONFIG_NAME_CAP, "PLUME_%s%s", o->name, suffix);

	assert(fits);
	for (char *c = buf; *c != '\0'; c++) {
		if (*c == '-')
			*c = '_';
		else if (*c >= 'a' && *c <= 'z') /* toupper() would ask the locale */
			*c = (char)(*c - 'a' + 'A');
	}
}

const struct config_option *config_name_find(const struct config_program *program,
					     struct slice written,
					     enum config_form *form_out)
{
	char name[CONFIG_NAME_CAP];

	*form_out = CONFIG_FORM_PLAIN;
	for (size_t i = 0; i < program->n_options; i++) {
		const struct config_option *o = &program->options[i];

		for (unsigned form = 0; form < CONFIG_NFORMS; form++) {
			if (config_name_write(o, form, name) &&
			    slice_equal(written, slice_of(name))) {
				*form_out = form;
				return o;
			}
		}
	}
	return NULL;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance with one row; b is shorter than CONFIG_NAME_CAP. */
static unsigned distance(struct slice a, struct slice b)
{
	unsigned row[CONFIG_NAME_CAP];

	assert(b.len < NELEMS(row));
	for (size_t j = 0; j <= b.len; j++)
		row[j] = (unsigned)j;

	for (size_t i = 1; i <= a.len; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.len; j++) {
			unsigned change = corner + (a.ptr[i - 1] != b.ptr[j - 1]);

			corner = row[j];
			row[j] = least(change, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[b.len];
}

struct nearest {
	char *buf;
	unsigned best; /* only what is nearer than this is taken */
};

static void consider(struct nearest *n, struct slice written, const char *candidate)
{
	unsigned d = distance(written, slice_of(candidate));

	if (d >= n->best)
		return;
	n->best = d;
	memcpy(n->buf, candidate, strlen(candidate) + 1);
}

bool config_name_nearest(const struct config_program *program, struct slice written,
			 char buf[CONFIG_NAME_CAP])
{
	/* A third of the letters may be wrong, and two of them in any case; names that
	 * differ more are no help. */
	unsigned too_far =
		(unsigned)(least((unsigned)written.len, CONFIG_NAME_CAP) / 3) + 1;
	struct nearest n = {buf, too_far < 3 ? 3 : too_far};
	char name[CONFIG_NAME_CAP];

	buf[0] = '\0';
	if (written.len < 2 || written.len >= CONFIG_NAME_CAP)
		return false;
	for (size_t i = 0; i < program->n_options; i++) {
		for (unsigned form = 0; form < CONFIG_NFORMS; form++) {
			if (config_name_write(&program->options[i], form, name))
				consider(&n, written, name);
		}
	}
	for (size_t i = 0; i < CONFIG_HELP_MDOC; i++)
		consider(&n, written, config_builtin_names[i]);
	return buf[0] != '\0';
}
