/* Reading, by jansson: the only file that knows it.  Its strictest mode, after a look at the
 * depth, which jansson would follow for 2,048 levels. */
#include "gateway/browser_json.h"

#include <string.h>

#include <jansson.h>

enum field_type { TEXT, NUMBER, BOOLEAN };

struct field {
	const char *key; /* NULL: there are no more */
	enum field_type type;
	bool is_needed;
	size_t offset; /* in struct browser_msg */
	uint64_t most;
};

/* clang-format off */
#define MSG(M, m, type) static const struct field fields_##m[] = {
#define STR(m, f, key, most) {key, TEXT, false, offsetof(struct browser_msg, u.m.f), most},
#define NEED(m, f, key, most) {key, TEXT, true, offsetof(struct browser_msg, u.m.f), most},
#define U64(m, f, key, most) {key, NUMBER, false, offsetof(struct browser_msg, u.m.f), most},
#define BLN(m, f, key) {key, BOOLEAN, false, offsetof(struct browser_msg, u.m.f), 0},
#define END(m) {NULL, TEXT, false, 0, 0}};
#include "gateway/browser_messages.def"
#undef MSG
#undef STR
#undef NEED
#undef U64
#undef BLN
#undef END

#define STR(m, f, key, most)
#define NEED STR
#define U64(m, f, key, most)
#define BLN(m, f, key)
#define END(m)
static const struct kind {
	enum browser_type type;
	const struct field *fields;
} kinds[] = {
#define MSG(M, m, type) {BROWSER_##M, fields_##m},
#include "gateway/browser_messages.def"
#undef MSG
};
#undef STR
#undef NEED
#undef U64
#undef BLN
#undef END
/* clang-format on */

/* Brackets outside strings; whether they match is jansson's to say. */
static bool is_deep(struct slice s)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > BROWSER_DEPTH)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

static enum status read_number(const json_t *value, uint64_t most, char *field)
{
	uint64_t number;

	if (!json_is_integer(value))
		return ST_TYPE;
	if (json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) > most)
		return ST_RANGE;
	number = (uint64_t)json_integer_value(value);
	memcpy(field, &number, sizeof number);
	return ST_OK;
}

static enum status read_text(const json_t *value, uint64_t most, char *field)
{
	struct slice s;

	if (!json_is_string(value))
		return ST_TYPE;
	s = (struct slice){json_string_value(value), json_string_length(value)};
	if (s.len > most)
		return ST_LONG;
	memcpy(field, &s, sizeof s);
	return ST_OK;
}

static enum status read_boolean(const json_t *value, char *field)
{
	bool boolean = json_is_true(value);

	if (!json_is_boolean(value))
		return ST_TYPE;
	memcpy(field, &boolean, sizeof boolean);
	return ST_OK;
}

static enum status read_field(const struct field *f, const json_t *value,
			      struct browser_msg *out)
{
	char *field = (char *)out + f->offset;

	if (value == NULL || json_is_null(value))
		return f->is_needed ? ST_ABSENT : ST_OK;
	switch (f->type) {
	case NUMBER:
		return read_number(value, f->most, field);
	case TEXT:
		return read_text(value, f->most, field);
	case BOOLEAN:
		return read_boolean(value, field);
	}
	return ST_TYPE;
}

enum status browser_read(struct slice frame, struct browser_msg *out)
{
	const struct kind *kind = NULL;
	enum status st = ST_OK;
	json_t *tree, *type;

	memset(out, 0, sizeof *out);
	if (is_deep(frame))
		return ST_DEPTH;
	tree = json_loadb(frame.len > 0 ? frame.ptr : "", frame.len,
			  JSON_REJECT_DUPLICATES, NULL);
	out->tree = tree;
	type = json_object_get(tree, "type"); /* NULL for what is no object */
	if (!json_is_integer(type))
		return ST_TYPE;
	for (size_t i = 0; i < NELEMS(kinds); i++) {
		if ((json_int_t)kinds[i].type == json_integer_value(type))
			kind = &kinds[i];
	}
	if (kind == NULL)
		return ST_UNKNOWN;
	out->type = kind->type;
	for (const struct field *f = kind->fields; f->key != NULL; f++) {
		enum status field = read_field(f, json_object_get(tree, f->key), out);

		if (st == ST_OK || st == ST_LONG)
			st = field != ST_OK ? field : st;
	}
	return st;
}

void browser_msg_free(struct browser_msg *m)
{
	json_decref(m->tree);
	m->tree = NULL;
}
