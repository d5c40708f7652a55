/* errand.h - one letter in hand: what is sent, how far it got, and what is written about it. */
#ifndef MAILER_ERRAND_H
#define MAILER_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/bus_msg.h"
#include "common/status.h"
#include "mailer/delivery.h"
#include "mailer/letter.h"

struct audit;
struct mailer;
struct reports;

struct errand {
	struct errand *prev, *next; /* in its mailer's list */
	struct mailer *mailer;
	struct letter *letter;
	struct delivery delivery;
	uint64_t number, gateway;
	char *reference, *network, *code;
	uint64_t due_ms;
	bool sending;
	bool disowned; /* the broker says it is not ours: no further try */
};

/* Where facts about letters go. */
struct errand_books {
	struct audit *audit;
	struct reports *reports;
	const char *key; /* of the transport: never kept or logged; NULL: none */
};

/* Takes letter. */
struct errand *errand_new(struct mailer *m, const struct bus_letter *l,
			  struct letter *letter);
void errand_free(struct errand **e);
/* The row without which a letter is not sent. */
enum status errand_open(const struct errand *e, const struct errand_books *books,
			uint64_t wall_ms) ATTR_USE_RESULT;
/* Writes a step into the audit, then the log, then reports it.  result: of an attempt; NULL: there was none. */
void errand_record(const struct errand *e, const struct errand_books *books,
		   const struct delivery_result *result, struct delivery_step step);
/* Writes and reports that a letter is not fit to be sent at all (SECURITY M1). */
void errand_refuse(const struct bus_letter *l, const struct errand_books *books);

#endif
