/* What people and posts weigh: bytes that the broker asks of malloc, counted, not timed.  The linker puts
 * the functions below (--wrap) between our code and the C library. */
#include <malloc.h>

#include "broker/proofs.h"
#include "broker/tally.h"
#include "broker/trail.h"
#include "common/attr.h"
#include "tests/unit/broker/world.h"

enum { MALLOC_HEAD = 8 }; /* of glibc, for each block */

static size_t allocated;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void __real_free(void *p);
void __wrap_free(void *p);

static size_t weight_of(void *p)
{
	return p == NULL ? 0 : malloc_usable_size(p) + MALLOC_HEAD;
}

static void *counted(void *p)
{
	allocated += weight_of(p);
	return p;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return counted(__real_calloc(n, size));
}

void *__wrap_malloc(size_t size)
{
	return counted(__real_malloc(size));
}

void *__wrap_realloc(void *p, size_t size)
{
	allocated -= weight_of(p);
	return counted(__real_realloc(p, size));
}

void __wrap_free(void *p)
{
	allocated -= weight_of(p);
	__real_free(p);
}

/* -- one person more in each table -- */

static struct secret_hash hash_of(struct world *w, const char *domain, size_t i)
{
	char text[24];

	assert_true(fmt(text, sizeof text, "%zu", i));
	return secret_hash(&w->secret, domain, slice_of(text));
}

static void claim(struct world *w, size_t i)
{
	struct secret_hash owner = hash_of(w, "address", i);
	struct name_keys keys;
	char name[24];

	assert_true(fmt(name, sizeof name, "person%zu", i));
	assert_int_equal(name_keys_of(w->keyer, slice_of(name), &keys), ST_OK);
	names_claim(w->room->names, NAMES_FIRST_ID + i, slice_of(name), &keys, &owner);
}

static void begin_session(struct world *w, size_t i)
{
	struct session s = {hash_of(w, "session", i), NAMES_FIRST_ID + i, w->t.wall_ms};

	entrance_load_session(w->entrance, &s);
}

static void connect(struct world *w, size_t i)
{
	struct client c = {.number = i + 1,
			   .person = NAMES_FIRST_ID + i,
			   .session = hash_of(w, "session", i)};

	gateway_add_client(w->g, &c);
}

static void be_present(struct world *w, size_t i)
{
	presence_attach(w->room->presence, NAMES_FIRST_ID + i);
}

static void be_listed(struct world *w, size_t i)
{
	char name[24];

	assert_true(fmt(name, sizeof name, "person%zu", i));
	roster_add(w->room->roster, slice_of(name), NAMES_FIRST_ID + i);
}

static void prove(struct world *w, size_t i)
{
	struct proof p = {hash_of(w, "proof", i), hash_of(w, "address", i), w->t.wall_ms};

	entrance_load_proof(w->entrance, &p);
}

static void be_mailed(struct world *w, size_t i)
{
	struct secret_hash key = hash_of(w, "budget", i);

	entrance_load_tally(w->entrance, TALLY_MAILS_TO_ADDRESS, &key, w->t.wall_ms,
			    w->t);
}

static void ask_for_a_code(struct world *w, size_t i)
{
	struct login login = {.ticket = hash_of(w, "ticket", i),
			      .expires_ms = UINT64_MAX,
			      .gateway = 7,
			      .client = i + 1,
			      .email = "somebody@mail.example"};
	char name[24];

	assert_true(fmt(name, sizeof name, "person%zu", i));
	login.name = name;
	entrance_load_login(w->entrance, &login, UINT64_MAX, w->t);
}

/* Bytes of a client at most: a person with a name, a session and a connection of their own. */
enum { CLIENT_MOST = 400 };

static const struct {
	const char *what;
	void (*add)(struct world *w, size_t i);
	size_t most;    /* bytes of one */
	bool is_client; /* else it is what a login leaves behind */
} parts[] = {
	{"name", claim, 160, true},
	{"session", begin_session, 70, true},
	{"connection", connect, 80, true},
	{"presence", be_present, 54, true},
	{"place in the list", be_listed, 48, true},
	{"proof", prove, 112, false},
	{"counted mail", be_mailed, 104, false},
	{"login", ask_for_a_code, 420, false},
};

