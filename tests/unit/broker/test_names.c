/* Claims: one address each, by every key, up to a bound. */
#include "broker/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"

struct fixture {
	struct name_keyer *keyer;
	struct names *names;
};

static const struct secret_hash ann = {{1}}, eve = {{2}}, nobody = {{0}};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	if (name_keyer_new(&f->keyer) != ST_OK)
		return -1;
	f->names = names_new(f->keyer);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	names_free(&f->names);
	assert_null(f->names);
	name_keyer_free(&f->keyer);
	free(f);
	return 0;
}

static enum names_answer ask(const struct fixture *f, const char *name,
			     const struct secret_hash *owner, struct name_claim **own)
{
	struct name_keys keys;

	assert_int_equal(name_keys_of(f->keyer, slice_of(name), &keys), ST_OK);
	return names_ask(f->names, &keys, owner, own);
}

static struct name_claim *claim(struct fixture *f, const char *name,
				const struct secret_hash *owner)
{
	struct name_keys keys;
	struct name_claim *own;

	assert_int_equal(ask(f, name, owner, &own), NAMES_FREE);
	assert_null(own);
	assert_int_equal(name_keys_of(f->keyer, slice_of(name), &keys), ST_OK);
	return names_claim(f->names, 0, slice_of(name), &keys, owner);
}

static void a_name_taken_by_another_address_may_not_be_used(void **state)
{
	struct name_claim *own, *c = claim(*state, "linus", &ann);

	assert_int_equal(ask(*state, "linus", &eve, &own), NAMES_TAKEN);
	assert_null(own);
	assert_int_equal(ask(*state, "LINUS", &eve, &own), NAMES_TAKEN);
	assert_int_equal(ask(*state, "Iinus", &eve, &own), NAMES_TAKEN);
	assert_int_equal(ask(*state, "1inus", &eve, &own), NAMES_TAKEN);
	assert_int_equal(ask(*state, "linus", &ann, &own), NAMES_OWN);
	assert_ptr_equal(own, c);
	assert_int_equal(ask(*state, "Iinus", &ann, &own), NAMES_OWN);
	assert_ptr_equal(own, c);
	assert_string_equal(c->name, "linus");
}

static void a_look_alike_that_came_first_holds_the_real_name(void **state)
{
	struct name_claim *own;

	claim(*state, "Iinus", &eve);
	assert_int_equal(ask(*state, "linus", &ann, &own), NAMES_TAKEN);
	assert_int_equal(ask(*state, "iinus", &ann, &own), NAMES_TAKEN);
}

static void a_name_between_two_owners_is_taken_for_both(void **state)
{
	struct name_claim *own;

	claim(*state, "ian", &ann);
	claim(*state, "lan", &eve); /* "Ian" folds to the one and looks like the other */
	assert_int_equal(ask(*state, "Ian", &ann, &own), NAMES_TAKEN);
	assert_null(own);
	assert_int_equal(ask(*state, "Ian", &eve, &own), NAMES_TAKEN);
	assert_null(own);
}

static void the_owner_of_both_gets_the_one_that_is_written_alike(void **state)
{
	struct fixture *f = *state;
	struct name_claim *own, *ian = claim(f, "ian", &ann);

	claim(f, "lan", &ann);
	assert_int_equal(ask(f, "Ian", &ann, &own), NAMES_OWN);
	assert_ptr_equal(own, ian);
}

static void n3_reserved_names_are_nobodys(void **state)
{
	static const char *const names[] = {
		"plumebot", "PLUMEBOT", "plurnebot", "admin", "Admin",        "adrnin",
		"system",   "root",     "r00t",      "ro0t",  "everyone",     "here",
		"HERE",     "plume",    "P1ume",     "pIume", "administrator"};
	struct name_claim *own;

	for (size_t i = 0; i < NELEMS(names); i++) {
		assert_int_equal(ask(*state, names[i], &ann, &own), NAMES_TAKEN);
		assert_null(own);
		/* An owner of all zero is nobody, not everybody. */
		assert_int_equal(ask(*state, names[i], &nobody, &own), NAMES_TAKEN);
		assert_null(own);
	}
	assert_int_equal(names_count(((struct fixture *)*state)->names), 0);
	assert_string_equal(
		names_by_id(((struct fixture *)*state)->names, NAMES_BOT_ID)->name,
		NAMES_BOT);
}

