/* Marks tell people apart, and addresses nobody. */
#include "broker/mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct secret_hash owner_of(const char *address, unsigned char room)
{
	struct secret secret = {{room}};

	assert_int_equal(secret_init(), ST_OK);
	return secret_hash(&secret, "address", slice_of(address));
}

static void a_mark_is_of_its_address_and_room(void **state)
{
	struct secret_hash ann = owner_of("ann@a.example", 1);
	struct secret_hash eve = owner_of("eve@a.example", 1);
	struct secret_hash elsewhere = owner_of("ann@a.example", 2);
	char mark[MARK_SIZE], again[MARK_SIZE], other[MARK_SIZE];

	(void)state;
	mark_of(&ann, mark);
	mark_of(&ann, again);
	assert_string_equal(mark, again);
	mark_of(&eve, other);
	assert_string_not_equal(mark, other);
	mark_of(&elsewhere, other);
	assert_string_not_equal(mark, other);
}

static void nobody_has_no_mark(void **state)
{
	static const struct secret_hash nobody;
	char mark[MARK_SIZE] = "x";

	(void)state;
	mark_of(&nobody, mark);
	assert_string_equal(mark, "");
}

static void marks_have_no_letters_that_look_alike(void **state)
{
	size_t seen[256] = {0}, kinds = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		char address[32], mark[MARK_SIZE];
		struct secret_hash owner;

		snprintf(address, sizeof address, "%d@a.example", i);
		owner = owner_of(address, 1);
		mark_of(&owner, mark);
		assert_int_equal(strlen(mark), 8);
		for (size_t k = 0; k < 8; k++)
			seen[(unsigned char)mark[k]]++;
	}
	for (int c = 0; c < 256; c++) {
		if (seen[c] == 0)
			continue;
		assert_non_null(strchr("0123456789abcdefghjkmnpqrstvwxyz", c));
		assert_in_range(seen[c], 300, 700); /* of 500 each */
		kinds++;
	}
	assert_int_equal(kinds, 32);
}

/* Whoever has an owner's mark has nothing of the owner's hash. */
static void a_mark_is_not_a_part_of_the_owners_hash(void **state)
{
	struct secret_hash one = owner_of("ann@a.example", 1), two = one;
	char mark[MARK_SIZE], other[MARK_SIZE];
	size_t same = 0;

	(void)state;
	two.bytes[31] ^= 1;
	mark_of(&one, mark);
	mark_of(&two, other);
	for (size_t i = 0; i < 8; i++)
		same += mark[i] == other[i];
	assert_in_range(same, 0, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_of_its_address_and_room),
		cmocka_unit_test(nobody_has_no_mark),
		cmocka_unit_test(marks_have_no_letters_that_look_alike),
		cmocka_unit_test(a_mark_is_not_a_part_of_the_owners_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
