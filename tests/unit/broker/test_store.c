/* The journal, in a fresh directory: what was put comes back, and what is not ours stays. */
#include "broker/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "broker/store_private.h"
#include "common/log.h"
#include "common/memory.h"

#define BIG (UINT64_MAX - 5) /* above what SQLite's integers hold */

static const struct secret secret = {{42}}, other_secret = {{43}};
static const struct secret_hash token = {{1}}, ticket = {{2}}, code = {{3}},
				owner = {{4}};

struct fixture {
	char dir[64], path[80];
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	log_init("test_store", LOG_ERROR);
	if (secret_init() != ST_OK ||
	    !fmt(f->dir, sizeof f->dir, "/tmp/test_store.XXXXXX") ||
	    mkdtemp(f->dir) == NULL || !fmt(f->path, sizeof f->path, "%s/a.db", f->dir))
		return -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".v1"};
	struct fixture *f = *state;
	char path[128];

	for (size_t i = 0; i < NELEMS(ends); i++) {
		if (fmt(path, sizeof path, "%s%s", f->path, ends[i]))
			unlink(path);
	}
	assert_int_equal(rmdir(f->dir), 0); /* nothing else was left there */
	free(f);
	return 0;
}

static struct store *open_store(const struct fixture *f)
{
	struct store *s;

	assert_int_equal(store_open(f->path, STORE_NORMAL, &secret, &s), ST_OK);
	assert_non_null(s);
	return s;
}

static void refuse(const struct fixture *f, enum status st)
{
	struct store *s = (struct store *)1;

	assert_int_equal(store_open(f->path, STORE_NORMAL, &secret, &s), st);
	assert_null(s);
}

static void commit(struct store *s)
{
	assert_int_equal(store_commit(s), ST_OK);
}

/* What was read back, written as text, a line each. */
struct trace {
	char text[16384];
	size_t len;
};

static void note(struct trace *t, const char *format, ...) ATTR_PRINTF(2, 3);
static void note(struct trace *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->text + t->len, sizeof t->text - t->len, format, args);
	va_end(args);
	assert_in_range(n, 0, sizeof t->text - t->len - 1);
	t->len += (size_t)n;
}

static void on_epoch(void *ctx, uint64_t epoch)
{
	note(ctx, "epoch %llu\n", (unsigned long long)epoch);
}

static void on_newest(void *ctx, uint64_t seq)
{
	note(ctx, "newest %llu\n", (unsigned long long)seq);
}

static void on_name(void *ctx, const struct name_claim *c)
{
	note(ctx, "name %llu %s %d %llu %llu\n", (unsigned long long)c->id, c->name,
	     c->owner.bytes[0], (unsigned long long)c->seen_ms,
	     (unsigned long long)c->folded);
}

static void on_session(void *ctx, const struct session *s)
{
	note(ctx, "session %d %llu %llu\n", s->token.bytes[0],
	     (unsigned long long)s->person, (unsigned long long)s->used_ms);
}

static void on_post(void *ctx, const struct history_post *p)
{
	if (p->people != 0)
		note(ctx, "people %llu ", (unsigned long long)p->people);
	note(ctx, "post %llu %llu %d %llu %.*s|%.*s|%.*s\n", (unsigned long long)p->seq,
	     (unsigned long long)p->time_ms, p->event, (unsigned long long)p->person,
	     SLICE_ARGS(p->name), SLICE_ARGS(p->text), SLICE_ARGS(p->id));
}

static void on_login(void *ctx, const struct login *l, uint64_t wall_ms)
{
	note(ctx, "login %d %d %d %s %llu %llu %llu %llu %d ends %llu",
	     l->ticket.bytes[0], l->code.bytes[0], l->owner.bytes[0], l->name,
	     (unsigned long long)l->tries_left, (unsigned long long)l->gateway,
	     (unsigned long long)l->client, (unsigned long long)l->letter, l->mail,
	     (unsigned long long)wall_ms);
	if (l->reference[0] != '\0')
		note(ctx, " %s %d %d %llu %llu %llu %s", l->reference,
		     l->address_key.bytes[0], l->proof.bytes[0],
		     (unsigned long long)l->resend_at_ms,
		     (unsigned long long)l->mailed_ms, (unsigned long long)l->retry_at_ms,
		     l->email);
	note(ctx, "\n");
}

static void on_letter(void *ctx, const struct letter *l, uint64_t wall_ms)
{
	note(ctx,
	     "letter %llu %d %s %s %s %s %s %llu ends %llu %llu %llu held %llu %d %llu\n",
	     (unsigned long long)l->id, l->ticket.bytes[0], l->reference, l->email,
	     l->name, l->code, l->network, (unsigned long long)l->gateway,
	     (unsigned long long)wall_ms, (unsigned long long)l->asked_ms,
	     (unsigned long long)l->salt, (unsigned long long)l->mailer, l->is_offered,
	     (unsigned long long)l->lease_until_ms);
}

