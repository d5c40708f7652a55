/* A day of people who come and go, with a clock of the test's own: whatever the broker keeps, it has no
 * more of it at the end of the day than in its second hour.
 *
 *   test_churn [HOURS]     without an argument fewer hours, for every run of the tests */
#include <malloc.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/entrance_private.h"
#include "world.h"

enum { PEOPLE = 3000, GATEWAYS = 4, SECOND = 1000, SHORT_HOURS = 4, INDEX_BITS = 12 };

struct person {
	char ticket[64], token[64], code[16];
	uint64_t client; /* the newest of theirs; 0: none */
	unsigned gateway, name;
	bool is_in;
};

/* What is counted; bytes are those of malloc and of the journal. */
struct census {
	size_t names, sessions, logins, letters, proofs, trail, wrong, people, roster,
		clients, gateways, posts, bans, bytes, file;
};

struct churn {
	struct world *w;
	struct gateway *gateways[GATEWAYS];
	struct person people[PEOPLE];
	uint64_t serial, next_gateway, next_post;
	char path[64];
	bool is_admitted; /* was anybody, ever? */
};

static uint32_t chance(struct churn *c, uint32_t bound)
{
	return world_below(c->w, bound);
}

/* -- what gateways are told -- */

static void copy(char *out, size_t cap, struct slice s)
{
	if (s.len > 0)
		world_copy(out, cap, s);
}

static struct person *person_of(struct churn *c, uint64_t client)
{
	return &c->people[client & ((1u << INDEX_BITS) - 1)];
}

static void hear_one(struct churn *c, const struct bus_msg *m)
{
	struct person *p;

	switch (m->kind) {
	case BUS_WAITING:
		p = person_of(c, m->u.waiting.client);
		copy(p->ticket, sizeof p->ticket, m->u.waiting.ticket);
		break;
	case BUS_ADMITTED:
		p = person_of(c, m->u.admitted.client);
		copy(p->token, sizeof p->token, m->u.admitted.token);
		p->is_in = p->client == m->u.admitted.client;
		c->is_admitted = true;
		break;
	case BUS_DISMISS:
		p = person_of(c, m->u.dismiss.client);
		p->is_in = p->client == m->u.dismiss.client ? false : p->is_in;
		break;
	default:
		break;
	}
}

static void hear(struct churn *c)
{
	for (unsigned i = 0; i < GATEWAYS; i++) {
		while (bus_queue_count(c->gateways[i]->out) > 0) {
			world_hear(c->w, c->gateways[i]);
			for (size_t n = 0; n < c->w->n; n++)
				hear_one(c, &c->w->told[n]);
		}
	}
	while (bus_queue_count(c->w->room->events) > 0)
		world_events(c->w);
}

/* -- what people, gateways, mailers and operators do -- */

static struct gateway *at(struct churn *c, const struct person *p)
{
	return c->gateways[p->gateway];
}

static struct person *anybody(struct churn *c)
{
	return &c->people[chance(c, PEOPLE)];
}

static void leave(struct churn *c, struct person *p)
{
	if (p->client != 0)
		entrance_gone(c->w->entrance, at(c, p), p->client, c->w->t);
	p->client = 0;
	p->is_in = false;
}

static void connect(struct churn *c, struct person *p)
{
	leave(c, p);
	p->gateway = chance(c, GATEWAYS);
	p->client = ++c->serial << INDEX_BITS | (uint64_t)(p - c->people);
}

static void ask_for_a_code(struct churn *c)
{
	struct person *p = anybody(c);
	char name[32], email[64], network[32];
	struct bus_hello m;

	connect(c, p);
	if (chance(c, 4) == 0)
		p->name = chance(c, 5);
	assert_true(fmt(name, sizeof name, "n%u.%u", (unsigned)(p - c->people), p->name));
	assert_true(
		fmt(email, sizeof email, "u%u@churn.example", (unsigned)(p - c->people)));
	assert_true(fmt(network, sizeof network, "192.0.%u.%u", chance(c, 4),
			chance(c, 200)));
	m = (struct bus_hello){p->client, slice_of(name), slice_of(email),
			       slice_of(network), S("")};
	entrance_hello(c->w->entrance, at(c, p), &m, c->w->t);
}

