/* Rows: filled in, hashed, inserted behind the newest one; all within a transaction that has the
 * file for itself, so that several mailers make one chain. */
#include "mailer/audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/secret_box.h"
#include "mailer/audit_private.h"
#include "mailer/detail.h"
#include "mailer/network.h"

_Static_assert(AUDIT_HASH_CAP == 2 * SECRET_HASH_SIZE + 1, "a hash in hexadecimal");

enum { ADDRESS_MAX = 254 }; /* by the table of the bus */

static const struct {
	enum audit_type type;
	int sqlite;
} types[] = {
	{AUDIT_NULL, SQLITE_NULL},
	{AUDIT_NUMBER, SQLITE_INTEGER},
	{AUDIT_TEXT, SQLITE_TEXT},
	{AUDIT_BYTES, SQLITE_BLOB},
};

/* -- transactions -- */

void audit_begin(struct audit *a)
{
	a->failed = ST_OK;
	audit_run(a, "BEGIN IMMEDIATE");
}

static enum status commit(struct audit *a, bool tell)
{
	audit_run(a, "COMMIT");
	if (a->failed == ST_OK)
		return ST_OK;
	if (tell)
		log_error("audit_write", "why=\"%s\"", sqlite3_errmsg(a->db));
	sqlite3_exec(a->db, "ROLLBACK", NULL, NULL, NULL);
	return a->failed;
}

enum status audit_commit(struct audit *a)
{
	return commit(a, true);
}

enum status audit_probe(struct audit *a)
{
	audit_begin(a);
	audit_run(a, "UPDATE meta SET value = value + 1 WHERE key = 'probes'");
	return commit(a, false);
}

/* -- rows -- */

void audit_bind_text(sqlite3_stmt *stmt, int column, struct slice text)
{
	if (text.len > 0)
		sqlite3_bind_text(stmt, column, text.ptr, (int)text.len, SQLITE_STATIC);
}

static void bind_value(sqlite3_stmt *stmt, int column, const struct audit_value *v)
{
	switch (v->type) {
	case AUDIT_NUMBER:
		sqlite3_bind_int64(stmt, column, v->number);
		break;
	case AUDIT_TEXT:
		sqlite3_bind_text(stmt, column, v->bytes.ptr, (int)v->bytes.len,
				  SQLITE_STATIC);
		break;
	case AUDIT_BYTES:
		sqlite3_bind_blob(stmt, column, v->bytes.ptr, (int)v->bytes.len,
				  SQLITE_STATIC);
		break;
	case AUDIT_NULL:
	case AUDIT_STRANGE:
		break;
	}
}

void audit_read_row(sqlite3_stmt *stmt, struct audit_row *out)
{
	for (int i = 0; i < AUDIT_COLUMNS; i++) {
		struct audit_value *v = &out->values[i];
		int type = sqlite3_column_type(stmt, i);

		*v = (struct audit_value){.type = AUDIT_STRANGE};
		for (size_t t = 0; t < NELEMS(types); t++) {
			if (types[t].sqlite == type)
				v->type = types[t].type;
		}
		if (v->type == AUDIT_NUMBER)
			v->number = sqlite3_column_int64(stmt, i);
		if (v->type == AUDIT_TEXT || v->type == AUDIT_BYTES) {
			v->bytes.ptr = sqlite3_column_blob(stmt, i);
			v->bytes.len = (size_t)sqlite3_column_bytes(stmt, i);
		}
	}
}

const char *audit_column_list(void)
{
#define COLUMN(symbol, name, sql, group, doc) name ", "
	return
#include "mailer/audit_columns.def"
		/* a list ends without a comma */
		"NULL";
#undef COLUMN
}

