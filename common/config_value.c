/* config_value.c - what each kind of option accepts, stores and prints. */
#include "common/config_value.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/memory.h"
#include "common/number.h"
#include "common/slice.h"
#include "common/utf8.h"

/* Copies that live as long as the process.  The list exists so that leak checkers see who
 * owns them; it is only added to, by the one thread that loads options. */
struct kept {
	struct kept *next;
	char text[];
};

static struct kept *all_kept;

char *config_value_keep(struct slice text)
{
	struct kept *k = xcalloc(1, sizeof *k + text.len + 1);

	if (text.len > 0)
		memcpy(k->text, text.ptr, text.len);
	k->next = all_kept;
	all_kept = k;
	return k->text;
}

static void *field(const struct config_option *o, void *target)
{
	return (char *)target + o->offset;
}

static const void *const_field(const struct config_option *o, const void *target)
{
	return (const char *)target + o->offset;
}

void config_value_clear(const struct config_option *o, void *target)
{
	switch (o->kind) {
	case CONFIG_STRING:
	case CONFIG_SECRET:
		*(const char **)field(o, target) = NULL;
		break;
	case CONFIG_NUMBER:
	case CONFIG_DURATION:
	case CONFIG_CHOICE:
		*(uint64_t *)field(o, target) = 0;
		break;
	case CONFIG_FLAG:
		*(bool *)field(o, target) = false;
		break;
	case CONFIG_LIST:
		*(struct config_list *)field(o, target) = (struct config_list){0};
		break;
	}
}

static enum status set_number(const struct config_option *o, void *target, struct slice s)
{
	uint64_t value;
	enum status st = o->kind == CONFIG_NUMBER ? number_parse(s, &value)
						  : number_parse_duration(s, &value);

	if (st != ST_OK)
		return st;
	if (value < o->min || value > o->max)
		return ST_RANGE;
	*(uint64_t *)field(o, target) = value;
	return ST_OK;
}

static enum status set_choice(const struct config_option *o, void *target, struct slice s)
{
	struct slice rest = slice_of(o->choices);
	struct slice choice;
	bool more = true;

	for (uint64_t i = 0; more; i++) {
		more = slice_cut(rest, '|', &choice, &rest);
		if (slice_equal(choice, s)) {
			*(uint64_t *)field(o, target) = i;
			return ST_OK;
		}
	}
	return ST_UNKNOWN;
}

static enum status set_flag(const struct config_option *o, void *target, struct slice s)
{
	bool yes = slice_equal(s, S("yes"));

	if (!yes && !slice_equal(s, S("no")))
		return ST_TYPE;
	*(bool *)field(o, target) = yes;
	return ST_OK;
}

enum status config_value_append(const struct config_option *o, void *target,
				const char *item)
{
	struct config_list *list = field(o, target);

	if (item[0] == '\0')
		return ST_SHORT;
	if (list->n == CONFIG_LIST_MAX)
		return ST_FULL;
	list->items[list->n++] = item;
	return ST_OK;
}

static enum status set_list(const struct config_option *o, void *target, struct slice s)
{
	struct slice item;
	enum status st = ST_OK;
	bool more = s.len > 0;

	config_value_clear(o, target);
	while (more && st == ST_OK) {
		more = slice_cut(s, ',', &item, &s);
		st = config_value_append(o, target, config_value_keep(slice_trim(item)));
	}
	return st;
}

enum status config_value_set(const struct config_option *o, void *target,
			     const char *text)
{
	struct slice s = slice_of(text);

	switch (o->kind) {
	case CONFIG_STRING:
	case CONFIG_SECRET:
		*(const char **)field(o, target) = text;
		return ST_OK;
	case CONFIG_NUMBER:
	case CONFIG_DURATION:
		return set_number(o, target, s);
	case CONFIG_CHOICE:
		return set_choice(o, target, s);
	case CONFIG_FLAG:
		return set_flag(o, target, s);
	case CONFIG_LIST:
		return set_list(o, target, s);
	}
	assert(false); /* every kind is above */
	return ST_UNKNOWN;
}

/* In the largest unit that loses nothing. */
static void print_duration(uint64_t ms, FILE *out)
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = {
		{UINT64_C(24) * 60 * 60 * 1000, "d"},
		{UINT64_C(60) * 60 * 1000, "h"},
		{UINT64_C(60) * 1000, "m"},
		{1000, "s"},
		{1, "ms"},
	};
	size_t i = 0;

	if (ms == 0) {
		fputs("0s", out);
		return;
	}
	while (ms % units[i].ms != 0)
		i++;
	fprintf(out, "%" PRIu64 "%s", ms / units[i].ms, units[i].name);
}