/* Right ones, wrong ones, and codes that were used. */
static void give_a_code(struct churn *c)
{
	struct person *p = anybody(c);
	bool is_right = chance(c, 6) > 0;
	struct bus_auth m = {.client = p->client,
			     .ticket = slice_of(p->ticket),
			     .code = is_right ? slice_of(p->code) : S("00000000"),
			     .current = chance(c, 3) > 0,
			     .claim = S("a-claim"),
			     .address = S("192.0.2.7")};

	if (p->client == 0 || p->ticket[0] == '\0')
		return;
	entrance_auth(c->w->entrance, at(c, p), &m, c->w->t);
}

static void come_back(struct churn *c)
{
	struct person *p = anybody(c);

	if (p->token[0] == '\0')
		return;
	if (chance(c, 2) == 0)
		connect(c, p);
	else /* one more tab, that nobody closes */
		p->client = ++c->serial << INDEX_BITS | (uint64_t)(p - c->people);
	memcpy(c->w->token, p->token, sizeof p->token);
	world_resume(c->w, at(c, p), p->client, p->token, 0);
}

static void go(struct churn *c)
{
	leave(c, anybody(c));
}

static void say(struct churn *c)
{
	static char text[2000];
	struct person *p = anybody(c);
	char id[32];
	struct bus_say m = {.client = p->client};

	if (!p->is_in)
		return;
	memset(text, 'x', sizeof text);
	assert_true(fmt(id, sizeof id, "p%llu", (unsigned long long)++c->next_post));
	m.id = slice_of(id);
	m.text = (struct slice){text, 1 + chance(c, sizeof text)};
	entrance_used(c->w->entrance, at(c, p), p->client, c->w->t);
	room_say(c->w->room, at(c, p), &m, c->w->t);
}

static void write_and_look(struct churn *c)
{
	struct person *p = anybody(c);
	struct bus_types types = {.client = p->client};
	struct bus_who who = {.client = p->client};

	if (!p->is_in)
		return;
	room_types(c->w->room, at(c, p), &types, c->w->t);
	room_who(c->w->room, at(c, p), &who);
}

static void sign_out(struct churn *c)
{
	struct person *p = anybody(c);
	struct bus_sign_out m = {.client = p->client, .everywhere = chance(c, 2) == 0};

	if (!p->is_in)
		return;
	entrance_sign_out(c->w->entrance, at(c, p), &m, c->w->t);
	p->token[0] = '\0';
}

static void take_row(void *ctx, const struct trail_row *row)
{
	*(uint64_t *)ctx = row->number;
}

/* One of three mailers takes a letter and says what became of it, or does not. */
static void mail(struct churn *c)
{
	static const enum mail_state states[] = {MAIL_SENT,  MAIL_SENT,    MAIL_SENT,
						 MAIL_SENT,  MAIL_REFUSED, MAIL_DEFERRED,
						 MAIL_QUEUED};
	struct bus_take take = {.mailer = 1 + chance(c, 3),
				.wait_ms = 5000,
				.sender = S("room@plume.example"),
				.subject = S("Your code"),
				.room = c->w->room->epoch,
				.kept = 1};
	struct bus_letter letter = {.letter = 0};
	struct bus_report report = {.mailer = take.mailer, .state = MAIL_TAKEN};
	uint64_t newest = 0;
	unsigned index = 0;

	entrance_hear_mailer(c->w->entrance, &take, c->w->t);
	(void)entrance_give_trail(c->w->entrance, &take, c->w->t, take_row, &newest);
	take.kept = newest + 1;
	entrance_hear_mailer(c->w->entrance, &take, c->w->t);
	if (!entrance_take_letter(c->w->entrance, &take, c->w->t, &letter))
		return;
	report.letter = letter.letter;
	index = (unsigned)strtoul(letter.email.ptr + 1, NULL, 10) % PEOPLE;
	copy(c->people[index].code, sizeof c->people[index].code, letter.code);
	if (chance(c, 8) == 0)
		return; /* it was killed */
	(void)entrance_report(c->w->entrance, &report, c->w->t);
	report.state = states[chance(c, NELEMS(states))];
	report.attempt = 1;
	(void)entrance_report(c->w->entrance, &report, c->w->t);
}

