/* test_secret.c - files that hold secrets, hashes by domain, seals that notice tampering. */
#include "common/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/attr.h"
#include "common/memory.h"

/* -- chosen randomness: 1, 2, 3 ... */

static void counted_bytes(void *ctx, void *buf, size_t len)
{
	unsigned char *next = ctx;

	for (size_t i = 0; i < len; i++)
		((unsigned char *)buf)[i] = (*next)++;
}

static uint32_t counted_below(void *ctx, uint32_t bound)
{
	unsigned char *next = ctx;

	return (*next)++ % bound;
}

static struct entropy counted(unsigned char *next)
{
	return (struct entropy){counted_bytes, counted_below, next};
}

/* -- a directory of its own for each test */

struct place {
	char dir[64], file[80];
};

static int enter(void **state)
{
	struct place *p = xcalloc(1, sizeof *p);

	if (!fmt(p->dir, sizeof p->dir, "/tmp/plume-test-secret-XXXXXX") ||
	    mkdtemp(p->dir) == NULL || !fmt(p->file, sizeof p->file, "%s/key", p->dir))
		return -1;
	*state = p;
	return 0;
}

static int leave(void **state)
{
	struct place *p = *state;

	unlink(p->file);
	rmdir(p->dir);
	free(p);
	return 0;
}

static void put(const struct place *p, const char *text, mode_t mode)
{
	FILE *f = fopen(p->file, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(p->file, mode), 0);
}

#define HEX_16 "0123456789abcdef"
#define HEX_64 HEX_16 HEX_16 HEX_16 HEX_16

/* -- files */

static void an_absent_file_is_made_for_its_owner_only(void **state)
{
	const struct place *p = *state;
	struct secret made, again;
	struct stat sb;

	assert_int_equal(secret_load(p->file, &entropy_system, &made), ST_OK);
	assert_int_equal(stat(p->file, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	assert_int_equal(sb.st_size, 2 * SECRET_SIZE + 1);
	assert_int_equal(secret_load(p->file, &entropy_system, &again), ST_OK);
	assert_memory_equal(&made, &again, sizeof made);
}

/* What a kill may leave is neither taken for the secret nor in its way. */
static void what_was_begun_is_begun_anew(void **state)
{
	const struct place *p = *state;
	char part[sizeof p->file + 8];
	struct secret made, again;
	FILE *f;

	assert_true(fmt(part, sizeof part, "%s.part", p->file));
	f = fopen(part, "wb");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(secret_load(p->file, &entropy_system, &made), ST_OK);
	assert_int_equal(access(part, F_OK), -1);
	assert_int_equal(secret_load(p->file, &entropy_system, &again), ST_OK);
	assert_memory_equal(&made, &again, sizeof made);
	assert_int_equal(secret_save(p->file, &made), ST_IO); /* it overwrites nothing */
	assert_int_equal(access(part, F_OK), -1);
}

static void a_secret_is_read_with_or_without_its_newline(void **state)
{
	struct place *p = *state;
	char hex[2 * SECRET_SIZE + 1];
	struct secret s;

	put(p, HEX_64 "\n", 0600);
	assert_int_equal(secret_load(p->file, &entropy_system, &s), ST_OK);
	secret_to_hex(&s, hex);
	assert_string_equal(hex, HEX_64);
	put(p, HEX_64, 0400);
	assert_int_equal(secret_load(p->file, &entropy_system, &s), ST_OK);
}

static void a_file_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0644, 0666};
	struct secret s;

	for (size_t i = 0; i < NELEMS(modes); i++) {
		put(*state, HEX_64 "\n", modes[i]);
		assert_int_equal(
			secret_load(((struct place *)*state)->file, &entropy_system, &s),
			ST_DENIED);
	}
}

static void a_damaged_file_is_refused_and_left_alone(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		HEX_16,
		HEX_16 HEX_16 HEX_16 "0123456789abcde\n",
		HEX_16 HEX_16 HEX_16 "0123456789abcdeg\n",
		HEX_64 "0",
		HEX_64 "\n\n",
		HEX_64 HEX_64,
		" " HEX_64,
		HEX_16 HEX_16 HEX_16 "01234567 89abcde\n",
	};
	const struct place *p = *state;
	struct secret s;
	struct stat sb;

	for (size_t i = 0; i < NELEMS(texts); i++) {
		put(p, texts[i], 0600);
		assert_int_equal(secret_load(p->file, &entropy_system, &s), ST_DAMAGED);
		assert_int_equal(stat(p->file, &sb), 0);
		assert_int_equal(sb.st_size, strlen(texts[i]));
	}
}