static void on_gateway(void *ctx, uint64_t id, uint64_t number, struct slice reply,
		       bool is_keyed, uint64_t silent_ms)
{
	note(ctx, "gateway %llu %llu%s %zu:%.*s silent %llu\n", (unsigned long long)id,
	     (unsigned long long)number, is_keyed ? " keyed" : "", reply.len,
	     SLICE_ARGS(reply), (unsigned long long)silent_ms);
}

static void on_client(void *ctx, uint64_t gateway, const struct client *c)
{
	note(ctx, "client %llu %llu %llu %d\n", (unsigned long long)gateway,
	     (unsigned long long)c->number, (unsigned long long)c->person,
	     c->session.bytes[0]);
}

static void on_present(void *ctx, uint64_t person)
{
	note(ctx, "present %llu\n", (unsigned long long)person);
}

static void on_tally(void *ctx, enum tally_kind kind, const struct secret_hash *key,
		     uint64_t wall_ms)
{
	note(ctx, "tally %d %d %llu\n", (int)kind, key->bytes[0],
	     (unsigned long long)wall_ms);
}

static void on_mail_pace(void *ctx, uint64_t wall_ms)
{
	note(ctx, "pace %llu\n", (unsigned long long)wall_ms);
}

static void on_proof(void *ctx, const struct proof *p)
{
	note(ctx, "proof %d %d %llu\n", p->token.bytes[0], p->owner.bytes[0],
	     (unsigned long long)p->used_ms);
}

static void on_trail(void *ctx, const struct trail_row *r)
{
	note(ctx, "trail %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %s|%s|%s|%s\n",
	     (unsigned long long)r->id, (unsigned long long)r->number,
	     (unsigned long long)r->time_ms, (unsigned long long)r->kind,
	     (unsigned long long)r->times, (unsigned long long)r->login,
	     (unsigned long long)r->gateway, (unsigned long long)r->state,
	     (unsigned long long)r->attempt, (unsigned long long)r->code, r->reference,
	     r->email, r->network, r->detail);
}

static void on_trail_kept(void *ctx, uint64_t number)
{
	if (number != 0)
		note(ctx, "kept %llu\n", (unsigned long long)number);
}

static void on_ban(void *ctx, const struct ban *b)
{
	note(ctx, "ban %llu %s %llu %llu %llu %llu %s|%s\n", (unsigned long long)b->id,
	     ban_kind_name(b->kind), (unsigned long long)b->since_ms,
	     (unsigned long long)b->until_ms, (unsigned long long)b->numbers.at[0],
	     (unsigned long long)b->numbers.at[1], b->value, b->reason);
}

static enum status load(struct store *s, size_t keep, struct trace *t)
{
	struct store_reader reader = {t,
				      on_epoch,
				      on_newest,
				      on_name,
				      on_session,
				      on_post,
				      on_login,
				      on_letter,
				      on_gateway,
				      on_client,
				      on_present,
				      on_tally,
				      on_mail_pace,
				      on_proof,
				      on_trail,
				      on_trail_kept,
				      on_ban};

	t->len = 0;
	t->text[0] = '\0';
	return store_load(s, keep, &reader);
}

static void assert_loads(struct store *s, size_t keep, const char *expected)
{
	static struct trace t;

	assert_int_equal(load(s, keep, &t), ST_OK);
	assert_string_equal(t.text, expected);
}

static const struct letter letter = {.id = BIG,
				     .ticket = {{2}},
				     .reference = "K7Q-2MX",
				     .email = "canary@mail.example",
				     .name = "ann",
				     .code = "31415926",
				     .network = "192.0.2.77",
				     .gateway = BIG,
				     .asked_ms = 1700000000001,
				     .salt = BIG,
				     .mailer = BIG,
				     .is_offered = true};

static void put_post(struct store *s, uint64_t seq, const char *text)
{
	struct history_post p = {.seq = seq,
				 .time_ms = 1700000000000,
				 .event = POST_TEXT,
				 .person = 1000,
				 .name = S("ann"),
				 .text = slice_of(text),
				 .id = S("i")};

	store_put_post(s, &p);
}

