/* Sealing for somebody else: who seals cannot read. */
#include "common/secret_box.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SEALED = 13 + SECRET_BOX_EXTRA };

static void what_was_sealed_opens_for_its_opener_only(void **state)
{
	struct secret opener, other, sealer;
	unsigned char sealed[SEALED], again[SEALED];
	struct slice box = {(const char *)sealed, sizeof sealed};
	char text[13];

	(void)state;
	secret_random(&entropy_system, &opener);
	secret_random(&entropy_system, &other);
	secret_box_sealer(&opener, &sealer);
	assert_int_equal(secret_box_seal(&sealer, S("ann@a.example"), sealed), ST_OK);
	assert_int_equal(secret_box_seal(&sealer, S("ann@a.example"), again), ST_OK);
	assert_memory_not_equal(sealed, again, sizeof sealed);
	assert_int_equal(secret_box_open(&opener, box, text), ST_OK);
	assert_memory_equal(text, "ann@a.example", sizeof text);
	assert_int_equal(secret_box_open(&other, box, text), ST_DAMAGED);
	assert_int_equal(secret_box_open(&sealer, box, text), ST_DAMAGED);
}

static void tampering_is_noticed(void **state)
{
	struct secret opener, sealer;
	unsigned char sealed[SEALED];
	struct slice box = {(const char *)sealed, sizeof sealed};
	char text[13];

	(void)state;
	secret_random(&entropy_system, &opener);
	secret_box_sealer(&opener, &sealer);
	assert_int_equal(secret_box_seal(&sealer, S("ann@a.example"), sealed), ST_OK);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 1;
		assert_int_equal(secret_box_open(&opener, box, text), ST_DAMAGED);
		sealed[i] ^= 1;
	}
	box.len = SECRET_BOX_EXTRA - 1;
	assert_int_equal(secret_box_open(&opener, box, text), ST_DAMAGED);
}

static void a_key_that_is_none_is_refused(void **state)
{
	struct secret zero = {{0}};
	unsigned char sealed[SEALED];

	(void)state;
	assert_int_equal(secret_box_seal(&zero, S("ann@a.example"), sealed), ST_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_opens_for_its_opener_only),
		cmocka_unit_test(tampering_is_noticed),
		cmocka_unit_test(a_key_that_is_none_is_refused),
	};

	if (secret_init() != ST_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