static void what_is_no_file_is_refused(void **state)
{
	const struct place *p = *state;
	struct secret s;
	char path[128];

	assert_int_equal(secret_load(p->dir, &entropy_system, &s), ST_IO);
	assert_true(fmt(path, sizeof path, "%s/nowhere/key", p->dir));
	assert_int_equal(secret_load(path, &entropy_system, &s), ST_IO);
}

/* -- hashes */

static void hashes_differ_by_secret_domain_and_text(void **state)
{
	unsigned char next = 1;
	struct entropy e = counted(&next);
	struct secret one, two;
	struct secret_hash hash, others[4];

	(void)state;
	secret_random(&e, &one);
	secret_random(&e, &two);
	hash = secret_hash(&one, "ticket", S("text"));
	others[0] = secret_hash(&two, "ticket", S("text"));
	others[1] = secret_hash(&one, "token", S("text"));
	others[2] = secret_hash(&one, "ticket", S("texT"));
	/* domain and text cannot run into each other */
	others[3] = secret_hash(&one, "tickett", S("ext"));
	for (size_t i = 0; i < NELEMS(others); i++)
		assert_false(secret_hash_equal(&hash, &others[i]));
	others[0] = secret_hash(&one, "ticket", S("text"));
	assert_true(secret_hash_equal(&hash, &others[0]));
}

/* What is in a state must still be found by the next version.  Computed with Python's hashlib:
 * blake2b(text, key=blake2b(domain, key=secret)), each of 32 bytes. */
static void a_hash_is_the_same_for_ever(void **state)
{
	static const unsigned char expected[] = {
		0x3f, 0x97, 0x85, 0x7a, 0x93, 0x70, 0x94, 0xa9, 0xda, 0x4b, 0xdb,
		0x3a, 0x8d, 0x54, 0xc3, 0x59, 0x1f, 0x77, 0xdd, 0x1e, 0xb2, 0x6f,
		0x4f, 0xac, 0x6d, 0x61, 0x91, 0x08, 0x90, 0x6a, 0xc6, 0xe5};
	unsigned char next = 1;
	struct entropy e = counted(&next);
	struct secret s;
	struct secret_hash hash;

	(void)state;
	secret_random(&e, &s);
	hash = secret_hash(&s, "ticket", S("text"));
	assert_memory_equal(hash.bytes, expected, sizeof expected);
}

/* Computed with Python's hashlib: the first eight bytes of blake2b(key), of 32 bytes. */
static void the_number_of_a_key_is_the_documented_one(void **state)
{
	(void)state;
	assert_true(secret_number(S("a key")) == UINT64_C(0x362d1c91c8a26bd0));
	assert_true(secret_number(S("a key ")) != secret_number(S("a key")));
	assert_true(secret_number(S("")) != 0);
}

static void the_empty_text_has_a_hash(void **state)
{
	struct secret s = {{1}};
	struct secret_hash none = secret_hash(&s, "code", (struct slice){NULL, 0});
	struct secret_hash empty = secret_hash(&s, "code", S(""));

	(void)state;
	assert_true(secret_hash_equal(&none, &empty));
}

static void texts_are_compared_whole(void **state)
{
	(void)state;
	assert_true(secret_text_equal(S("key"), S("key")));
	assert_true(secret_text_equal(S(""), S("")));
	assert_false(secret_text_equal(S("key"), S("keY")));
	assert_false(secret_text_equal(S("key"), S("ke")));
	assert_false(secret_text_equal(S(""), S("k")));
}

