/* A broker's state file that somebody damaged or edited: values of any column and type, among rows that are
 * good; what is sealed is sealed with the right key, so that its contents are read.
 *
 * Loading says what is wrong or leaves out what it cannot use; it does not end the process.  What was
 * loaded can be told: history, people, logins, letters and the trail go over the bus, which takes nothing
 * that is beyond its limits or no UTF-8. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker_private.h"
#include "broker/store_private.h"
#include "common/log.h"
#include "common/memory.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz.h"

enum { EDITS_MAX = 12, SEALED_MAX = 256 };

static struct {
	struct name_keyer *keyer;
	struct broker_options options;
	struct bus_writer *writer;
	char *image; /* of a good file */
	sqlite3_int64 image_len;
} state;

/* Rows of everything; ?1: 32 bytes, the hash of all; sealed columns are written by the edits. */
static const char rows[] =
	"INSERT INTO meta VALUES ('epoch', 99), ('newest', 3), ('trail_kept', 1);"
	"INSERT INTO names VALUES (1, 'ann', zeroblob(32), 1, 0), (2, 'bob', x'01', 2, 0);"
	"INSERT INTO sessions VALUES (zeroblob(32), 1, 1), (x'02', 2, 2);"
	"INSERT INTO posts VALUES (1, 1, 1, 1, 'ann', 'entered', '', 1),"
	" (2, 2, 0, 1, 'ann', 'hello', 'a1', 0), (3, 3, 2, 1, 'ann', 'left', '', 1);"
	"INSERT INTO gateways VALUES (7, 41, x'', 0, 0), (8, 1, x'', 2, 5);"
	"INSERT INTO clients VALUES (7, 1, 1, zeroblob(32)), (8, 1, 2, x'02');"
	"INSERT INTO present VALUES (1), (2);"
	"INSERT INTO tallies VALUES (0, zeroblob(32), 1), (1, x'03', 2);"
	"INSERT INTO proofs VALUES (zeroblob(32), zeroblob(32), 1);"
	"INSERT INTO logins (ticket, code, owner, name, expires_ms, tries, gateway, client,"
	" letter, mail, reference) VALUES (zeroblob(32), zeroblob(32), zeroblob(32), 'eve',"
	" 9000000000000000000, 5, 7, 2, 5, 1, 'K7Q-2MX');"
	"INSERT INTO letters (id, ticket, reference, gateway, expires_ms, sealed) VALUES"
	" (5, zeroblob(32), 'K7Q-2MX', 7, 9000000000000000000, x'');"
	"INSERT INTO trail VALUES (1, 1, 1, 1, 1, 5, 7, 0, 0, 0, 'K7Q-2MX', x''),"
	" (2, 2, 2, 2, 1, 5, 7, 3, 1, 450, 'K7Q-2MX', x'');"
	"INSERT INTO bans VALUES (1, 1, 1, 0, 5, 0, x''), (2, 4, 1, 0, 0, 6, x'');";

static const char *const tables[] = {
	"meta",    "names",  "sessions", "posts",   "gateways", "clients", "present",
	"tallies", "proofs", "logins",   "letters", "trail",    "bans"};

/* -- edits -- */

static void bind_sealed(sqlite3_stmt *q, struct slice plain)
{
	static const char *const domains[] = {STORE_LETTER_DOMAIN, STORE_LOGIN_DOMAIN,
					      STORE_TRAIL_DOMAIN, STORE_BAN_DOMAIN,
					      STORE_REPLY_DOMAIN};
	unsigned char sealed[SEALED_MAX + SECRET_SEAL_EXTRA];
	const char *sql = sqlite3_sql(q);
	size_t which = strstr(sql, "letters") != NULL  ? 0
		       : strstr(sql, "logins") != NULL ? 1
		       : strstr(sql, "trail") != NULL  ? 2
		       : strstr(sql, "bans") != NULL   ? 3
						       : 4;

	secret_seal(&state.options.secret, domains[which], &entropy_system, plain,
		    sealed);
	sqlite3_bind_blob(q, 1, sealed, (int)(plain.len + SECRET_SEAL_EXTRA),
			  SQLITE_TRANSIENT);
}