static void a_released_name_is_free_with_all_its_keys(void **state)
{
	struct fixture *f = *state;
	struct name_claim *own, *c = claim(f, "Iinus", &ann);
	uint64_t id = c->id;

	names_release(f->names, c);
	assert_null(names_by_id(f->names, id));
	assert_int_equal(names_count(f->names), 0);
	assert_int_equal(ask(f, "linus", &eve, &own), NAMES_FREE);
	assert_int_equal(ask(f, "iinus", &eve, &own), NAMES_FREE);
	assert_int_not_equal(claim(f, "linus", &eve)->id, id);
}

static void an_owner_holds_ten_names_at_most(void **state)
{
	struct fixture *f = *state;
	struct name_claim *own, *first = NULL;

	for (int i = 0; i < NAMES_PER_OWNER_MAX; i++) {
		char name[16];

		assert_true(fmt(name, sizeof name, "ann-%c", 'a' + i));
		own = claim(f, name, &ann);
		first = first == NULL ? own : first;
	}
	assert_int_equal(names_count(f->names), NAMES_PER_OWNER_MAX);
	assert_int_equal(ask(f, "ann-z", &ann, &own), NAMES_TOO_MANY);
	assert_null(own);
	assert_int_equal(ask(f, "ann-b", &ann, &own), NAMES_OWN);
	assert_int_equal(ask(f, "ann-z", &eve, &own), NAMES_FREE);
	names_release(f->names, first);
	assert_int_equal(ask(f, "ann-z", &ann, &own), NAMES_FREE);
}

static void the_table_has_a_bound(void **state)
{
	struct fixture *f = *state;
	struct name_claim *own;

	/* Keys are made by hand: ICU would take seconds for so many. */
	for (uint32_t i = 0; i < NAMES_MAX; i++) {
		struct secret_hash owner = {{0}};
		struct name_keys keys;

		memset(&keys, 0, sizeof keys);
		memcpy(owner.bytes, &i, sizeof i);
		owner.bytes[31] = 1;
		assert_true(fmt(keys.key[0], NAME_KEY_SIZE, "bulk %u", i));
		assert_true(fmt(keys.key[1], NAME_KEY_SIZE, "bulk %u", i));
		names_claim(f->names, 0, S("bulk"), &keys, &owner);
	}
	assert_int_equal(names_count(f->names), NAMES_MAX);
	assert_int_equal(ask(f, "ann", &ann, &own), NAMES_FULL);
	assert_int_equal(ask(f, "root", &ann, &own), NAMES_TAKEN);
}

static void ids_are_not_used_again(void **state)
{
	struct fixture *f = *state;
	struct name_keys keys;
	struct name_claim *c = claim(f, "ann", &ann);
	uint64_t id = c->id;

	assert_true(id >= NAMES_FIRST_ID);
	names_release(f->names, c);
	assert_int_equal(claim(f, "eve", &eve)->id, id + 1);
	/* A restart brings ids back; new ones follow the greatest. */
	assert_int_equal(name_keys_of(f->keyer, S("bob"), &keys), ST_OK);
	names_claim(f->names, 5000, S("bob"), &keys, &ann);
	assert_int_equal(claim(f, "cal", &eve)->id, 5001);
	/* Somebody's session or post may still name an id whose claim was released. */
	names_skip_id(f->names, 7000);
	names_skip_id(f->names, 6000);
	assert_int_equal(claim(f, "dan", &eve)->id, 7001);
}

static void count_and_release(void *ctx, struct name_claim *c)
{
	struct fixture *f = ctx;

	assert_true(c->id >= NAMES_FIRST_ID);
	names_release(f->names, c);
}