static void put_everything(struct store *s)
{
	char reply[] = "reply-with-token-CANARYTOKEN";
	char name[] = "ann";
	struct name_claim claim = {
		.id = 1000, .name = name, .owner = owner, .seen_ms = 123, .folded = BIG};
	struct session session = {.token = token, .person = 1000, .used_ms = 456};
	struct login login = {.ticket = ticket,
			      .code = code,
			      .owner = owner,
			      .name = "ann",
			      .tries_left = 3,
			      .gateway = BIG,
			      .client = 9,
			      .letter = BIG,
			      .mail = MAIL_WITHHELD,
			      .address_key = {{5}},
			      .proof = {{6}},
			      .resend_at_ms = 11,
			      .mailed_ms = 12,
			      .retry_at_ms = 13,
			      .reference = "K7Q-2MX",
			      .email = "canary@mail.example"};
	struct proof proof = {.token = token, .owner = owner, .used_ms = 99};
	struct trail_row row = {.id = 5,
				.number = 3,
				.time_ms = 1700000000002,
				.kind = TRAIL_LETTER,
				.times = 7,
				.login = BIG,
				.gateway = BIG,
				.state = MAIL_DEFERRED,
				.attempt = 2,
				.code = 451,
				.reference = "K7Q-2MX",
				.email = "canary@mail.example",
				.network = "192.0.2.77",
				.detail = "greylisted by canary"};
	struct ban ban = {.id = 4,
			  .kind = BAN_ADDRESS,
			  .since_ms = 800,
			  .until_ms = 900,
			  .numbers = {{BIG, 7}},
			  .value = "canary@mail.example",
			  .reason = "of canary: 'x'"};
	struct gateway gateway = {.id = BIG,
				  .number = 77,
				  .reply = reply,
				  .reply_len = sizeof reply - 1,
				  .is_keyed = true};
	struct client client = {.number = 9, .person = 1000, .session = token};

	store_put_epoch(s, BIG);
	store_put_name(s, &claim);
	store_put_session(s, &session);
	put_post(s, 1, "hello");
	put_post(s, 2, "\xf0\x9f\x98\x80 'quoted\"; DROP TABLE posts");
	store_put_login(s, &login, UINT64_MAX);
	store_put_letter(s, &letter, 5000);
	store_put_lease(s, &letter, 6000);
	store_put_tally(s, TALLY_WRONG_FOR_ADDRESS, &owner, 200);
	store_put_tally(s, TALLY_MAILS_OF_NETWORK, &owner, 100);
	store_put_mail_pace(s, 300);
	store_put_proof(s, &proof);
	store_put_trail(s, &row);
	store_put_trail_kept(s, 2);
	store_put_ban(s, &ban);
	store_put_gateway(s, &gateway);
	store_put_silence(s, BIG, 700);
	store_put_client(s, BIG, &client);
	store_put_present(s, 1000);
}

static const char everything[] =
	"epoch 18446744073709551610\n"
	"newest 2\n"
	"name 1000 ann 4 123 18446744073709551610\n"
	"session 1 1000 456\n"
	"post 1 1700000000000 0 1000 ann|hello|i\n"
	"post 2 1700000000000 0 1000 ann|\xf0\x9f\x98\x80 'quoted\"; DROP TABLE posts|i\n"
	"login 2 3 4 ann 3 18446744073709551610 9 18446744073709551610 6 ends "
	"18446744073709551615 K7Q-2MX 5 6 11 12 13 canary@mail.example\n"
	"letter 18446744073709551610 2 K7Q-2MX canary@mail.example ann 31415926 192.0.2.77 "
	"18446744073709551610 ends 5000 1700000000001 18446744073709551610 held "
	"18446744073709551610 1 6000\n"
	"gateway 18446744073709551610 77 keyed 28:reply-with-token-CANARYTOKEN silent 700\n"
	"client 18446744073709551610 9 1000 1\n"
	"present 1000\n"
	"tally 2 4 100\n"
	"tally 4 4 200\n"
	"pace 300\n"
	"proof 1 4 99\n"
	"trail 5 3 1700000000002 9 7 18446744073709551610 18446744073709551610 3 2 451 "
	"K7Q-2MX|canary@mail.example|192.0.2.77|greylisted by canary\n"
	"kept 2\n"
	"ban 4 address 800 900 18446744073709551610 7 canary@mail.example|of canary: 'x'\n";

static void everything_comes_back_from_the_file(void **state)
{
	struct store *s = open_store(*state);

	store_begin(s);
	put_everything(s);
	commit(s);
	assert_loads(s, 10, everything);
	store_close(&s);
	assert_null(s);
	s = open_store(*state);
	assert_loads(s, 10, everything);
	store_close(&s);
}

static void a_new_file_holds_nothing(void **state)
{
	struct store *s = open_store(*state);

	assert_loads(s, 10, "newest 0\n");
	store_close(&s);
	s = open_store(*state);
	assert_loads(s, 10, "newest 0\n");
	store_close(&s);
}