enum status audit_head(struct audit *a, struct audit_head *out)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(
		a->db, "SELECT id, chain_hash FROM audit ORDER BY id DESC LIMIT 1", -1,
		&stmt, NULL);

	memset(out, 0, sizeof *out);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		out->id = sqlite3_column_int64(stmt, 0);
		if (sqlite3_column_bytes(stmt, 1) == sizeof out->link.bytes)
			memcpy(out->link.bytes, sqlite3_column_blob(stmt, 1),
			       sizeof out->link.bytes);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? ST_OK : audit_status(rc);
}

static struct audit_value bytes_of(const struct secret_hash *hash)
{
	return (struct audit_value){
		.type = AUDIT_BYTES,
		.bytes = {(const char *)hash->bytes, sizeof hash->bytes}};
}

void audit_append(struct audit *a, struct audit_row *row)
{
	static const char marks[] =
#define COLUMN(symbol, name, sql, group, doc) ",?"
#include "mailer/audit_columns.def"
#undef COLUMN
		;
	struct secret_hash facts, personal, link;
	struct audit_head head;
	char *sql = xasprintf("INSERT INTO audit VALUES (%s)", marks + 1);
	sqlite3_stmt *stmt = NULL;

	if (a->failed == ST_OK)
		a->failed = audit_head(a, &head);
	if (a->failed != ST_OK) {
		free(sql);
		return;
	}
	row->values[AUDIT_ID] =
		(struct audit_value){.type = AUDIT_NUMBER, .number = head.id + 1};
	facts = audit_chain_group(&a->key, AUDIT_FACT, row);
	personal = audit_chain_group(&a->key, AUDIT_PERSONAL, row);
	link = audit_chain_link(&a->key, &head.link, row, &facts, &personal);
	row->values[AUDIT_FACTS_HASH] = bytes_of(&facts);
	row->values[AUDIT_PERSONAL_HASH] = bytes_of(&personal);
	row->values[AUDIT_CHAIN_HASH] = bytes_of(&link);

	stmt = audit_prepare(a, sql);
	for (int i = 0; stmt != NULL && i < AUDIT_COLUMNS; i++)
		bind_value(stmt, i + 1, &row->values[i]);
	audit_finish(a, stmt);
	free(sql);
}

static struct audit_value text(const char *words)
{
	struct slice s = slice_of(words);

	return (struct audit_value){.type = s.len > 0 ? AUDIT_TEXT : AUDIT_NULL,
				    .bytes = s};
}

static struct audit_value number_unless_0(uint64_t n)
{
	return (struct audit_value){.type = n != 0 ? AUDIT_NUMBER : AUDIT_NULL,
				    .number = (int64_t)n};
}

/* Where texts of a row live until it is written. */
struct texts {
	char hash[AUDIT_HASH_CAP];
	unsigned char sealed[ADDRESS_MAX + SECRET_BOX_EXTRA];
	char network[NETWORK_CAP], detail[DETAIL_CAP];
	char gateway[24], room[24];
	char *reference;
};

static void fill_address(struct audit *a, struct slice email, struct texts *t,
			 struct audit_row *row)
{
	if (email.len == 0 || email.len > ADDRESS_MAX)
		return;
	audit_hash_address(a, email, t->hash);
	row->values[AUDIT_ADDRESS_HASH] = text(t->hash);
	if (secret_box_seal(&a->sealer, email, t->sealed) != ST_OK)
		return; /* audit_open() tried: it cannot fail here */
	row->values[AUDIT_ADDRESS] = (struct audit_value){
		.type = AUDIT_BYTES,
		.bytes = {(const char *)t->sealed, email.len + SECRET_BOX_EXTRA}};
}

static void write_id(char out[24], uint64_t id)
{
	if (id == 0 || !fmt(out, 24, "%" PRIu64, id))
		out[0] = '\0';
}

