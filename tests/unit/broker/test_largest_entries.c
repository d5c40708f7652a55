/* What one entry of each table of the broker weighs, at its largest: docs/OPERATIONS.md, "Memory", multiplies
 * these figures by the bounds. */
#include <malloc.h>
#include <stdio.h>

#include "broker/entrance_private.h"
#include "world.h"

enum { ENTRIES = 20000 };

static size_t used(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static struct secret_hash hash_of(uint64_t n)
{
	struct secret_hash h = {{0}};

	memcpy(h.bytes, &n, sizeof n);
	return h;
}

static void add_name(struct world *w, uint64_t n)
{
	struct secret_hash owner = hash_of(n);
	struct name_keys keys;
	char name[NAME_MAX_BYTES + 1];

	/* Keys are as long as they may be, whatever ICU would make of the name. */
	memset(name, 'x', sizeof name);
	memset(&keys, 'k', sizeof keys);
	for (size_t i = 0; i < NAME_KEYS; i++) {
		assert_true(fmt(keys.key[i], 24, "%zu-%llu-", i, (unsigned long long)n));
		keys.key[i][strlen(keys.key[i])] = 'k';
		keys.key[i][NAME_KEY_SIZE - 1] = '\0';
	}
	names_claim(w->room->names, 0, (struct slice){name, NAME_MAX_BYTES}, &keys,
		    &owner);
}

static void add_session(struct world *w, uint64_t n)
{
	struct session s = {.token = hash_of(n), .person = 1000, .used_ms = 1};

	sessions_add(w->entrance->sessions, &s, NULL, NULL);
}

static void add_login(struct world *w, uint64_t n)
{
	struct secret_hash ticket = hash_of(n);
	struct login *l = logins_add(w->entrance->logins, &ticket, 1);

	logins_set_client(w->entrance->logins, l, 7, n + 1);
}

static void add_letter(struct world *w, uint64_t n)
{
	struct letter l = {.id = n + 1, .expires_ms = UINT64_MAX};

	assert_true(mail_desk_add(w->entrance->desk, &l));
}

static void add_proof(struct world *w, uint64_t n)
{
	struct proof p = {hash_of(n), hash_of(n), 1};

	proofs_restore(w->entrance->proofs, &p);
}

/* Of a limit of 15 a day. */
static void add_tally(struct world *w, uint64_t n)
{
	static const struct tally_rule rules[TALLY_RULES] = {{15, 24ull * 3600000}};
	struct secret_hash key = hash_of(n);

	tally_set_rules(w->entrance->wrong_of_proof, rules);
	for (uint64_t i = 0; i < 16; i++)
		tally_add(w->entrance->wrong_of_proof, &key, 1000 + i, 1000 + i);
}

static void add_row(struct world *w, uint64_t n)
{
	struct trail_row row = {.kind = TRAIL_ASKED};

	(void)n;
	trail_add(w->entrance->trail, &row, NULL, w->t.wall_ms);
}

static void add_client(struct world *w, uint64_t n)
{
	struct client c = {.number = n + 1, .person = 1000};

	gateway_add_client(w->g, &c);
	presence_attach(w->room->presence, 1000);
}

static void add_person(struct world *w, uint64_t n)
{
	char name[NAME_MAX_BYTES + 1];

	memset(name, 'x', sizeof name);
	presence_attach(w->room->presence, 1000 + n);
	roster_add(w->room->roster, (struct slice){name, NAME_MAX_BYTES}, 1000 + n);
}

static const struct {
	const char *what;
	void (*add)(struct world *w, uint64_t n);
	size_t most; /* bytes, as the document says */
} tables[] = {
	{"name", add_name, 1200},
	{"session", add_session, 130},
	{"login", add_login, 850},
	{"letter", add_letter, 680},
	{"proof", add_proof, 300},
	{"tally", add_tally, 400},
	{"row of the record", add_row, 700},
	{"connection", add_client, 150},
	{"person here", add_person, 270},
};

static void an_entry_weighs_no_more_than_the_document_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < NELEMS(tables); i++) {
		struct world *w = world_new();
		size_t before, each;

		w->entrance_options.trail.rows = ENTRIES;
		world_begin(w);
		world_add_gateways(w);
		before = used();
		for (uint64_t n = 0; n < ENTRIES; n++)
			tables[i].add(w, n);
		each = (used() - before) / ENTRIES;
		printf("%s: %zu bytes\n", tables[i].what, each);
		assert_in_range(each, 0, tables[i].most);
		world_end(w);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_weighs_no_more_than_the_document_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
