/* talk.h - the dialogue with a mail server, fit to be shown: who said what, without its secrets.
 *
 * Pure.  What authenticates us is never shown, in SMTP (the argument of AUTH, and whatever follows a
 * 334) nor in HTTP (the Authorization header). */
#ifndef MAILER_TALK_H
#define MAILER_TALK_H

#include <stdbool.h>

#include "common/slice.h"

enum talk_who { TALK_WE, TALK_THEY, TALK_CURL };

struct talk {
	bool answers_334; /* what we say next is part of AUTH */
};

enum { TALK_CAP = 256 };

/* line: without its end.  Writes what may be shown of it, printable and clipped; false: nothing is worth
 * it. */
bool talk_show(struct talk *t, enum talk_who who, struct slice line, char out[TALK_CAP]);

/* What a command of ours is for; NULL: it needs no word. */
const char *talk_explain(struct slice line);

#endif