static void what_is_dropped_does_not_come_back(void **state)
{
	struct store *s = open_store(*state);

	store_begin(s);
	put_everything(s);
	commit(s);
	store_begin(s);
	store_drop_name(s, 1000);
	store_drop_session(s, &token);
	store_drop_login(s, &ticket);
	store_drop_letter(s, BIG);
	store_drop_letter(s, 0);
	store_drop_gateway(s, BIG); /* with its clients */
	store_drop_present(s, 1000);
	store_trim_posts(s, 2);
	store_trim_tally(s, TALLY_MAILS_OF_NETWORK, 100);
	store_trim_tally(s, TALLY_WRONG_FOR_ADDRESS, 199);
	store_drop_proof(s, &token);
	store_drop_trail(s, 5);
	store_drop_ban(s, 4);
	commit(s);
	assert_loads(s, 10,
		     "epoch 18446744073709551610\nnewest 2\ntally 4 4 200\npace 300\n"
		     "kept 2\n");
	store_close(&s);
}

static void a_second_put_replaces_the_first(void **state)
{
	struct store *s = open_store(*state);
	struct session session = {.token = token, .person = 1, .used_ms = 1};
	struct client client = {.number = 1, .person = 1};

	store_begin(s);
	store_put_session(s, &session);
	session.used_ms = 2;
	store_put_session(s, &session);
	store_put_client(s, 5, &client);
	client.person = 2;
	store_put_client(s, 5, &client);
	store_drop_client(s, 5, 99);
	store_put_present(s, 1);
	store_put_present(s, 1);
	store_put_epoch(s, 1);
	store_put_epoch(s, 2);
	commit(s);
	assert_loads(s, 10,
		     "epoch 2\nnewest 0\nsession 1 1 2\nclient 5 1 2 0\npresent 1\n");
	store_close(&s);
}

static void only_the_newest_posts_are_read(void **state)
{
	struct store *s = open_store(*state);

	store_begin(s);
	for (uint64_t i = 1; i <= 9; i++)
		put_post(s, i, "x");
	commit(s);
	assert_loads(s, 2,
		     "newest 9\npost 8 1700000000000 0 1000 ann|x|i\n"
		     "post 9 1700000000000 0 1000 ann|x|i\n");
	assert_loads(s, 0, "newest 9\n"); /* and the numbering goes on all the same */
	store_begin(s);
	store_trim_posts(s, 7);
	commit(s);
	assert_loads(s, 100,
		     "newest 9\npost 8 1700000000000 0 1000 ann|x|i\n"
		     "post 9 1700000000000 0 1000 ann|x|i\n");
	store_begin(s);
	store_trim_posts(s, 9);
	store_put_newest(s, 12);
	commit(s);
	assert_loads(s, 100, "newest 12\n");
	store_close(&s);
}

static void texts_of_any_bytes_and_size_come_back(void **state)
{
	struct store *s = open_store(*state);
	static struct trace t;
	char *big = xcalloc(65537, 1);
	struct history_post p = {
		.seq = 1, .name = S("a"), .text = {big, 65536}, .id = S("")};

	memset(big, 'x', 65536);
	store_begin(s);
	store_put_post(s, &p);
	p.seq = 2;
	p.people = 77;
	p.text = S("a\0b");
	store_put_post(s, &p);
	commit(s);
	assert_int_equal(load(s, 1, &t), ST_OK);
	assert_non_null(strstr(t.text, "people 77 post 2 0 0 0 a|a"));
	store_close(&s);
	free(big);
}

static void what_was_not_committed_is_forgotten(void **state)
{
	struct store *s = open_store(*state);

	store_begin(s);
	store_put_epoch(s, 1);
	commit(s);
	store_begin(s);
	put_everything(s);
	store_close(&s); /* as if the process had died */
	s = open_store(*state);
	assert_loads(s, 10, "epoch 1\nnewest 0\n");
	store_close(&s);
}

static void an_error_undoes_the_whole_transaction(void **state)
{
	struct store *s = open_store(*state);

	store_begin(s);
	put_post(s, 1, "first");
	commit(s);
	store_begin(s);
	store_put_epoch(s, 5);
	put_post(s, 1, "the same seq");
	store_put_present(s, 1000); /* after the error: does nothing */
	assert_int_not_equal(store_commit(s), ST_OK);
	assert_loads(s, 10, "newest 1\npost 1 1700000000000 0 1000 ann|first|i\n");
	/* And the next one is good again. */
	store_begin(s);
	put_post(s, 2, "second");
	commit(s);
	assert_loads(s, 1, "newest 2\npost 2 1700000000000 0 1000 ann|second|i\n");
	store_close(&s);
}

static size_t wal_size(const struct fixture *f)
{
	char path[128];
	struct stat st;

	assert_true(fmt(path, sizeof path, "%s-wal", f->path));
	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_size;
}

