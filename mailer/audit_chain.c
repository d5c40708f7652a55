/* Values are written one after the other, each with its type and its length, and hashed under a domain
 * of their own: no two different rows are the same bytes. */
#include "mailer/audit_chain.h"

#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "common/memory.h"

const struct audit_column_info audit_columns[AUDIT_COLUMNS] = {
#define COLUMN(symbol, column, sql, of_group, told) {column, sql, told, AUDIT_##of_group},
#include "mailer/audit_columns.def"
#undef COLUMN
};

/* -- canonical bytes -- */

struct bytes {
	char *ptr;
	size_t len, cap;
};

static void add(struct bytes *b, const void *ptr, size_t len)
{
	if (len > b->cap - b->len) {
		b->cap = (b->len + len) * 2;
		b->ptr = xrealloc(b->ptr, b->cap);
	}
	if (len > 0)
		memcpy(b->ptr + b->len, ptr, len);
	b->len += len;
}

static void add_number(struct bytes *b, uint64_t n)
{
	unsigned char little[8];

	for (size_t i = 0; i < sizeof little; i++)
		little[i] = (unsigned char)(n >> (8 * i));
	add(b, little, sizeof little);
}

static void add_value(struct bytes *b, const struct audit_value *v)
{
	static const char types[] = "0ntb?";

	add(b, &types[v->type], 1);
	if (v->type == AUDIT_NUMBER)
		add_number(b, (uint64_t)v->number);
	if (v->type == AUDIT_TEXT || v->type == AUDIT_BYTES) {
		add_number(b, v->bytes.len);
		add(b, v->bytes.ptr, v->bytes.len);
	}
}

static void add_group(struct bytes *b, enum audit_group group,
		      const struct audit_row *row)
{
	for (size_t i = 0; i < AUDIT_COLUMNS; i++) {
		if (audit_columns[i].group == group)
			add_value(b, &row->values[i]);
	}
}

static struct secret_hash hash(const struct secret *key, const char *domain,
			       struct bytes *b)
{
	struct secret_hash h = secret_hash(key, domain, (struct slice){b->ptr, b->len});

	free(b->ptr);
	return h;
}

struct secret_hash audit_chain_group(const struct secret *key, enum audit_group group,
				     const struct audit_row *row)
{
	struct bytes b = {0};

	add_group(&b, group, row);
	return hash(key, group == AUDIT_FACT ? "audit facts" : "audit personal", &b);
}

struct secret_hash audit_chain_link(const struct secret *key,
				    const struct secret_hash *prev,
				    const struct audit_row *row,
				    const struct secret_hash *facts,
				    const struct secret_hash *personal)
{
	static const struct secret_hash none;
	struct bytes b = {0};

	add(&b, (prev != NULL ? prev : &none)->bytes, sizeof none.bytes);
	add_group(&b, AUDIT_LINK, row);
	add(&b, facts->bytes, sizeof facts->bytes);
	add(&b, personal->bytes, sizeof personal->bytes);
	return hash(key, "audit chain", &b);
}

struct secret_hash audit_chain_mark(const struct secret *key, int64_t id,
				    enum audit_erased level,
				    const struct secret_hash *link)
{
	struct bytes b = {0};

	add_number(&b, (uint64_t)id);
	add_number(&b, level);
	add(&b, link->bytes, sizeof link->bytes);
	return hash(key, "audit erased", &b);
}

/* -- checking -- */

static bool read_hash(const struct audit_value *v, struct secret_hash *out)
{
	if (v->type != AUDIT_BYTES || v->bytes.len != sizeof out->bytes)
		return false;
	memcpy(out->bytes, v->bytes.ptr, sizeof out->bytes);
	return true;
}

static bool is_empty(enum audit_group group, const struct audit_row *row)
{
	for (size_t i = 0; i < AUDIT_COLUMNS; i++) {
		if (audit_columns[i].group == group && row->values[i].type != AUDIT_NULL)
			return false;
	}
	return true;
}

static bool group_holds(const struct secret *key, enum audit_group group,
			const struct audit_row *row, bool erased,
			const struct secret_hash *kept)
{
	struct secret_hash now;

	if (erased)
		return is_empty(group, row);
	now = audit_chain_group(key, group, row);
	return secret_hash_equal(&now, kept);
}

/* -1: what stands there is no level. */
static int level_of(const struct audit_row *row)
{
	const struct audit_value *v = &row->values[AUDIT_ERASED];

	if (v->type == AUDIT_NULL)
		return ERASED_NOTHING;
	if (v->type == AUDIT_NUMBER &&
	    (v->number == ERASED_PERSONAL || v->number == ERASED_ALL))
		return (int)v->number;
	return -1;
}

static bool mark_holds(const struct secret *key, const struct audit_row *row, int level,
		       const struct secret_hash *link)
{
	struct secret_hash mark, kept;

	if (level == ERASED_NOTHING)
		return row->values[AUDIT_ERASED_MARK].type == AUDIT_NULL;
	mark = audit_chain_mark(key, row->values[AUDIT_ID].number,
				(enum audit_erased)level, link);
	return read_hash(&row->values[AUDIT_ERASED_MARK], &kept) &&
	       secret_hash_equal(&mark, &kept);
}

const char *audit_chain_check(const struct secret *key, int64_t id,
			      const struct audit_row *row, struct secret_hash *prev)
{
	struct secret_hash facts, personal, kept, link;
	int level = level_of(row);

	if (row->values[AUDIT_ID].number != id)
		return "it is missing";
	if (!read_hash(&row->values[AUDIT_FACTS_HASH], &facts) ||
	    !read_hash(&row->values[AUDIT_PERSONAL_HASH], &personal) ||
	    !read_hash(&row->values[AUDIT_CHAIN_HASH], &kept))
		return "one of its hashes is no hash";
	link = audit_chain_link(key, prev, row, &facts, &personal);
	if (!secret_hash_equal(&link, &kept))
		return "it does not follow the row before it";
	if (level < 0 || !mark_holds(key, row, level, &link))
		return "its contents were erased by somebody without the key";
	if (!group_holds(key, AUDIT_FACT, row, level == ERASED_ALL, &facts))
		return "what it tells was changed";
	if (!group_holds(key, AUDIT_PERSONAL, row, level >= ERASED_PERSONAL, &personal))
		return "whom it tells of was changed";
	*prev = link;
	return NULL;
}
