/* Whoever gives a code learns nothing from the work it makes: SECURITY C9.  The linker puts the functions
 * below (--wrap) between the entrance and what it calls, so that the work is counted, not timed. */
#include "broker/entrance.h"
#include "broker/logins.h"

#include "tests/unit/broker/world.h"

#define ANN "ann@a.example"

struct work {
	int codes_hashed, tries, comparisons;
};

static struct work done;

struct secret_hash __real_secret_hash(const struct secret *s, const char *domain,
				      struct slice text);
struct secret_hash __wrap_secret_hash(const struct secret *s, const char *domain,
				      struct slice text);
enum login_try __real_logins_try(struct login *login, const struct secret_hash *code);
enum login_try __wrap_logins_try(struct login *login, const struct secret_hash *code);
int __real_sodium_memcmp(const void *a, const void *b, size_t len);
int __wrap_sodium_memcmp(const void *a, const void *b, size_t len);

struct secret_hash __wrap_secret_hash(const struct secret *s, const char *domain,
				      struct slice text)
{
	done.codes_hashed += strcmp(domain, "code") == 0;
	return __real_secret_hash(s, domain, text);
}

/* Counts what is compared in constant time while a code is tried. */
enum login_try __wrap_logins_try(struct login *login, const struct secret_hash *code)
{
	int before = done.comparisons;
	enum login_try outcome = __real_logins_try(login, code);

	done.tries++;
	assert_int_equal(done.comparisons - before, 2);
	return outcome;
}

int __wrap_sodium_memcmp(const void *a, const void *b, size_t len)
{
	assert_int_equal(len, SECRET_HASH_SIZE);
	done.comparisons++;
	return __real_sodium_memcmp(a, b, len);
}

/* One code hashed, one try of two comparisons, and out. */
static void assert_same_work(struct world *w, const char *ticket, const char *code,
			     enum reason reason)
{
	const struct bus_msg *told;

	done = (struct work){0};
	world_auth(w, w->g, 1, ticket, code);
	assert_int_equal(done.codes_hashed, 1);
	assert_int_equal(done.tries, 1);
	told = world_only(w, w->g, BUS_AUTH_RESET);
	assert_int_equal(told->u.auth_reset.reason, reason);
}

/* Right but for one digit. */
static const char *wrong(struct world *w, size_t digit)
{
	world_copy(w->code2, sizeof w->code2, slice_of(w->code));
	w->code2[digit] = w->code2[digit] == '9' ? '0' : (char)(w->code2[digit] + 1);
	return w->code2;
}

static void c9_every_refusal_is_the_same_work(void **state)
{
	struct world *w = *state;

	world_ask(w, w->g, 1, "ann", ANN);
	assert_same_work(w, "a ticket of nobody", w->code, REASON_LOGIN_OVER);
	assert_same_work(w, "", "", REASON_LOGIN_OVER);
	assert_same_work(w, w->ticket, wrong(w, 0), REASON_WRONG_CODE);
	assert_same_work(w, w->ticket, wrong(w, 7), REASON_WRONG_CODE);
	assert_same_work(w, w->ticket, "", REASON_WRONG_CODE);
	assert_same_work(w, w->ticket, "no code at all", REASON_WRONG_CODE);
	assert_same_work(w, w->ticket, wrong(w, 1), REASON_WRONG_CODE); /* the last */
	assert_same_work(w, w->ticket, wrong(w, 1), REASON_WRONG_CODE); /* dead */
	assert_same_work(w, w->ticket, w->code, REASON_WRONG_CODE);     /* and right */
}

static void c9_a_locked_address_is_the_same_work(void **state)
{
	struct world *w = *state;

	w->entrance_options.tries_per_address = 1;
	world_end(w);
	world_begin(w);
	world_add_gateways(w);
	world_ask(w, w->g, 1, "ann", ANN);
	assert_same_work(w, w->ticket, wrong(w, 0), REASON_WRONG_CODE);
	assert_same_work(w, w->ticket, wrong(w, 0), REASON_WRONG_CODE);
	assert_same_work(w, w->ticket, w->code, REASON_WRONG_CODE);
}

static void c9_a_difference_is_found_wherever_it_is(void **state)
{
	struct world *w = *state;
	struct secret_hash a = secret_hash(&w->secret, "code", S("12345678")), b;

	for (size_t i = 0; i < 8 * sizeof a.bytes; i++) {
		b = a;
		b.bytes[i / 8] ^= (unsigned char)(1 << i % 8);
		done = (struct work){0};
		assert_false(secret_hash_equal(&a, &b));
		assert_int_equal(done.comparisons, 1);
	}
	b = a;
	assert_true(secret_hash_equal(&a, &b));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(c9_every_refusal_is_the_same_work),
		TEST(c9_a_locked_address_is_the_same_work),
		TEST(c9_a_difference_is_found_wherever_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