static void the_log_of_a_large_transaction_does_not_stay(void **state)
{
	struct fixture *f = *state;
	struct store *s = open_store(f);
	char *text = xcalloc(1, 65537);
	struct history_post post = {.person = 1000, .name = S("ann")};

	memset(text, 'x', 65536);
	post.text = (struct slice){text, 65536};
	store_begin(s);
	for (post.seq = 1; post.seq <= 200; post.seq++)
		store_put_post(s, &post);
	commit(s);
	assert_true(wal_size(f) > 12 << 20);
	post.text = S("short");
	for (; post.seq < 205; post.seq++) {
		store_begin(s);
		store_put_post(s, &post);
		commit(s);
	}
	assert_in_range(wal_size(f), 0, 4 << 20);
	store_close(&s);
	free(text);
}

static void a_store_that_forgets_takes_everything(void **state)
{
	static struct trace t;
	struct store *s = NULL;

	(void)state;
	store_begin(NULL);
	put_everything(NULL);
	store_put_newest(NULL, 1);
	store_trim_posts(NULL, 1);
	store_drop_name(NULL, 1);
	store_drop_letter(NULL, 1);
	commit(NULL);
	assert_int_equal(load(NULL, 10, &t), ST_OK);
	assert_string_equal(t.text, "");
	store_close(&s);
	store_close(NULL);
}

/* -- bytes -- */

static char *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text = xcalloc(1 << 20, 1);

	*len = 0;
	if (f != NULL) {
		*len = fread(text, 1, 1 << 20, f);
		fclose(f);
	}
	return text;
}

static bool holds(const char *path, const char *needle)
{
	size_t len, n = strlen(needle);
	char *text = read_file(path, &len);
	bool found = false;

	for (size_t i = 0; i + n <= len && !found; i++)
		found = memcmp(text + i, needle, n) == 0;
	free(text);
	return found;
}

static void no_code_address_or_token_can_be_read_in_the_file(void **state)
{
	static const char *const canaries[] = {"31415926", "canary", "mail.example",
					       "192.0.2.77", "CANARYTOKEN"};
	const struct fixture *f = *state;
	struct store *s = open_store(f);
	char wal[96];

	assert_true(fmt(wal, sizeof wal, "%s-wal", f->path));
	for (int round = 0; round < 2; round++) {
		if (round == 0) {
			store_begin(s);
			put_everything(s);
			commit(s);
			assert_true(holds(wal, "DROP TABLE")); /* the search does find */
		} else {
			store_close(&s);
			assert_true(holds(f->path, "DROP TABLE"));
		}
		for (size_t i = 0; i < NELEMS(canaries); i++) {
			assert_false(holds(f->path, canaries[i]));
			assert_false(holds(wal, canaries[i]));
		}
	}
}

static void what_was_dropped_is_not_in_the_file_any_more(void **state)
{
	const struct fixture *f = *state;
	struct store *s = open_store(f);

	store_begin(s);
	put_post(s, 1, "SECRETPOST");
	commit(s);
	store_begin(s);
	store_trim_posts(s, 1);
	commit(s);
	store_close(&s);
	assert_false(holds(f->path, "SECRETPOST"));
}