static void weigh_people(struct world *w, size_t people)
{
	size_t client = 0;

	for (size_t i = 0; i < NELEMS(parts); i++) {
		size_t before = allocated, bytes;

		for (size_t person = 0; person < people; person++)
			parts[i].add(w, person);
		bytes = (allocated - before) / people;
		print_message("%zu people: a %s takes %zu bytes\n", people, parts[i].what,
			      bytes);
		assert_in_range(bytes, 1, parts[i].most);
		client += parts[i].is_client ? bytes : 0;
	}
	assert_in_range(client, 1, CLIENT_MOST);
}

static void a_client_takes_400_bytes_at_most(void **state)
{
	weigh_people(*state, 5000);
}

static void and_of_three_times_as_many(void **state)
{
	weigh_people(*state, 15000);
}

/* -- the history -- */

/* Its post as it goes over the bus. */
static size_t raw_size(struct bus_writer *w, const struct history_post *p)
{
	struct bus_msg m = {.kind = BUS_POST,
			    .u.post = {.seq = p->seq,
				       .time_ms = p->time_ms,
				       .event = p->event,
				       .name = p->name,
				       .text = p->text,
				       .id = p->id,
				       .mark = S("abcdefgh")}};

	bus_writer_clear(w);
	bus_writer_add(w, &m);
	return bus_writer_size(w);
}

/* Texts of least to most bytes; every other id is as the page makes them, the others are short. */
static void weigh_posts(size_t n, size_t least, size_t most)
{
	static const char text[] =
		"In this room everybody hears what anybody says, all in one order and once, "
		"and who comes back finds what was said meanwhile.";
	size_t before = allocated, bytes, raw = 0;
	struct bus_writer *w = bus_writer_new();
	struct history *h = history_new(&(struct history_bounds){.posts = n});

	for (size_t i = 0; i < n; i++) {
		struct history_post p = {.seq = i + 1,
					 .time_ms = UINT64_C(1700000000000) + 1000 * i,
					 .event = POST_TEXT,
					 .person = NAMES_FIRST_ID + i % 5000,
					 .text = {text, least + i % (most - least + 1)}};
		char name[24], id[48];

		assert_true(fmt(name, sizeof name, "person%zu", i % 5000));
		assert_true(i % 2 == 0 ? fmt(id, sizeof id, "%020zu-%020zu", i, n)
				       : fmt(id, sizeof id, "%06zx-%zx", n, i));
		p.name = slice_of(name);
		p.id = slice_of(id);
		history_add(h, &p);
		raw += raw_size(w, &p);
	}
	bus_writer_free(&w);
	bytes = allocated - before;
	print_message("%zu posts of %zu to %zu bytes: %zu bytes each, raw %zu\n", n,
		      least, most, bytes / n, raw / n);
	assert_in_range(2 * bytes, raw, 3 * raw); /* 1.5 times at most */
	history_free(&h);
	assert_int_equal(allocated, before);
}

static void history_takes_half_more_than_its_posts_at_most(void **state)
{
	(void)state;
	weigh_posts(100000, 64, 113);
	weigh_posts(10000, 64, 113);
}

static void of_short_posts_too(void **state)
{
	(void)state;
	weigh_posts(100000, 10, 10);
	weigh_posts(10000, 1, 20);
}

/* -- the record -- */

static void a_row_of_the_trail_takes_what_its_texts_take(void **state)
{
	enum { ROWS = 10000 };
	struct trail *t = trail_new(&(struct trail_options){.rows = ROWS}, NULL);
	struct trail_row row = {.kind = TRAIL_CODE_RIGHT,
				.login = 1,
				.reference = "K7Q-2MX",
				.email = "somebody@mail.example",
				.network = "192.0.2.0/24",
				.detail = ""};
	size_t before = allocated;

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		trail_add(t, &row, NULL, 1);
	assert_in_range((allocated - before) / ROWS, 100, 192);
	trail_free(&t);
}

static int setup(void **state)
{
	struct world *w = world_new();

	w->entrance_options.mails.per_address_day = 15; /* else mails are not counted */
	world_begin(w);
	world_add_gateways(w);
	*state = w;
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_client_takes_400_bytes_at_most),
		TEST(and_of_three_times_as_many),
		cmocka_unit_test(history_takes_half_more_than_its_posts_at_most),
		cmocka_unit_test(of_short_posts_too),
		cmocka_unit_test(a_row_of_the_trail_takes_what_its_texts_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
