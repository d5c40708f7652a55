/* trail_private.h - what trail.c (what happened), trail_give.c (mailers) and trail_story.c (operators)
 * share. */
#ifndef BROKER_TRAIL_PRIVATE_H
#define BROKER_TRAIL_PRIVATE_H

#include "broker/trail.h"

struct trail_link {
	struct trail_row row; /* first, so that the two convert */
	struct trail_link *prev, *next;
	char texts
		[]; /* that the row points to: a row of 700 bytes has seldom 50 of text */
};

struct flood;

struct trail {
	struct trail_options options;
	struct store *store;
	struct trail_link *rows;     /* numbered, by number */
	struct trail_link *counting; /* without a number yet, oldest first */
	struct trail_link *orphans;  /* counted when the last process ended */
	struct flood *floods;        /* the oldest first */
	size_t n;                    /* of rows and counting */
	uint64_t last_id, newest;    /* given last */
	uint64_t kept;               /* every row up to it is with some mailer, or lost */
	struct {
		uint64_t mailer; /* 0: nobody */
		uint64_t upto, until_ms;
	} lease;
	uint64_t happened[TRAIL_KINDS];
};

#endif