static void fill(struct audit *a, const struct audit_entry *e, struct texts *t,
		 struct audit_row *row)
{
	memset(row, 0, sizeof *row);
	memset(t, 0, sizeof *t);
	t->reference = slice_dup(e->reference);
	network_widen(e->network, t->network);
	detail_write(e->detail, NULL, 0, t->detail);
	write_id(t->gateway, e->gateway);
	row->values[AUDIT_TIME_MS] =
		(struct audit_value){.type = AUDIT_NUMBER, .number = (int64_t)e->wall_ms};
	row->values[AUDIT_KIND] = text(e->kind);
	row->values[AUDIT_REFERENCE] = text(t->reference);
	row->values[AUDIT_LETTER] = number_unless_0(e->letter);
	row->values[AUDIT_GATEWAY] = text(t->gateway);
	row->values[AUDIT_ATTEMPT] = number_unless_0(e->attempt);
	row->values[AUDIT_RESULT] = text(e->result);
	row->values[AUDIT_CODE] = number_unless_0((uint64_t)e->code);
	row->values[AUDIT_TIMES] = number_unless_0(e->times > 1 ? e->times : 0);
	fill_address(a, e->email, t, row);
	row->values[AUDIT_NETWORK] = text(t->network);
	row->values[AUDIT_DETAIL] = text(t->detail);
}

void audit_add(struct audit *a, const struct audit_entry *entry)
{
	struct audit_row row;
	struct texts t;

	fill(a, entry, &t, &row);
	audit_append(a, &row);
	free(t.reference);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void audit_hash_address(const struct audit *a, struct slice address,
			char out[AUDIT_HASH_CAP])
{
	char *copy = slice_dup(address);
	char *domain = strrchr(copy, '@');
	struct secret_hash hash;
	struct secret hex; /* has the same bytes, and a way to be written */

	_Static_assert(sizeof hex.bytes == sizeof hash.bytes, "both are 32 bytes");
	for (char *c = domain; c != NULL && *c != '\0'; c++)
		*c = lower(*c);
	hash = secret_hash(&a->key, "audit address", slice_of(copy));
	memcpy(hex.bytes, hash.bytes, sizeof hex.bytes);
	secret_to_hex(&hex, out);
	free(copy);
}

/* -- the broker's trail -- */

static uint64_t meta(struct audit *a, const char *key)
{
	sqlite3_stmt *stmt = NULL;
	uint64_t value = 0;

	if (sqlite3_prepare_v2(a->db, "SELECT value FROM meta WHERE key = ?", -1, &stmt,
			       NULL) == SQLITE_OK &&
	    sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = (uint64_t)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static void set_meta(struct audit *a, const char *key, uint64_t value)
{
	sqlite3_stmt *stmt =
		audit_prepare(a, "UPDATE meta SET value = ?2 WHERE key = ?1");

	if (stmt != NULL) {
		audit_bind_text(stmt, 1, slice_of(key));
		sqlite3_bind_int64(stmt, 2, (sqlite3_int64)value);
	}
	audit_finish(a, stmt);
}

void audit_trail_kept(struct audit *a, uint64_t *room_out, uint64_t *kept_out)
{
	*room_out = meta(a, "trail-room");
	*kept_out = meta(a, "trail-number") + 1;
}

/* Several mailers may be sent the same rows: who writes second finds them there.  Another room's
 * numbers begin anew. */
void audit_add_trail(struct audit *a, const struct bus_trail *trail)
{
	struct audit_entry e = {
		.wall_ms = trail->time_ms,
		.kind = trail_kind_name(trail->kind),
		.reference = trail->reference,
		.email = trail->email,
		.network = trail->network,
		.gateway = trail->gateway,
		.detail = trail->detail,
		.times = trail->times,
	};
	struct audit_row row;
	struct texts t;
	uint64_t room, kept;

	audit_trail_kept(a, &room, &kept);
	if (room == trail->room && trail->number < kept)
		return;
	fill(a, &e, &t, &row);
	write_id(t.room, trail->room);
	row.values[AUDIT_ROOM] = text(t.room);
	row.values[AUDIT_TRAIL] = number_unless_0(trail->number);
	audit_append(a, &row);
	set_meta(a, "trail-room", trail->room);
	set_meta(a, "trail-number", trail->number);
	free(t.reference);
}