static void a_token_is_base64url_of_32_bytes(void **state)
{
	unsigned char next = 0;
	struct entropy e = counted(&next);
	char token[SECRET_TOKEN_LEN + 1], other[SECRET_TOKEN_LEN + 1];

	(void)state;
	secret_token(&e, token);
	assert_string_equal(token, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
	secret_token(&entropy_system, token);
	secret_token(&entropy_system, other);
	assert_int_equal(strlen(token), SECRET_TOKEN_LEN);
	assert_string_not_equal(token, other);
}

/* -- seals */

enum { SEALED_CAP = 64 };

static struct slice seal(const struct secret *s, const char *domain, struct slice text,
			 unsigned char buf[SEALED_CAP])
{
	secret_seal(s, domain, &entropy_system, text, buf);
	return (struct slice){(const char *)buf, text.len + SECRET_SEAL_EXTRA};
}

static void what_was_sealed_opens_again(void **state)
{
	struct secret s = {{7}};
	unsigned char buf[SEALED_CAP], again[SEALED_CAP];
	char out[SEALED_CAP];
	struct slice sealed = seal(&s, "letter", S("48291357"), buf);

	(void)state;
	assert_int_equal(secret_open(&s, "letter", sealed, out), ST_OK);
	assert_memory_equal(out, "48291357", 8);
	seal(&s, "letter", S("48291357"), again);
	assert_memory_not_equal(buf, again,
				sealed.len); /* a nonce of its own each time */
	sealed = seal(&s, "letter", S(""), buf);
	assert_int_equal(secret_open(&s, "letter", sealed, out), ST_OK);
}

static void a_seal_opens_for_its_secret_and_domain_only(void **state)
{
	struct secret s = {{7}}, other = {{8}};
	unsigned char buf[SEALED_CAP];
	char out[SEALED_CAP];
	struct slice sealed = seal(&s, "letter", S("48291357"), buf);

	(void)state;
	assert_int_equal(secret_open(&other, "letter", sealed, out), ST_DAMAGED);
	assert_int_equal(secret_open(&s, "reply", sealed, out), ST_DAMAGED);
}

static void tampering_with_any_byte_is_noticed(void **state)
{
	struct secret s = {{7}};
	unsigned char buf[SEALED_CAP];
	char out[SEALED_CAP];
	struct slice sealed = seal(&s, "letter", S("48291357"), buf);

	(void)state;
	for (size_t i = 0; i < sealed.len; i++) {
		buf[i] ^= 1;
		assert_int_equal(secret_open(&s, "letter", sealed, out), ST_DAMAGED);
		buf[i] ^= 1;
	}
	for (size_t len = 0; len < sealed.len; len++)
		assert_int_equal(
			secret_open(&s, "letter", (struct slice){sealed.ptr, len}, out),
			ST_DAMAGED);
	assert_int_equal(secret_open(&s, "letter", sealed, out), ST_OK);
}

static void zeros_twice(void *ctx, void *buf, size_t len)
{
	unsigned *calls = ctx;

	memset(buf, ++*calls > 2, len);
}

static void ids_are_never_zero(void **state)
{
	unsigned calls = 0;
	struct entropy e = {zeros_twice, NULL, &calls};

	(void)state;
	assert_true(entropy_id(&e) != 0);
	assert_int_equal(calls, 3);
}

static void wiped_memory_is_zero(void **state)
{
	char buf[] = "secret";

	(void)state;
	secret_wipe(buf, sizeof buf);
	for (size_t i = 0; i < sizeof buf; i++)
		assert_int_equal(buf[i], 0);
}

static void what_belongs_where_is_this_process_s_secret(void **state)
{
	(void)state;
	assert_true(secret_scatter("ann", 3) == secret_scatter("ann", 3));
	assert_true(secret_scatter("ann", 3) != secret_scatter("anm", 3));
	assert_true(secret_scatter("ann", 3) != secret_scatter("ann", 2));
	/* What SipHash-2-4 makes of nothing with a key of zeros. */
	assert_true(secret_scatter("", 0) != UINT64_C(0x1e924b9d737700d7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_begun_is_begun_anew, enter,
						leave),
		cmocka_unit_test_setup_teardown(an_absent_file_is_made_for_its_owner_only,
						enter, leave),
		cmocka_unit_test_setup_teardown(
			a_secret_is_read_with_or_without_its_newline, enter, leave),
		cmocka_unit_test_setup_teardown(a_file_that_others_can_read_is_refused,
						enter, leave),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_refused_and_left_alone,
						enter, leave),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, enter, leave),
		cmocka_unit_test(hashes_differ_by_secret_domain_and_text),
		cmocka_unit_test(a_hash_is_the_same_for_ever),
		cmocka_unit_test(the_number_of_a_key_is_the_documented_one),
		cmocka_unit_test(the_empty_text_has_a_hash),
		cmocka_unit_test(what_belongs_where_is_this_process_s_secret),
		cmocka_unit_test(texts_are_compared_whole),
		cmocka_unit_test(a_token_is_base64url_of_32_bytes),
		cmocka_unit_test(what_was_sealed_opens_again),
		cmocka_unit_test(a_seal_opens_for_its_secret_and_domain_only),
		cmocka_unit_test(tampering_with_any_byte_is_noticed),
		cmocka_unit_test(ids_are_never_zero),
		cmocka_unit_test(wiped_memory_is_zero),
	};

	if (secret_init() != ST_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