static void sql(const struct fixture *f, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void letters_and_answers_of_another_secret_are_left_out(void **state)
{
	const struct fixture *f = *state;
	static struct trace t;
	struct store *s = open_store(f);

	store_begin(s);
	put_everything(s);
	commit(s);
	store_close(&s);
	assert_int_equal(store_open(f->path, STORE_FULL, &other_secret, &s), ST_UNKNOWN);
	store_close(&s);
	sql(f, "DELETE FROM meta WHERE key = 'seal'"); /* the operator has no other */
	assert_int_equal(store_open(f->path, STORE_FULL, &other_secret, &s), ST_OK);
	assert_int_equal(load(s, 10, &t), ST_OK);
	assert_null(strstr(t.text, "letter "));
	assert_null(strstr(t.text, "\ngateway "));
	assert_null(strstr(t.text, "canary"));
	assert_non_null(strstr(t.text, "post 1 "));
	store_close(&s);
}

/* -- files that are not ours, or not to be had -- */

static void a_database_of_somebody_else_is_refused_and_left_as_it_is(void **state)
{
	static const char *const makings[] = {
		"CREATE TABLE t(x); INSERT INTO t VALUES(1);",
		"CREATE VIEW v AS SELECT 1;",
		"PRAGMA application_id=7;",
		"PRAGMA user_version=1;",
		"PRAGMA user_version=7; CREATE TABLE names(id);",
		"PRAGMA application_id=1347177797; CREATE TABLE names(id);",
		"PRAGMA journal_mode=WAL; CREATE TABLE t(x);",
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < NELEMS(makings); i++) {
		size_t before_len, after_len;
		char *before, *after;

		unlink(f->path);
		sql(f, makings[i]);
		before = read_file(f->path, &before_len);
		refuse(f, ST_DAMAGED);
		after = read_file(f->path, &after_len);
		assert_int_equal(before_len, after_len);
		assert_memory_equal(before, after, before_len);
		free(before);
		free(after);
	}
}

static void set_version(const struct fixture *f, int version)
{
	char text[64];

	assert_true(fmt(text, sizeof text, "PRAGMA user_version=%d", version));
	sql(f, text);
}

/* Version 1 as the first release made it: never changed here. */
static const char version_1[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner BLOB NOT NULL,"
	" seen_ms INTEGER NOT NULL);"
	"CREATE TABLE sessions(token BLOB PRIMARY KEY, person INTEGER NOT NULL,"
	" used_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE posts(seq INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL,"
	" event INTEGER NOT NULL, person INTEGER NOT NULL, name TEXT NOT NULL,"
	" text TEXT NOT NULL, id TEXT NOT NULL);"
	"CREATE TABLE logins(ticket BLOB PRIMARY KEY, code BLOB NOT NULL, owner BLOB NOT NULL,"
	" name TEXT NOT NULL, expires_ms INTEGER NOT NULL, tries INTEGER NOT NULL,"
	" gateway INTEGER NOT NULL, client INTEGER NOT NULL, letter INTEGER NOT NULL,"
	" mail INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE letters(id INTEGER PRIMARY KEY, ticket BLOB NOT NULL,"
	" reference TEXT NOT NULL, gateway INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
	" sealed BLOB NOT NULL);"
	"CREATE TABLE gateways(id INTEGER PRIMARY KEY, number INTEGER NOT NULL,"
	" reply BLOB NOT NULL);"
	"CREATE TABLE clients(gateway INTEGER NOT NULL, number INTEGER NOT NULL,"
	" person INTEGER NOT NULL, session BLOB NOT NULL, PRIMARY KEY(gateway, number))"
	" WITHOUT ROWID;"
	"CREATE TABLE present(person INTEGER PRIMARY KEY);"
	"PRAGMA application_id=0x504c4d45; PRAGMA user_version=1;"
	"INSERT INTO meta VALUES('epoch', 5);"
	"INSERT INTO names VALUES(1000, 'ann', zeroblob(32), 7);"
	"INSERT INTO sessions VALUES(zeroblob(32), 1000, 8);"
	"INSERT INTO posts VALUES(1, 9, 0, 1000, 'ann', 'hello', 'x');"
	"INSERT INTO logins VALUES(zeroblob(32), zeroblob(32), zeroblob(32), 'eve', 10, 3, 0,"
	" 0, 0, 2);"
	"INSERT INTO present VALUES(1000);";

static void an_older_version_is_copied_and_upgraded(void **state)
{
	static const char expected[] =
		"epoch 5\nnewest 1\nname 1000 ann 0 7 0\n"
		"session 0 1000 8\npost 1 9 0 1000 ann|hello|x\n"
		"login 0 0 0 eve 3 0 0 0 2 ends 10\npresent 1000\n";
	const struct fixture *f = *state;
	struct store *s;
	char copy[96];

	sql(f, version_1);
	s = open_store(f);
	assert_loads(s, 10, expected);
	store_begin(s);
	put_post(s, 2, "new");
	commit(s);
	store_close(&s);
	assert_true(fmt(copy, sizeof copy, "%s.v1", f->path));
	assert_true(holds(copy, "hello"));
	assert_false(holds(copy, "new"));
	s = open_store(f); /* this time nothing is to be done */
	assert_loads(s, 1,
		     "epoch 5\nnewest 2\nname 1000 ann 0 7 0\nsession 0 1000 8\n"
		     "post 2 1700000000000 0 1000 ann|new|i\n"
		     "login 0 0 0 eve 3 0 0 0 2 ends 10\npresent 1000\n");
	store_close(&s);
}

static void a_newer_version_is_refused_and_left_as_it_is(void **state)
{
	const struct fixture *f = *state;
	struct store *s = open_store(f);
	size_t before_len, after_len;
	char *before, *after;

	store_begin(s);
	put_everything(s);
	commit(s);
	store_close(&s);
	set_version(f, STORE_SCHEMA_VERSION + 1);
	before = read_file(f->path, &before_len);
	refuse(f, ST_VERSION);
	after = read_file(f->path, &after_len);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, before_len);
	free(before);
	free(after);
	set_version(f, STORE_SCHEMA_VERSION);
	s = open_store(f);
	assert_loads(s, 10, everything);
	store_close(&s);
}

static void write_file(const struct fixture *f, long at, const char *bytes, size_t len)
{
	FILE *file = fopen(f->path, at < 0 ? "wb" : "r+b");

	assert_non_null(file);
	if (at > 0)
		assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static void what_is_no_database_is_refused_and_left_as_it_is(void **state)
{
	static const char text[] =
		"Dear diary, this is certainly no database of anybody's.";
	const struct fixture *f = *state;
	char garbage[8192];
	size_t len;
	char *after;

	write_file(f, -1, text, sizeof text);
	refuse(f, ST_DAMAGED);
	after = read_file(f->path, &len);
	assert_int_equal(len, sizeof text);
	assert_memory_equal(after, text, sizeof text);
	free(after);

	memset(garbage, 0x5a, sizeof garbage);
	write_file(f, -1, garbage, sizeof garbage);
	refuse(f, ST_DAMAGED);
}

static void a_damaged_file_is_refused(void **state)
{
	const struct fixture *f = *state;
	char garbage[4096];
	struct store *s;

	memset(garbage, 0xee, sizeof garbage);
	/* Each page in turn, the file being made anew. */
	for (long page = 1; page <= 6; page++) {
		static struct trace t;

		unlink(f->path);
		s = open_store(f);
		store_begin(s);
		put_everything(s);
		commit(s);
		store_close(&s);
		write_file(f, page * 4096, garbage, sizeof garbage);
		if (store_open(f->path, STORE_NORMAL, &secret, &s) == ST_OK) {
			fail_msg("page %ld", page);
			assert_int_equal(load(s, 10, &t), ST_DAMAGED);
			store_close(&s);
		}
	}
}

static void a_file_that_was_cut_is_refused(void **state)
{
	const struct fixture *f = *state;
	struct store *s = open_store(f);

	store_begin(s);
	put_everything(s);
	commit(s);
	store_close(&s);
	assert_int_equal(truncate(f->path, 3 * 4096), 0);
	refuse(f, ST_DAMAGED);
}

static void rows_out_of_range_are_damage_and_not_a_crash(void **state)
{
	static const char *const changes[] = {
		"UPDATE posts SET event = 9",
		"UPDATE posts SET event = -1",
		"UPDATE posts SET name = ''",
		"UPDATE posts SET text = ''",
		"UPDATE posts SET name = hex(zeroblob(100))",
		"UPDATE posts SET text = hex(zeroblob(40000))",
		"UPDATE posts SET id = hex(zeroblob(40))",
		"UPDATE posts SET people = 4294967296",
		"UPDATE posts SET name = x'61ff'",
		"UPDATE posts SET text = x'61ff'",
		"UPDATE posts SET id = x'61ff'",
		"UPDATE posts SET event = 3",
		"UPDATE gateways SET id = 0",
		"UPDATE clients SET number = 0",
		"UPDATE logins SET client = 0, gateway = 7",
		"UPDATE letters SET id = 0",
		"UPDATE logins SET mail = 99",
		"UPDATE logins SET name = x'61ff'",
		"UPDATE logins SET name = ''",
		"UPDATE letters SET reference = ''",
		"UPDATE trail SET reference = x'61ff'",
		"UPDATE logins SET name = hex(zeroblob(100))",
		"UPDATE logins SET reference = 'K7Q-2MXX'",
		"UPDATE trail SET kind = 256",
		"UPDATE bans SET kind = 0",
		"UPDATE bans SET kind = 6",
		"UPDATE bans SET kind = -1",
		"UPDATE bans SET id = 0",
		"UPDATE trail SET times = 0",
		"UPDATE trail SET state = 7",
		"UPDATE trail SET code = 1000",
		"UPDATE trail SET reference = 'K7Q-2MXX'",
	};
	const struct fixture *f = *state;
	static struct trace t;
	struct store *s;

	for (size_t i = 0; i < NELEMS(changes); i++) {
		unlink(f->path);
		s = open_store(f);
		store_begin(s);
		put_everything(s);
		commit(s);
		store_close(&s);
		sql(f, changes[i]);
		s = open_store(f);
		if (load(s, 10, &t) != ST_DAMAGED)
			fail_msg("taken: %s", changes[i]);
		store_close(&s);
	}
}

static void hashes_and_seals_of_wrong_size_fit_nothing(void **state)
{
	static const char *const changes[] = {
		"UPDATE sessions SET token = x'01'",
		"UPDATE logins SET ticket = x''",
		"UPDATE letters SET sealed = x''",
		"UPDATE letters SET sealed = zeroblob(39)",
		"UPDATE letters SET sealed = zeroblob(40)",
		"UPDATE letters SET sealed = zeroblob(10000)",
		"UPDATE gateways SET reply = x''",
		"UPDATE gateways SET reply = zeroblob(40)",
		"UPDATE gateways SET reply = zeroblob(1000)",
		"UPDATE logins SET sealed = x''",
		"UPDATE logins SET sealed = zeroblob(10000)",
		"UPDATE trail SET sealed = zeroblob(39)",
		"UPDATE trail SET sealed = zeroblob(10000)",
		"UPDATE proofs SET token = x'01'",
		"UPDATE bans SET sealed = x''",
		"UPDATE bans SET sealed = zeroblob(10000)",
		"UPDATE tallies SET key = x''",
	};
	const struct fixture *f = *state;
	static struct trace t;
	struct store *s = open_store(f);

	store_begin(s);
	put_everything(s);
	commit(s);
	store_close(&s);
	for (size_t i = 0; i < NELEMS(changes); i++) {
		sql(f, changes[i]);
		s = open_store(f);
		assert_int_equal(load(s, 10, &t), ST_OK);
		store_close(&s);
	}
	assert_non_null(strstr(t.text, "session 0 "));
	assert_null(strstr(t.text, "letter "));
	assert_null(strstr(t.text, "\ngateway "));
}

static void a_file_in_use_is_refused_at_once(void **state)
{
	const struct fixture *f = *state;
	struct store *s = open_store(f);

	refuse(f, ST_BUSY);
	store_begin(s);
	put_everything(s);
	commit(s);
	refuse(f, ST_BUSY);
	store_close(&s);
	s = open_store(f);
	assert_loads(s, 10, everything);
	store_close(&s);
}

static void a_file_that_another_program_reads_is_not_spoilt(void **state)
{
	const struct fixture *f = *state;
	struct store *s = open_store(f);
	sqlite3 *db;

	store_close(&s);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT * FROM names", NULL, NULL, NULL),
			 SQLITE_OK);
	refuse(f, ST_BUSY);
	sqlite3_close(db);
	s = open_store(f);
	store_close(&s);
}

/* Root may write everything; so somebody else tries. */
static void a_file_that_may_not_be_written_is_refused(void **state)
{
	enum { SOMEBODY = 65534 };
	const struct fixture *f = *state;
	bool is_root = geteuid() == 0;
	struct store *s = open_store(f);

	store_begin(s);
	put_everything(s);
	commit(s);
	store_close(&s);
	for (int round = 0; round < 2; round++) {
		enum status st;

		if (round == 1) { /* an empty one, too */
			unlink(f->path);
			write_file(f, -1, "", 0);
		}
		assert_int_equal(chmod(f->path, 0444), 0);
		assert_int_equal(chmod(f->dir, is_root ? 0777 : 0755), 0);
		if (is_root)
			assert_int_equal(seteuid(SOMEBODY), 0);
		st = store_open(f->path, STORE_NORMAL, &secret, &s);
		if (is_root)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(st, ST_DENIED);
		assert_null(s);
	}
}

static void a_place_that_is_not_there_is_refused(void **state)
{
	struct fixture *f = *state, gone = *f;

	assert_true(fmt(gone.path, sizeof gone.path, "%s/no/such.db", f->dir));
	refuse(&gone, ST_IO);
	assert_true(fmt(gone.path, sizeof gone.path, "%s", f->dir)); /* a directory */
	refuse(&gone, ST_IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_comes_back_from_the_file),
		TEST(a_new_file_holds_nothing),
		TEST(what_is_dropped_does_not_come_back),
		TEST(a_second_put_replaces_the_first),
		TEST(only_the_newest_posts_are_read),
		TEST(texts_of_any_bytes_and_size_come_back),
		TEST(what_was_not_committed_is_forgotten),
		TEST(an_error_undoes_the_whole_transaction),
		TEST(the_log_of_a_large_transaction_does_not_stay),
		TEST(a_store_that_forgets_takes_everything),
		TEST(no_code_address_or_token_can_be_read_in_the_file),
		TEST(what_was_dropped_is_not_in_the_file_any_more),
		TEST(letters_and_answers_of_another_secret_are_left_out),
		TEST(a_database_of_somebody_else_is_refused_and_left_as_it_is),
		TEST(an_older_version_is_copied_and_upgraded),
		TEST(a_newer_version_is_refused_and_left_as_it_is),
		TEST(what_is_no_database_is_refused_and_left_as_it_is),
		TEST(a_damaged_file_is_refused),
		TEST(a_file_that_was_cut_is_refused),
		TEST(rows_out_of_range_are_damage_and_not_a_crash),
		TEST(hashes_and_seals_of_wrong_size_fit_nothing),
		TEST(a_file_in_use_is_refused_at_once),
		TEST(a_file_that_another_program_reads_is_not_spoilt),
		TEST(a_file_that_may_not_be_written_is_refused),
		TEST(a_place_that_is_not_there_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
