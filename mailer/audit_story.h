/* audit_story.h - rows of one login as sentences, for the operator whom somebody asks. */
#ifndef MAILER_AUDIT_STORY_H
#define MAILER_AUDIT_STORY_H

#include <stdbool.h>
#include <stdio.h>

#include "mailer/audit_chain.h"

/* address: what the row's sealed address opens to, or "".  first: a heading comes before it. */
void audit_story_row(FILE *out, const struct audit_row *row, const char *address,
		     bool first);

#endif