/* index beyond the last: all of them, separated by commas. */
static void print_choices(const char *choices, uint64_t index, FILE *out)
{
	struct slice rest = slice_of(choices);
	struct slice choice;
	bool more = true;

	for (uint64_t i = 0; more; i++) {
		more = slice_cut(rest, '|', &choice, &rest);
		if (index == UINT64_MAX)
			fprintf(out, "%s%.*s", i == 0 ? "" : ", ", SLICE_ARGS(choice));
		else if (index == i)
			fprintf(out, "%.*s", SLICE_ARGS(choice));
	}
}

void config_value_print_allowed(const struct config_option *o, FILE *out)
{
	switch (o->kind) {
	case CONFIG_STRING:
	case CONFIG_SECRET:
		fputs("a text", out);
		break;
	case CONFIG_NUMBER:
		fprintf(out, "a number from %" PRIu64 " to %" PRIu64, o->min, o->max);
		break;
	case CONFIG_DURATION:
		fputs("a duration from ", out);
		print_duration(o->min, out);
		fputs(" to ", out);
		print_duration(o->max, out);
		fputs(" (units: ms, s, m, h, d)", out);
		break;
	case CONFIG_CHOICE:
		fputs("one of ", out);
		print_choices(o->choices, UINT64_MAX, out);
		break;
	case CONFIG_FLAG:
		fputs("yes or no", out);
		break;
	case CONFIG_LIST:
		fprintf(out, "a list of at most %d items, none of them empty",
			CONFIG_LIST_MAX);
		break;
	}
}

void config_value_print_text(const char *text, FILE *out)
{
	struct slice rest = slice_of(text);

	while (rest.len > 0) {
		const char *at = rest.ptr;
		uint32_t c;

		if (utf8_next(&rest, &c) && utf8_is_harmless(c)) {
			fwrite(at, 1, (size_t)(rest.ptr - at), out);
			continue;
		}
		if (rest.ptr == at) { /* no UTF-8 */
			rest.ptr++;
			rest.len--;
		}
		for (; at < rest.ptr; at++)
			fprintf(out, "\\x%02x", (unsigned char)*at);
	}
}

static void print_list(const struct config_list *list, FILE *out)
{
	for (size_t i = 0; i < list->n; i++) {
		fputs(i == 0 ? "" : ",", out);
		config_value_print_text(list->items[i], out);
	}
}

void config_value_print(const struct config_option *o, const void *target, FILE *out)
{
	const void *at = const_field(o, target);

	switch (o->kind) {
	case CONFIG_STRING:
		config_value_print_text(*(const char *const *)at, out);
		break;
	case CONFIG_SECRET:
		fputs(*(const char *const *)at == NULL ? "" : "***", out);
		break;
	case CONFIG_NUMBER:
		fprintf(out, "%" PRIu64, *(const uint64_t *)at);
		break;
	case CONFIG_DURATION:
		print_duration(*(const uint64_t *)at, out);
		break;
	case CONFIG_CHOICE:
		print_choices(o->choices, *(const uint64_t *)at, out);
		break;
	case CONFIG_FLAG:
		fputs(*(const bool *)at ? "yes" : "no", out);
		break;
	case CONFIG_LIST:
		print_list(at, out);
		break;
	}
}

static size_t size_of(enum config_kind kind)
{
	switch (kind) {
	case CONFIG_STRING:
	case CONFIG_SECRET:
		return sizeof(const char *);
	case CONFIG_NUMBER:
	case CONFIG_DURATION:
	case CONFIG_CHOICE:
		return sizeof(uint64_t);
	case CONFIG_FLAG:
		return sizeof(bool);
	case CONFIG_LIST:
		break;
	}
	return sizeof(struct config_list);
}

static bool is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool config_value_is_equal(const struct config_option *o, const void *a, const void *b)
{
	const struct config_list *la = const_field(o, a), *lb = const_field(o, b);

	if (o->kind == CONFIG_STRING || o->kind == CONFIG_SECRET)
		return is_same_text(*(const char *const *)const_field(o, a),
				    *(const char *const *)const_field(o, b));
	if (o->kind != CONFIG_LIST)
		return memcmp(const_field(o, a), const_field(o, b), size_of(o->kind)) ==
		       0;
	for (size_t i = 0; la->n == lb->n && i < la->n; i++) {
		if (strcmp(la->items[i], lb->items[i]) != 0)
			return false;
	}
	return la->n == lb->n;
}

void config_value_copy(const struct config_option *o, const void *from, void *to)
{
	memcpy(field(o, to), const_field(o, from), size_of(o->kind));
}
