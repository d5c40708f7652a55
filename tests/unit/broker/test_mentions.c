/* Words that call somebody, and whose names they look like. */
#include "broker/mentions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/names.h"
#include "common/attr.h"
#include "common/memory.h"

struct fixture {
	struct name_keyer *keyer;
	struct names *names;
	char out[MENTIONS_BYTES];
};

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
	name_keyer_free(&f->keyer);
	free(f);
	return 0;
}

/* Each of an owner of its own. */
static struct name_claim *claim(struct fixture *f, const char *name)
{
	struct secret_hash owner = {{0}};
	struct name_keys keys;

	memcpy(owner.bytes, name, strlen(name) < 32 ? strlen(name) : 32);
	assert_int_equal(name_keys_of(f->keyer, slice_of(name), &keys), ST_OK);
	return names_claim(f->names, 0, slice_of(name), &keys, &owner);
}

static void calls(struct fixture *f, const char *text, const char *expected)
{
	struct slice found = mentions_of(f->names, f->keyer, slice_of(text), f->out);

	if (!slice_equal(found, slice_of(expected)))
		fail_msg("%s calls %.*s, not %s", text, SLICE_ARGS(found), expected);
	assert_true(found.len <= mentions_most(slice_of(text)));
}

static void words_are_those_that_the_page_shows(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
#define MENTIONS(text, words) {text, words},
#include "tests/unit/broker/mentions.def"
#undef MENTIONS
	};

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		char found[1024] = "";
		struct slice word;
		size_t at = 0;

		while (mentions_next(slice_of(cases[i].text), &at, &word)) {
			assert_true(strlen(found) + word.len + 2 < sizeof found);
			if (found[0] != '\0')
				strcat(found, " ");
			strncat(found, word.ptr, word.len);
		}
		if (strcmp(found, cases[i].words) != 0)
			fail_msg("%s has %s, not %s", cases[i].text, found,
				 cases[i].words);
	}
}

/* SECURITY N2.  What is no word, or is cut into one, is not shown as a mention of the name (the page's test has the
 * same pairs). */
static void n2_a_look_alike_calls_who_has_the_name(void **state)
{
	static const struct {
		const char *claimed, *tried;
	} pairs[] = {
#define LOOK_ALIKE(claimed, tried) {claimed, tried},
#include "tests/unit/broker/look_alikes.def"
#undef LOOK_ALIKE
	};
	struct fixture *f = *state;
	size_t called = 0;

	for (size_t i = 0; i < NELEMS(pairs); i++) {
		struct name_keys keys;
		struct slice tried = slice_of(pairs[i].tried), word;
		char text[256] = "@";
		size_t at = 0;

		strcat(text, pairs[i].tried);
		assert_int_equal(
			name_keys_of(f->keyer, slice_of(pairs[i].claimed), &keys), ST_OK);
		if (names_find(f->names, &keys) != NULL) {
			calls(f, text, ""); /* reserved: nobody is called so */
			continue;
		}
		struct name_claim *one = claim(f, pairs[i].claimed);
		if (mentions_next(slice_of(text), &at, &word) &&
		    word.len + 1 >= tried.len) {
			calls(f, text, pairs[i].claimed);
			called++;
		} else {
			calls(f, text, "");
		}
		names_release(f->names, one);
	}
	/* All but those that turn, or begin with a space. */
	assert_true(called >= 215);
}

static void each_is_called_once_as_claimed(void **state)
{
	struct fixture *f = *state;

	claim(f, "Ann");
	claim(f, "bob");
	calls(f, "@ann and @ANN, @b0b, @nobody", "Ann bob");
	calls(f, "@bob @Ann", "bob Ann");
	calls(f, "Ann bob", "");
	calls(f, "nobody@ann", "");
	calls(f, "@ann.\u200b", "Ann");
	calls(f, "", "");
}

static void what_looks_like_two_names_calls_both(void **state)
{
	struct fixture *f = *state;

	claim(f, "linus");
	claim(f, "iinus");
	calls(f, "@Iinus", "iinus linus");
	calls(f, "@linus", "linus");
	calls(f, "@iinus", "iinus");
}

static void who_has_gone_and_reserved_names_are_nobody(void **state)
{
	struct fixture *f = *state;
	struct name_claim *ann = claim(f, "ann");

	calls(f, "@ann @plumebot @everyone @here @root", "ann");
	names_release(f->names, ann);
	calls(f, "@ann", "");
}

static void words_have_a_bound(void **state)
{
	struct fixture *f = *state;
	char text[1024] = "", all[1024] = "", name[] = "name_";

	for (size_t i = 0; i <= MENTIONS_MAX; i++) {
		name[4] = "abcdefghijklmnopq"[i];
		claim(f, name);
		for (int twice = 0; twice < 2; twice++)
			strcat(strcat(strcat(text, "@"), name), " ");
		if (i < MENTIONS_MAX)
			strcat(strcat(all, i > 0 ? " " : ""), name);
	}
	calls(f, text, all);
	/* Whoever they are: words count, not names. */
	claim(f, "ann");
	calls(f, "@1 @2 @3 @4 @5 @6 @7 @8 @9 @10 @11 @12 @13 @14 @15 @16 @ann", "");
	calls(f, "@1 @2 @3 @4 @5 @6 @7 @8 @9 @10 @11 @12 @13 @14 @15 @1 @ann", "ann");
}

static void the_longest_names_fit(void **state)
{
	struct fixture *f = *state;
	char text[4096] = "", name[NAME_MAX_BYTES + 1];
	struct slice found;

	for (int i = 0; i < MENTIONS_MAX; i++) {
		/* 30 letters of four bytes (old Italic), the first two different each time */
		name[0] = '\0';
		for (int j = 0; j < NAME_MAX_BYTES / 4; j++) {
			char letter[5] = "\xf0\x90\x8c\x80";

			letter[3] = (char)(letter[3] + (j == 0   ? i % 4
							: j == 1 ? i / 4
								 : 5));
			strcat(name, letter);
		}
		claim(f, name);
		strcat(text, "@");
		strcat(text, name);
		strcat(text, " ");
	}
	found = mentions_of(f->names, f->keyer, slice_of(text), f->out);
	assert_int_equal(found.len, MENTIONS_MAX * (NAME_MAX_BYTES + 1) - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_are_those_that_the_page_shows),
		TEST(n2_a_look_alike_calls_who_has_the_name),
		TEST(each_is_called_once_as_claimed),
		TEST(what_looks_like_two_names_calls_both),
		TEST(who_has_gone_and_reserved_names_are_nobody),
		TEST(words_have_a_bound),
		TEST(the_longest_names_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
