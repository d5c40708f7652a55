/* mime.h - the encodings a letter needs: RFC 2045 bodies, RFC 2047 headers, RFC 5322
 * dates. */
#ifndef MAILER_MIME_H
#define MAILER_MIME_H

#include <stdint.h>

#include "common/slice.h"

enum { MIME_DATE_CAP = 40 };

/* Gives text as quoted-printable: lines of at most 76 characters, ended by CRLF.  text is
 * UTF-8 with lines ended by LF; the caller frees the result. */
char *mime_quoted_printable(struct slice text);

/* Gives text as the value of a header: printable ASCII as it is, anything else as
 * UTF-8 encoded words, folded: the lines are short enough behind a name that is no longer than
 * Subject.  text is valid UTF-8; the caller frees the result. */
char *mime_header_text(struct slice text);

/* "Sat, 31 Jan 2026 12:00:00 +0000" */
void mime_date(uint64_t wall_ms, char out[MIME_DATE_CAP]);

#endif