static void bind_any(sqlite3_stmt *q, struct bytes *b)
{
	struct slice s;

	switch (bytes_below(b, 6)) {
	case 0:
		sqlite3_bind_int64(q, 1, bytes_one(b));
		break;
	case 1:
		sqlite3_bind_int64(q, 1, (sqlite3_int64)bytes_number(b));
		break;
	case 2:
		s = bytes_text(b);
		sqlite3_bind_text(q, 1, s.ptr, (int)s.len, SQLITE_TRANSIENT);
		break;
	case 3:
		s = bytes_text(b);
		sqlite3_bind_blob(q, 1, s.ptr, (int)s.len, SQLITE_TRANSIENT);
		break;
	case 4:
		sqlite3_bind_zeroblob(q, 1, 65530 + bytes_one(b));
		break;
	default:
		bind_sealed(q, bytes_text(b));
	}
}

/* The name of a column of the table; gives how many there are. */
static size_t column_of(sqlite3 *db, const char *table, size_t which, char *out,
			size_t cap)
{
	char *sql = xasprintf("SELECT * FROM %s", table);
	sqlite3_stmt *q;
	size_t n;

	assert(sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK);
	n = (size_t)sqlite3_column_count(q);
	assert(fmt(out, cap, "%s", sqlite3_column_name(q, (int)(which % n))));
	sqlite3_finalize(q);
	free(sql);
	return n;
}

/* One value of one row of one table, or of all of its rows; what its constraints refuse changes nothing. */
static void edit(sqlite3 *db, struct bytes *b)
{
	const char *table = tables[bytes_below(b, sizeof tables / sizeof tables[0])];
	size_t row = bytes_below(b, 4);
	sqlite3_stmt *q = NULL;
	char column[32], *sql;

	(void)column_of(db, table, bytes_one(b), column, sizeof column);
	sql = row == 3 ? xasprintf("UPDATE OR IGNORE %s SET %s = ?1", table, column)
		       : xasprintf("UPDATE OR IGNORE %s SET %s = ?1 WHERE %s ="
				   " (SELECT %s FROM %s LIMIT 1 OFFSET %zu)",
				   table, column, column, column, table, row);
	assert(sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK);
	bind_any(q, b);
	(void)sqlite3_step(q);
	sqlite3_finalize(q);
	free(sql);
}

/* -- telling -- */

static void take(struct bus_queue *queue)
{
	bus_writer_clear(state.writer);
	bus_queue_take(queue, state.writer);
}

static void tell_history(struct broker *b, struct gateway *g)
{
	struct bus_sync sync = {.client = 1, .after = 0, .most = 500};

	room_sync(b->room, g, &sync);
	take(g->out);
}

static void tell_people(void *ctx, struct gateway *g, struct client *client)
{
	struct broker *b = ctx;
	struct bus_who who = {.client = client->number};
	struct bus_say say = {.client = client->number, .id = S("a9"), .text = S("x")};

	room_who(b->room, g, &who);
	room_say(b->room, g, &say, broker_time());
}

static void tell_gateway(void *ctx, struct gateway *g)
{
	tell_history(ctx, g);
	gateway_each_client(g, tell_people, ctx);
	take(g->out);
}

/* As broker_mail.c tells a mailer, and broker_control.c an operator. */
static void on_row(void *ctx, const struct trail_row *row)
{
	struct bus_msg m = {.kind = BUS_STORY,
			    .u.story = {.time_ms = row->time_ms,
					.kind = row->kind,
					.times = row->times,
					.reference = slice_of(row->reference),
					.email = slice_of(row->email),
					.network = slice_of(row->network),
					.gateway = row->gateway,
					.detail = slice_of(row->detail),
					.state = row->state,
					.attempt = row->attempt,
					.code = row->code}};

	(void)ctx;
	bus_writer_clear(state.writer);
	bus_writer_add(state.writer, &m);
}