/* It says goodbye, or is never heard again; another one comes in its place. */
static void restart_a_gateway(struct churn *c)
{
	unsigned i = chance(c, GATEWAYS);

	if (chance(c, 2) == 0)
		room_gateway_gone(c->w->room, c->gateways[i], c->w->t);
	c->gateways[i] =
		gateways_add(c->w->room->gateways, ++c->next_gateway, c->w->t.now_ms);
	assert_non_null(c->gateways[i]);
	for (unsigned n = 0; n < PEOPLE; n++) {
		if (c->people[n].gateway == i)
			c->people[n].client = c->people[n].is_in = 0;
	}
}

static void operate(struct churn *c)
{
	unsigned index = chance(c, PEOPLE);
	enum status st;
	char name[32];

	assert_true(fmt(name, sizeof name, "n%u.%u", index, c->people[index].name));
	st = chance(c, 2) == 0
		     ? entrance_kick(c->w->entrance, slice_of(name), c->w->t)
		     : entrance_release(c->w->entrance, slice_of(name), c->w->t);
	assert_true(st == ST_OK || st == ST_ABSENT);
	entrance_operator_acted(c->w->entrance, S("an act"), c->w->t);
}

/* Of any kind, for up to twenty minutes; some are lifted before. */
static void ban(struct churn *c)
{
	unsigned index = chance(c, PEOPLE);
	struct ban_order o = {.kind = (enum ban_kind)(BAN_NAME + chance(c, 5)),
			      .for_ms = MINUTE + chance(c, 20) * MINUTE,
			      .reason = S("for a while")};
	enum status st;
	const char *why;
	char value[48];

	assert_true(o.kind == BAN_ADDRESS
			    ? fmt(value, sizeof value, "u%u@churn.example", index)
		    : o.kind == BAN_NETWORK ? fmt(value, sizeof value, "10.%u.%u.0/24",
						  index / 250, index % 250)
					    : fmt(value, sizeof value, "n%u.%u", index,
						  c->people[index].name));
	o.value = slice_of(value);
	st = chance(c, 4) == 0 ? entrance_unban(c->w->entrance, &o, c->w->t, &why)
			       : entrance_ban(c->w->entrance, &o, c->w->t, &why);
	assert_true(st == ST_OK || st == ST_ABSENT);
}

/* How often each of them happens in an hour. */
static const struct {
	void (*act)(struct churn *c);
	unsigned per_hour;
} acts[] = {
	{ask_for_a_code, 3000},
	{mail, 5000},
	{give_a_code, 6000},
	{come_back, 2000},
	{go, 2000},
	{say, 4000},
	{write_and_look, 500},
	{sign_out, 200},
	{operate, 60},
	{ban, 300},
	{restart_a_gateway, 6},
};

static void live_a_second(struct churn *c)
{
	store_begin(c->w->store);
	for (size_t i = 0; i < NELEMS(acts); i++) {
		for (unsigned n = acts[i].per_hour; n > 0; n -= n < 3600 ? n : 3600) {
			if (n >= 3600 || chance(c, 3600) < n)
				acts[i].act(c);
		}
	}
	for (unsigned i = 0; i < GATEWAYS; i++)
		room_gateway_heard(c->w->room, c->gateways[i], c->w->t);
	world_tick(c->w);
	assert_int_equal(store_commit(c->w->store), ST_OK);
	hear(c);
	world_pass(c->w, SECOND);
}

/* -- counting -- */

static size_t size_of(const char *path, const char *end)
{
	char name[80];
	struct stat st;

	assert_true(fmt(name, sizeof name, "%s%s", path, end));
	return stat(name, &st) == 0 ? (size_t)st.st_size : 0;
}

static struct census count(const struct churn *c)
{
	const struct room *r = c->w->room;
	const struct entrance *e = c->w->entrance;
	struct mallinfo2 memory = mallinfo2();

	return (struct census){names_count(r->names),
			       entrance_sessions(e),
			       entrance_logins(e),
			       entrance_letters(e),
			       proofs_count(e->proofs),
			       trail_count(e->trail),
			       tally_count(e->wrong_for_address) +
				       tally_count(e->wrong_of_proof),
			       presence_count(r->presence),
			       roster_count(r->roster),
			       gateways_clients(r->gateways),
			       gateways_count(r->gateways),
			       history_count(r->history),
			       bans_count(r->bans),
			       memory.uordblks + memory.hblkhd,
			       size_of(c->path, "") + size_of(c->path, "-wal")};
}

