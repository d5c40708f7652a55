/* refusals.h - answers of the broker, and letters of it, that a mailer does not take: counted, and said in the
 * log once a minute (common/complaints.h). */
#ifndef MAILER_REFUSALS_H
#define MAILER_REFUSALS_H

#include <stdint.h>

#include "common/complaints.h"

struct bus_letter;
struct bus_reader;

/* All zero: none yet. */
struct refusals {
	struct complaints said, said_letters;
	uint64_t refused; /* answers and letters */
	uint64_t
		skipped; /* messages of unknown kinds, in answers that were taken or not */
};

/* An answer was read to its end, or to what was wrong with it: why, or NULL.  reader: may be NULL. */
void refusals_note(struct refusals *r, const char *answer_to, const char *why,
		   const struct bus_reader *reader);
/* A letter in an answer that was well formed is not fit to be sent. */
void refusals_note_letter(struct refusals *r, const struct bus_letter *l,
			  const char *why);

#endif
