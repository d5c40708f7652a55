/* Dates are compared as they are written, field by field.  One that is not yet good is not refused: the clock of
 * who made it may be ahead, and a machine without a clock of its own starts in 1970. */
#include "common/certificate.h"

#include <stdbool.h>
#include <stddef.h>

#include <mbedtls/x509_crt.h>

#include "common/attr.h"
#include "common/calendar.h"

static bool has_ended(const mbedtls_x509_crt *c, const struct calendar *now)
{
	const mbedtls_x509_time *end = &c->valid_to;
	const int parts[][2] = {
		{end->year, (int)now->year},  {end->mon, (int)now->month},
		{end->day, (int)now->day},    {end->hour, (int)now->hour},
		{end->min, (int)now->minute}, {end->sec, (int)now->second},
	};

	for (size_t i = 0; i < NELEMS(parts); i++) {
		if (parts[i][0] != parts[i][1])
			return parts[i][0] < parts[i][1];
	}
	return false;
}

static const char *why_not(const mbedtls_x509_crt *first, enum certificate_use use,
			   uint64_t wall_ms)
{
	struct calendar now;

	calendar_of(wall_ms / 1000, &now);
	if (use == CERTIFICATE_SHOWN)
		return has_ended(first, &now) ? "its certificate has ended" : NULL;
	for (const mbedtls_x509_crt *c = first; c != NULL; c = c->next) {
		if (!has_ended(c, &now))
			return NULL;
	}
	return "its certificates have ended";
}

enum status certificate_check(const char *path, enum certificate_use use,
			      uint64_t wall_ms, const char **why)
{
	mbedtls_x509_crt first;

	mbedtls_x509_crt_init(&first);
	*why = mbedtls_x509_crt_parse_file(&first, path) != 0
		       ? "holds no certificate that can be read"
		       : why_not(&first, use, wall_ms);
	mbedtls_x509_crt_free(&first);
	return *why == NULL ? ST_OK : ST_DENIED;
}
