/* letter.h - the mail that carries a login code, as an RFC 5322 message and as plain
 * strings.
 *
 * Pure: time, numbers and style come as arguments.  Nothing a person typed is ever in
 * a header: To is built of the address alone and only after address_is_valid(),
 * everything else there is the operator's or ours (SECURITY M1).  The name is in the
 * bodies only. */
#ifndef MAILER_LETTER_H
#define MAILER_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

/* What all letters of a mailer have in common; borrowed, checked at the start. */
struct letter_style {
	const char *from;       /* an address */
	const char *room;       /* letter_room_is_valid() */
	const char *public_url; /* the only link; NULL: none */
	bool code_in_subject;
};

/* What one letter tells. */
struct letter_facts {
	uint64_t number;
	struct slice reference, email, name, code;
	uint64_t asked_ms; /* when the code was asked for, of the wall clock */
	uint64_t end_ms;   /* when it ends; 0: it does not */
	uint64_t salt;     /* random: makes the Message-ID unique */
};

/* One letter: the same facts give the same bytes, whoever writes it and whenever.  The strings are its own. */
struct letter {
	char *from, *to, *subject, *text, *html;
	char *message_id; /* with its angle brackets */
	char *message;    /* headers and bodies, lines ended by CRLF */
	size_t message_len;
};

/* ST_RANGE: the address, the code or the reference has characters that do not belong
 * there. */
enum status letter_new(const struct letter_style *style, const struct letter_facts *facts,
		       struct letter **out) ATTR_USE_RESULT;
/* What the subject of such letters looks like, without the code; the caller frees it. */
char *letter_subject_shown(const struct letter_style *style) ATTR_USE_RESULT;
/* Overwrites and frees *l and sets it to NULL; NULL and *l == NULL are fine. */
void letter_free(struct letter **l);

/* Of 1 to 64 bytes of UTF-8 without control characters. */
bool letter_room_is_valid(struct slice room);
/* http:// or https://, at most 500 printable ASCII characters without spaces, quotes and
 * angle brackets. */
bool letter_url_is_valid(struct slice url);

#endif