static void each_claim_may_be_released_while_they_are_called(void **state)
{
	struct fixture *f = *state;
	struct name_claim *own;

	claim(f, "ann", &ann);
	claim(f, "bob", &ann);
	claim(f, "eve", &eve);
	names_each(f->names, count_and_release, f);
	assert_int_equal(names_count(f->names), 0);
	assert_int_equal(ask(f, "bob", &eve, &own), NAMES_FREE);
	assert_int_equal(ask(f, "root", &eve, &own), NAMES_TAKEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* SECURITY N2 */
static void n2_of_two_names_that_look_alike_one_is_refused(void **state)
{
	static const struct {
		const char *claimed, *tried;
	} pairs[] = {
#define LOOK_ALIKE(claimed, tried) {claimed, tried},
#include "tests/unit/broker/look_alikes.def"
#undef LOOK_ALIKE
	};
	struct fixture *f = *state;

	assert_true(NELEMS(pairs) >= 200);
	for (size_t i = 0; i < NELEMS(pairs); i++) {
		struct name_claim *mine = NULL, *own;
		struct name_keys keys;
		enum names_answer answer;

		if (name_keys_of(f->keyer, slice_of(pairs[i].claimed), &keys) != ST_OK)
			fail_msg("the first one is no name: %s", pairs[i].claimed);
		answer = names_ask(f->names, &keys, &ann, &own);
		if (answer == NAMES_FREE)
			mine = names_claim(f->names, 0, slice_of(pairs[i].claimed), &keys,
					   &ann);
		else
			assert_int_equal(answer, NAMES_TAKEN); /* it is reserved */
		if (name_keys_of(f->keyer, slice_of(pairs[i].tried), &keys) == ST_OK &&
		    names_ask(f->names, &keys, &eve, &own) != NAMES_TAKEN)
			fail_msg("%s may be had beside %s (pair %zu)", pairs[i].tried,
				 pairs[i].claimed, i);
		if (mine != NULL)
			names_release(f->names, mine);
	}
}

/* SECURITY N3 */
static void n3_nobody_may_have_a_reserved_name_or_its_look_alike(void **state)
{
	static const char *const names[] = {
		"plumebot", "PlumeBot", "p1umebot", "plurnebot", "admin", "ADMIN",
		"adrnin", "Administrator", "system", "systern", "root", "r00t",
		"everyone", "every0ne", "here", "HERE", "plume", "pIume",
		/* by the operator */
		"helpdesk", "HelpDesk", "he1pdesk", "heIpdesk", "staff"};
	struct fixture *f = *state;
	struct name_claim *own;

	assert_int_equal(names_reserve(f->names, f->keyer, S("helpdesk")), ST_OK);
	assert_int_equal(names_reserve(f->names, f->keyer, S("Staff")), ST_OK);
	assert_int_equal(names_reserve(f->names, f->keyer, S("admin")),
			 ST_OK); /* again */
	assert_int_equal(names_reserve(f->names, f->keyer, S("no name")), ST_RANGE);
	for (size_t i = 0; i < NELEMS(names); i++)
		assert_int_equal(ask(f, names[i], &ann, &own), NAMES_TAKEN);
	assert_int_equal(names_count(f->names), 0);
	assert_int_equal(claim(f, "ann", &ann)->id, NAMES_FIRST_ID);
}

static void reserved_names_have_a_bound(void **state)
{
	struct fixture *f = *state;
	enum status st = ST_OK;
	size_t n = 0;

	for (; st == ST_OK && n < 2000; n++) {
		char name[16];

		snprintf(name, sizeof name, "r%04zu", n);
		st = names_reserve(f->names, f->keyer, slice_of(name));
	}
	assert_int_equal(st, ST_FULL);
	assert_in_range(n, NAMES_RESERVED_MAX - 10, NAMES_RESERVED_MAX);
	assert_int_equal(claim(f, "ann", &ann)->id, NAMES_FIRST_ID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_taken_by_another_address_may_not_be_used),
		TEST(a_look_alike_that_came_first_holds_the_real_name),
		TEST(a_name_between_two_owners_is_taken_for_both),
		TEST(the_owner_of_both_gets_the_one_that_is_written_alike),
		TEST(n3_reserved_names_are_nobodys),
		TEST(a_released_name_is_free_with_all_its_keys),
		TEST(an_owner_holds_ten_names_at_most),
		TEST(the_table_has_a_bound),
		TEST(ids_are_not_used_again),
		TEST(each_claim_may_be_released_while_they_are_called),
		TEST(n2_of_two_names_that_look_alike_one_is_refused),
		TEST(n3_nobody_may_have_a_reserved_name_or_its_look_alike),
		TEST(reserved_names_have_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