static void most(struct census *all, const struct census *now)
{
	for (size_t i = 0; i < sizeof *all / sizeof(size_t); i++) {
		size_t *a = (size_t *)all + i;
		const size_t *n = (const size_t *)now + i;

		*a = *n > *a ? *n : *a;
	}
}

static struct census live_an_hour(struct churn *c)
{
	struct census all = {0}, now;

	for (unsigned s = 0; s < 3600; s++) {
		live_a_second(c);
		if (s % 60 != 59)
			continue;
		now = count(c);
		most(&all, &now);
	}
	return all;
}

static void show(unsigned hour, const struct census *n)
{
	printf("hour %2u: %zu names %zu sessions %zu logins %zu letters %zu proofs %zu rows "
	       "%zu wrong %zu people (%zu listed) %zu clients %zu gateways %zu posts %zu bans, "
	       "%zu bytes, file %zu\n",
	       hour, n->names, n->sessions, n->logins, n->letters, n->proofs, n->trail,
	       n->wrong, n->people, n->roster, n->clients, n->gateways, n->posts, n->bans,
	       n->bytes, n->file);
}

/* A tenth of what there was, and a little: people are not the same in every hour. */
static void assert_no_more(const struct census *then, const struct census *now)
{
	const struct census slack = {50, 50, 50, 50, 50, 50,       50,       50,
				     50, 50, 2,  0,  50, 64 << 10, 256 << 10};

	for (size_t i = 0; i < sizeof *now / sizeof(size_t); i++) {
		size_t before = ((const size_t *)then)[i],
		       after = ((const size_t *)now)[i];

		assert_in_range(after, 0,
				before + before / 10 + ((const size_t *)&slack)[i]);
	}
}

static void begin(struct churn *c)
{
	struct world *w = c->w = world_new();
	int fd;

	assert_true(fmt(c->path, sizeof c->path, "/tmp/plume-churn-XXXXXX"));
	fd = mkstemp(c->path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(c->path), 0);
	assert_int_equal(store_open(c->path, STORE_NORMAL, &w->secret, &w->store), ST_OK);
	w->room_options.history = (struct history_bounds){.posts = 500, .bytes = 1 << 20};
	w->entrance_options =
		(struct entrance_options){.code_ttl_ms = 10 * MINUTE,
					  .code_tries = 5,
					  .tries_per_address = 10,
					  .mails = {MINUTE, 5, 0, 300, 500, 20, 3},
					  .session_ttl_ms = HOUR / 2,
					  .name_lease_ms = HOUR / 2,
					  .proof_ttl_ms = HOUR / 2,
					  .trail = {3000, HOUR / 2}};
	world_begin(w);
	for (unsigned i = 0; i < GATEWAYS; i++)
		c->gateways[i] =
			gateways_add(w->room->gateways, ++c->next_gateway, w->t.now_ms);
}

static void end(struct churn *c)
{
	static const char *const files[] = {"", "-wal", "-shm"};
	char name[80];

	world_end(c->w);
	store_close(&c->w->store);
	world_free(c->w);
	for (size_t i = 0; i < NELEMS(files); i++) {
		assert_true(fmt(name, sizeof name, "%s%s", c->path, files[i]));
		(void)unlink(name);
	}
}

static unsigned hours = SHORT_HOURS;

static void a_day_leaves_nothing_behind(void **state)
{
	struct churn *c = xcalloc(1, sizeof *c);
	struct census second = {0}, now = {0};

	(void)state;
	begin(c);
	for (unsigned hour = 1; hour <= hours; hour++) {
		now = live_an_hour(c);
		show(hour, &now);
		if (hour == 2)
			second = now;
	}
	assert_true(c->is_admitted);
	assert_no_more(&second, &now);
	assert_true(second.names > 100 && second.sessions > 100 && second.wrong > 10);
	end(c);
	free(c);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_leaves_nothing_behind),
	};

	if (argc > 1)
		hours = (unsigned)strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
