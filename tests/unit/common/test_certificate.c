/* test_certificate.c - certificates that have ended are known by their dates, whatever the clock of the test says. */
#include "common/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/daemon.h"
#include "common/memory.h"

#define DAY UINT64_C(86400000)

static char folder[] = "/tmp/plume-certificate-XXXXXX";

static int run(const char *format, const char *a, const char *b)
{
	char command[512];

	assert_true(fmt(command, sizeof command, format, a, b));
	return system(
		command); /* NOLINT(cert-env33-c): ours, with nothing from outside */
}

/* For 397 days, of an authority for 3650. */
static int make(void **state)
{
	(void)state;
	assert_non_null(getenv("PLUME_SOURCE_DIR"));
	assert_non_null(mkdtemp(folder));
	return run("%s/script/bus-certs %s >/dev/null 2>&1", getenv("PLUME_SOURCE_DIR"),
		   folder) == 0
		       ? run("cd %s && cat mailer/cert.pem mailer/ca.pem >%s", folder,
			     "both.pem")
		       : 1;
}

static int discard(void **state)
{
	(void)state;
	return run("rm -rf %s%s", folder, "");
}

/* NULL: it may be used. */
static const char *why(const char *name, enum certificate_use use, uint64_t days)
{
	char path[256];
	const char *said;
	enum status st;

	assert_true(fmt(path, sizeof path, "%s/%s", folder, name));
	st = certificate_check(path, use, daemon_wall_ms() + days * DAY, &said);
	assert_int_equal(st, said == NULL ? ST_OK : ST_DENIED);
	return said;
}

static void ours_is_good_until_its_end(void **state)
{
	(void)state;
	assert_null(why("mailer/cert.pem", CERTIFICATE_SHOWN, 0));
	assert_null(why("mailer/cert.pem", CERTIFICATE_SHOWN, 396));
	assert_non_null(why("mailer/cert.pem", CERTIFICATE_SHOWN, 398));
	assert_non_null(why("both.pem", CERTIFICATE_SHOWN, 398)); /* it is the first */
}

/* A clock that is behind refuses nothing. */
static void what_is_not_yet_good_is_taken(void **state)
{
	char path[256];
	const char *said;

	(void)state;
	assert_true(fmt(path, sizeof path, "%s/mailer/cert.pem", folder));
	assert_int_equal(certificate_check(path, CERTIFICATE_SHOWN, 0, &said), ST_OK);
}

static void one_authority_of_several_is_enough(void **state)
{
	(void)state;
	assert_null(why("both.pem", CERTIFICATE_TRUSTED, 398));
	assert_null(why("both.pem", CERTIFICATE_TRUSTED, 3649));
	assert_non_null(why("both.pem", CERTIFICATE_TRUSTED, 3651));
}

static void what_is_no_certificate_is_refused(void **state)
{
	(void)state;
	assert_non_null(why("authorities/mailer.key", CERTIFICATE_SHOWN, 0));
	assert_non_null(why("nothing", CERTIFICATE_TRUSTED, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours_is_good_until_its_end),
		cmocka_unit_test(what_is_not_yet_good_is_taken),
		cmocka_unit_test(one_authority_of_several_is_enough),
		cmocka_unit_test(what_is_no_certificate_is_refused),
	};

	return cmocka_run_group_tests(tests, make, discard);
}