static void tell_all(struct broker *b)
{
	struct room_time t = broker_time();
	enum status st;
	struct bus_msg letter = {.kind = BUS_LETTER};
	struct bus_take ask = {.mailer = 9,
			       .wait_ms = 0,
			       .sender = S("a@b.example"),
			       .kept = 1,
			       .room = b->room->epoch};

	store_begin(b->store);
	gateways_each(b->room->gateways, tell_gateway, b);
	entrance_hear_mailer(b->entrance, &ask, t);
	(void)entrance_give_trail(b->entrance, &ask, t, on_row, NULL);
	bus_writer_clear(state.writer);
	if (entrance_take_letter(b->entrance, &ask, t, &letter.u.letter))
		bus_writer_add(state.writer, &letter);
	(void)entrance_story(b->entrance, S("K7Q-2MX"), on_row, NULL);
	t.now_ms += 3600000;
	room_tick(b->room, t);
	entrance_tick(b->entrance, t);
	take(b->room->events);
	/* What the file's own keys do not take twice is not kept. */
	st = store_commit(b->store);
	(void)st;
}

/* -- one file -- */

static void start(void)
{
	struct store *good;
	char *why = NULL;

	log_init("fuzz", LOG_ERROR);
	assert(secret_init() == ST_OK && name_keyer_new(&state.keyer) == ST_OK);
	state.writer = bus_writer_new();
	state.options = (struct broker_options){
		.room = {.history = {.posts = 100},
			 .newcomer_posts = 5,
			 .grace_ms = 30000,
			 .gateway_timeout_ms = 10000},
		.entrance = {.code_ttl_ms = 600000,
			     .code_tries = 5,
			     .session_ttl_ms = 30 * UINT64_C(86400000),
			     .name_lease_ms = 180 * UINT64_C(86400000),
			     .proof_ttl_ms = 90 * UINT64_C(86400000),
			     .trail = {1000, 30 * UINT64_C(86400000)}}};
	assert(store_open(":memory:", STORE_NORMAL, &state.options.secret, &good) ==
	       ST_OK);
	if (sqlite3_exec(good->db, rows, NULL, NULL, &why) != SQLITE_OK)
		log_error("rows", "why=\"%s\"", why);
	assert(why == NULL);
	state.image = (char *)sqlite3_serialize(good->db, "main", &state.image_len, 0);
	assert(state.image != NULL);
	store_close(&good);
}

static struct store *open_copy(void)
{
	unsigned char *copy = sqlite3_malloc64((sqlite3_uint64)state.image_len);
	struct store *s = xcalloc(1, sizeof *s);

	assert(copy != NULL);
	memcpy(copy, state.image, (size_t)state.image_len);
	assert(sqlite3_open(":memory:", &s->db) == SQLITE_OK);
	assert(sqlite3_deserialize(s->db, "main", copy, state.image_len, state.image_len,
				   SQLITE_DESERIALIZE_FREEONCLOSE |
					   SQLITE_DESERIALIZE_RESIZEABLE) == SQLITE_OK);
	s->secret = state.options.secret;
	assert(store_prepare(s) == SQLITE_OK);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct broker broker = {.options = &state.options};

	if (state.image == NULL)
		start();
	broker.keyer = state.keyer;
	broker.store = open_copy();
	for (int i = 0; i < EDITS_MAX && b.left > 0; i++)
		edit(broker.store->db, &b);
	if (broker_load(&broker, false) == ST_OK)
		tell_all(&broker);
	entrance_free(&broker.entrance);
	room_free(&broker.room);
	store_close(&broker.store);
	return 0;
}
