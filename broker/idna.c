/* The only file that knows ICU's IDNA. */
#include "broker/idna.h"

#include <unicode/uidna.h>

enum status idna_to_ascii(struct slice domain, char out[IDNA_SIZE])
{
	UErrorCode e = U_ZERO_ERROR;
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UIDNA *idna = uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI |
					      UIDNA_CHECK_CONTEXTJ |
					      UIDNA_NONTRANSITIONAL_TO_ASCII,
				      &e);
	int32_t n = uidna_nameToASCII_UTF8(idna, domain.ptr, (int32_t)domain.len, out,
					   IDNA_SIZE - 1, &info, &e);

	uidna_close(idna);
	out[n >= 0 && n < IDNA_SIZE ? n : 0] = '\0';
	return U_FAILURE(e) || info.errors != 0 || n <= 0 || n > IDNA_SIZE - 1 ? ST_RANGE
									       : ST_OK;
}
